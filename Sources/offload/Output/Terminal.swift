#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// Where output goes and what it can show.
struct Terminal: Sendable {
    let isInteractive: Bool
    let hasColour: Bool

    /// What standard output is connected to. `NO_COLOR` (no-color.org) and `TERM=dumb` turn colour off.
    static func standardOutput(environment: [String: String]) -> Terminal {
        let isTerminal = isatty(1) == 1
        let isDumb = environment["TERM"] == "dumb"
        let refusesColour = !(environment["NO_COLOR"] ?? "").isEmpty
        return Terminal(isInteractive: isTerminal && !isDumb, hasColour: isTerminal && !isDumb && !refusesColour)
    }

    /// Columns of the terminal; 100 when it does not say.
    var columns: Int {
        var size = winsize()
        guard isInteractive, ioctl(1, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 20 else { return 100 }
        return Int(size.ws_col)
    }

    enum Tone: String {
        case plain = ""
        case dim = "2"
        case good = "32"
        case bad = "31"
        case notice = "33"
        case strong = "1"
    }

    func styled(_ text: String, _ tone: Tone) -> String {
        hasColour && tone != .plain ? "\u{1B}[\(tone.rawValue)m\(text)\u{1B}[0m" : text
    }

    /// Writes text to standard output at once, without a line break.
    func write(_ text: String) { Self.write(Array(text.utf8), to: 1) }

    static func complain(_ text: String) { write(Array("\(text)\n".utf8), to: 2) }

    /// A reader that went away ends the program quietly, as tools that pipe do.
    static func write(_ bytes: [UInt8], to descriptor: CInt) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { systemWrite(descriptor, $0) }
            if count > 0 {
                rest = rest.dropFirst(count)
            } else if errno == EPIPE {
                exit(141)
            } else if errno != EINTR && errno != EAGAIN {
                return
            }
        }
    }

    private static func systemWrite(_ descriptor: CInt, _ bytes: UnsafeRawBufferPointer) -> Int {
        #if canImport(Glibc)
        Glibc.write(descriptor, bytes.baseAddress, bytes.count)
        #else
        Darwin.write(descriptor, bytes.baseAddress, bytes.count)
        #endif
    }
}
