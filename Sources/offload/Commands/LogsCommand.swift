import ArgumentParser
import OffloadClient
import OffloadDomain

struct LogsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "logs", abstract: "Prints what a task's agent wrote.",
        discussion: "What the agent wrote is made harmless for the terminal; into a file or pipe it goes as it is.")

    @Argument(help: "The task's id.")
    var task: String
    @Flag(name: .shortAndLong, help: "Go on until the attempt ends.")
    var follow = false
    @Option(name: .long, help: "Which attempt; the latest if not said.")
    var attempt: Int?
    @OptionGroup var device: DeviceOptions

    func run() async throws {
        let id = try await Failing.inWords { try TaskID(parsing: task) }
        let terminal = device.rendering.terminal
        try await device.withDevice { client in
            var carry = UTF8Carry()
            func show(_ bytes: [UInt8]) {
                if terminal.isInteractive {
                    terminal.write(TerminalText.safe(carry.take(bytes), lines: true))
                } else {
                    Terminal.write(bytes, to: 1)
                }
            }
            guard follow else { return try await whole(id, client, show) }
            var query = [("follow", "true")]
            if let attempt { query.append(("attempt", String(attempt))) }
            try await client.read("/api/bridge/tasks/\(id)/log", query: query) { show($0) }
        }
    }

    /// Part by part, and says where something is not kept.
    private func whole(_ id: TaskID, _ client: BridgeClient, _ show: ([UInt8]) -> Void) async throws {
        var next: Int64 = 0
        while true {
            let part = try await client.logPart(of: id, attempt: attempt, from: next)
            if part.offset > next { show(Array("\n… \(part.offset - next) bytes are not kept …\n".utf8)) }
            guard !part.bytes.isEmpty else { return }
            show(part.bytes)
            next = part.next
        }
    }
}

/// Keeps the bytes of a character that a piece of a stream ended in the middle of.
struct UTF8Carry {
    private var rest: [UInt8] = []

    mutating func take(_ bytes: [UInt8]) -> String {
        let all = rest + bytes
        var end = all.count
        // A character has at most four bytes, so only the last three can be the start of one that goes on.
        for back in 1...3 where back <= all.count {
            let byte = all[all.count - back]
            guard byte & 0b1100_0000 != 0b1000_0000 else { continue }
            let needed = byte >= 0xF0 ? 4 : byte >= 0xE0 ? 3 : byte >= 0xC0 ? 2 : 1
            if needed > back { end = all.count - back }
            break
        }
        rest = Array(all[end...])
        return String(decoding: all[..<end], as: UTF8.self)
    }
}
