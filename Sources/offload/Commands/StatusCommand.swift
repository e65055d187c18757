import ArgumentParser
import OffloadClient
import OffloadDomain
import OffloadWire

struct StatusCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status", abstract: "Shows the device, its lanes and what runs in them.")

    @Flag(name: .shortAndLong, help: "Keep showing it until Ctrl-C.")
    var watch = false
    @OptionGroup var device: DeviceOptions

    /// Both answers, as `--json` prints them.
    struct Snapshot: Encodable, Sendable {
        let device: StatusView
        let batches: [BatchView]
    }

    func run() async throws {
        guard watch else {
            let snapshot = try await device.withDevice { try await Self.snapshot($0) }
            return try device.rendering.show(snapshot) { Self.text(snapshot, for: $0) }
        }
        let rendering = device.rendering
        try await device.withDevice { client in
            let screen = Screen(terminal: rendering.terminal)
            // Each event may change what is shown; asking anew is simpler than replaying, and always right.
            try await client.events { _ in
                let snapshot = try await Self.snapshot(client)
                switch rendering.format {
                case .text: screen.show(Self.text(snapshot, for: rendering.terminal))
                case .json: try rendering.show(snapshot) { _ in "" }
                }
                return true
            }
        }
    }

    private static func snapshot(_ client: BridgeClient) async throws -> Snapshot {
        Snapshot(
            device: try await client.get("/api/bridge/status"),
            batches: try await client.get("/api/bridge/batches", as: BatchList.self).batches)
    }

    private static func text(_ snapshot: Snapshot, for terminal: Terminal) -> String {
        let device = snapshot.device
        var text = "\(terminal.styled(TerminalText.safe(device.deviceName), .strong))  \(device.deviceId)"
        text += "  version \(device.version)\n"
        let counts = OffloadTask.Status.allCases.map { "\(device.tasks[$0.rawValue] ?? 0) \($0.rawValue)" }
        text += counts.joined(separator: ", ") + "\n\n"
        var table = Table(["LANE", "STATE", "DONE", "TASK", "NOW"])
        for batch in snapshot.batches {
            table.rows.append([
                .init(batch.id), .init(batch.status, Words.tone(ofStatus: batch.status)),
                .init(String(batch.finished)), .init(batch.running?.title ?? "–"), .init(batch.running?.action ?? ""),
            ])
        }
        return text + table.render(for: terminal)
    }
}

/// Shows a text in place of the one before, where the output can do that.
final class Screen: Sendable {
    private let terminal: Terminal

    init(terminal: Terminal) { self.terminal = terminal }

    func show(_ text: String) {
        terminal.write(terminal.isInteractive ? "\u{1B}[H\u{1B}[2J\(text)" : "\(text)\n")
    }
}
