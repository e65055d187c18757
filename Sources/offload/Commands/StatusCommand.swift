import ArgumentParser
import OffloadClient
import OffloadDomain
import OffloadWire

struct StatusCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status", abstract: "Shows the device, its lanes, the devices that work for it, and what runs.")

    @Flag(name: .shortAndLong, help: "Keep showing it until Ctrl-C.")
    var watch = false
    @OptionGroup var device: DeviceOptions

    /// The answers, as `--json` prints them.
    struct Snapshot: Encodable, Sendable {
        let device: StatusView
        let batches: [BatchView]
        /// Devices that take work from this one.
        let devices: [PairedDeviceView]
        /// Tasks that are on other devices or wait for them, and how many there are in each state.
        let offloaded: [OffloadStatusView.Item]
        let offloadedCounts: [String: Int]
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
        let devices = try await client.get("/api/bridge/offload/devices", as: PairedDeviceList.self).devices
        let path = "/api/bridge/offload/status"
        var away: [OffloadStatusView.Item] = []
        var counts: [String: Int] = [:]
        for status in [OffloadTask.Status.running, .synced] {
            let list: OffloadStatusView = try await client.get(
                path, query: [("status", status.rawValue), ("limit", String(Page.largest))])
            away += list.tasks
            counts = list.counts
        }
        return Snapshot(
            device: try await client.get("/api/bridge/status"),
            batches: try await client.get("/api/bridge/batches", as: BatchList.self).batches,
            devices: devices.filter { $0.role == "target" && $0.status == "active" }, offloaded: away,
            offloadedCounts: counts)
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
        text += table.render(for: terminal)
        if !snapshot.devices.isEmpty || snapshot.offloadedCounts.contains(where: { $0.value > 0 }) {
            text += "\n" + others(snapshot, for: terminal)
        }
        return text
    }

    /// The devices that work for this one: a line for each, and one for each task that is there.
    private static func others(_ snapshot: Snapshot, for terminal: Terminal) -> String {
        let counts = OffloadTask.Status.allCases.map { "\(snapshot.offloadedCounts[$0.rawValue] ?? 0) \($0.rawValue)" }
        var text = "Offloaded: " + counts.joined(separator: ", ") + "\n\n"
        var devices = Table(["DEVICE", "STATE", "SLOTS", "RUNNING", "SYNCED"])
        for device in snapshot.devices {
            let here = snapshot.offloaded.filter { $0.devicePairId == device.devicePairId }
            let running = here.count { $0.status == "running" }
            devices.rows.append([
                .init(device.deviceName, .strong),
                .init(device.connected ? "connected" : "away", device.connected ? .good : .notice),
                .init(Words.slots(used: running, of: device.slots)), .init(String(running)),
                .init(String(here.count - running)),
            ])
        }
        text += devices.render(for: terminal)
        guard !snapshot.offloaded.isEmpty else { return text }
        var tasks = Table(["ON", "TASK", "STATE", "TITLE", "NOW"])
        for task in snapshot.offloaded {
            let state = task.unreachable ? "unreachable" : task.cancelling ? "cancelling" : task.status
            tasks.rows.append([
                .init(task.deviceName ?? "–"), .init(task.taskId), .init(state, Words.tone(ofStatus: state)),
                .init(task.title), .init(task.action ?? ""),
            ])
        }
        return text + "\n" + tasks.render(for: terminal)
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
