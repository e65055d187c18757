/// Refuses, before anything is built from a text, what makes much work or deep recursion of a small text: anchors (a
/// value used again and again, nested), explicit keys (whole documents that are compared as keys) and deep nesting.
///
/// The look at the text is a coarse one. It finds every case, and would also find what looks like one at the beginning
/// of a line inside a longer text, which no setting has a reason to contain.
enum YAMLGuard {
    /// Nesting in block style needs an indentation that grows, nesting in flow style brackets. With these bounds the
    /// recursion of the parser fits into the smallest stack of a thread, 512 KiB on macOS.
    private static let deepestIndentation = 80
    private static let largestBracketCount = 50

    static func refuseDangers(in text: String) throws(ProjectSettingsProblem) {
        var line = 1
        var place = Place.start
        var brackets = 0
        var indentation: Int? = 0
        let bytes = Array(text.utf8)
        for (index, byte) in bytes.enumerated() {
            let next = index + 1 < bytes.count ? bytes[index + 1] : UInt8(ascii: "\n")
            if place.canBeginNode {
                switch byte {
                case UInt8(ascii: "&") where isNameByte(next):
                    throw ProjectSettingsProblem(line: line, "anchors (&) are not supported; write the value out")
                case UInt8(ascii: "?") where endsIndicator(next):
                    throw ProjectSettingsProblem(
                        line: line, "explicit keys (?) are not supported; write \"key: value\"")
                case UInt8(ascii: "["), UInt8(ascii: "{"):
                    brackets += 1
                    guard brackets <= largestBracketCount else {
                        throw ProjectSettingsProblem(line: line, "more than \(largestBracketCount) brackets")
                    }
                default: break
                }
            }
            place = place.after(byte)

            if isLineBreak(byte) {
                indentation = 0
            } else if let columns = indentation {
                guard columns <= deepestIndentation else {
                    throw ProjectSettingsProblem(line: line, "more than \(deepestIndentation) columns of indentation")
                }
                indentation = canStandBeforeBlock(byte) ? columns + 1 : nil
            }
            if byte == UInt8(ascii: "\n") { line += 1 }
        }
    }

    /// Where in a line the reader stands, as far as it matters for what may begin there.
    private enum Place {
        /// Before this there were only white space and indicators.
        case start
        /// Directly after `-`, which is an indicator when white space follows.
        case dash
        /// Inside a tag; behind it comes the node that it belongs to.
        case tag
        case other

        var canBeginNode: Bool { self == .start || self == .tag }

        func after(_ byte: UInt8) -> Place {
            if YAMLGuard.isLineBreak(byte) { return .start }
            return switch byte {
            case UInt8(ascii: " "), UInt8(ascii: "\t"): self == .other ? .other : .start
            case _ where self == .tag: .tag
            // Inside of brackets `:` and `?` need no white space behind them.
            case UInt8(ascii: ","), UInt8(ascii: "["), UInt8(ascii: "{"), UInt8(ascii: ":"), UInt8(ascii: "?"): .start
            case UInt8(ascii: "!") where self == .start: .tag
            case UInt8(ascii: "-") where self == .start || self == .dash: .dash
            default: .other
            }
        }
    }

    /// The last bytes of the other line breaks of YAML 1.1 (U+0085, U+2028, U+2029) and of a byte order mark count
    /// wherever they appear: too many beginnings are harmless, a missed one is not.
    private static func isLineBreak(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "\n"), UInt8(ascii: "\r"), 0x85, 0xA8, 0xA9, 0xBF: true
        default: false
        }
    }

    private static func canStandBeforeBlock(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: " "), UInt8(ascii: "\t"), UInt8(ascii: "-"), UInt8(ascii: "?"), UInt8(ascii: ":"): true
        default: false
        }
    }

    private static func isNameByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"):
            true
        default: false
        }
    }

    private static func endsIndicator(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: " "), UInt8(ascii: "\t"), UInt8(ascii: "\n"), UInt8(ascii: "\r"), UInt8(ascii: "["),
            UInt8(ascii: "{"), UInt8(ascii: "!"), 0xC2, 0xE2:
            true
        default: false
        }
    }
}
