import ArgumentParser
import OffloadClient
import OffloadDomain
import OffloadWire
import Synchronization
import UnixSignals

struct PairCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "pair", abstract: "Shows a code with which another device can take work from this one.",
        discussion: """
            Type the code on the other device: offload join CODE --source HOST:PORT. It is good for one device and for some \
            minutes, and three wrong guesses end it. Ctrl-C ends it too. Afterwards both devices show the same two words; if \
            they differ, somebody is in between: disconnect.
            """)

    @Option(name: .shortAndLong, help: "Id, name or folder of the project.")
    var project: String?
    @Option(name: .long, help: "What to call this device over there; its own name if not said.")
    var name: String?
    @Flag(name: .long, help: "Print the code and return instead of waiting.")
    var detach = false
    @OptionGroup var device: DeviceOptions

    func run() async throws {
        let rendering = device.rendering
        try await device.withDevice { client in
            let project = try await ProjectChoice.find(project, with: client)
            let request = PairRequest(projectId: project.id, deviceName: name)
            if detach {
                let pair: PairView = try await client.post("/api/bridge/offload/pair", request)
                return try rendering.show(pair) { _ in Self.text(pair) }
            }
            let end = try await Self.waiting(client, request, rendering)
            try rendering.show(end) { _ in Self.closing(end) }
            guard end.state == "taken" else { throw Failing.refused }
        }
    }

    /// The code is opened once the stream is, so its end is not missed.
    private static func waiting(
        _ client: BridgeClient, _ request: PairRequest, _ rendering: Rendering
    ) async throws -> PairStateView {
        let code = OpenedCode()
        return try await withThrowingTaskGroup(of: PairStateView?.self) { group in
            group.addTask { try await follow(client, request, rendering, code) }
            group.addTask {
                for await _ in await UnixSignalsSequence(trapping: .sigint, .sigterm) { return nil }
                return nil
            }
            defer { group.cancelAll() }
            guard let end = try await group.next() ?? nil else {
                // Whatever code is open by now: only this command's own is cancelled.
                let state: PairStateView = try await client.get("/api/bridge/offload/pair")
                if state.pairingCode == code.digits { try await client.delete("/api/bridge/offload/pair") }
                Terminal.complain(
                    state.state == "taken"
                        ? "\nThe code was used already; see `offload devices`."
                        : "\nThe code is over; nothing was paired.")
                throw Failing.interrupted
            }
            return end
        }
    }

    private static func follow(
        _ client: BridgeClient, _ request: PairRequest, _ rendering: Rendering, _ code: OpenedCode
    ) async throws -> PairStateView {
        let ends = [
            "pairing_completed", "pairing_failed", "pairing_expired", "device_disconnected", "connection_established",
        ]
        var end = PairStateView(state: "none")
        try await client.events { event in
            guard let known = code.digits else {
                if event.name == "connection_established" {
                    let pair: PairView = try await client.post("/api/bridge/offload/pair", request)
                    code.open(pair.pairingCode)
                    try rendering.show(pair) { _ in text(pair) }
                }
                return true
            }
            guard ends.contains(event.name) else { return true }
            end = try await client.get("/api/bridge/offload/pair")
            switch (end.state, end.pairingCode) {
            case ("open", known): return true
            // Another code has taken the place of this one.
            case ("open", _): end = PairStateView(state: "cancelled")
            case ("taken", _):
                // Taken is not paired yet: the other side has to say that it has stored its half.
                switch try await status(of: end.devicePairId, client) {
                case "pending": return true
                case "active": break
                default: end = PairStateView(state: "failed")
                }
            default: break
            }
            return false
        }
        return end
    }

    private static func status(of pair: String?, _ client: BridgeClient) async throws -> String? {
        try await client.get("/api/bridge/offload/devices", as: PairedDeviceList.self).devices
            .first { $0.devicePairId == pair }?.status
    }

    /// The code that this command has opened, for whoever ends it.
    private final class OpenedCode: Sendable {
        private let state = Mutex<String?>(nil)

        var digits: String? { state.withLock { $0 } }
        func open(_ digits: String) { state.withLock { $0 = digits } }
    }

    static func text(_ pair: PairView) -> String {
        var text = "\n" + LargeDigits.lines(pair.pairingCode).map { "    \($0)\n" }.joined() + "\n"
        text += "Type it on the other device within \(pair.expiresInMs / 1_000) seconds:\n\n"
        for address in pair.addresses {
            text += "  offload join \(pair.pairingCode) --source \(TerminalText.safe(address))\n"
        }
        if let address = pair.addresses.first,
            let code = QRCode("offload join \(pair.pairingCode) --source \(address)")
        {
            text += "\n" + code.lines().map { "    \($0)\n" }.joined()
        }
        return text + "\n"
    }

    private static func closing(_ end: PairStateView) -> String {
        guard end.state == "taken" else {
            return
                "Nothing was paired: \(end.state == "failed" ? "the other device did not complete it" : "the code is \(end.state)").\n"
        }
        let words = (end.checkWords ?? []).joined(separator: " ")
        return """
            Paired with "\(TerminalText.safe(end.deviceName ?? "a device"))". Both screens must show: \(words)
            Devices: offload devices

            """
    }
}

struct JoinCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "join", abstract: "Takes work from another device, with the code that it shows.",
        discussion: """
            Spaces and dashes in the code don't matter. The address is that of the other device; its port is 4748 if none is \
            said. Both screens show the same two words afterwards; if they differ, somebody is in between: disconnect.
            """)

    @Argument(help: "The six digits that the other device shows.")
    var code: [String]
    @Option(name: .long, help: "Where the other device listens: host:port.")
    var source: String
    @Option(name: .long, help: "The folder of the same project on this device.")
    var path = "."
    @Option(name: .long, help: "What to call this device over there; its own name if not said.")
    var name: String?
    @OptionGroup var device: DeviceOptions

    func run() async throws {
        let joined: AcceptView = try await device.withDevice { client in
            try await client.post(
                "/api/bridge/offload/accept",
                AcceptRequest(
                    pairingCode: code.joined(separator: " "), targetProjectPath: Paths.absolute(path), deviceName: name,
                    sourceUrl: source))
        }
        try device.rendering.show(joined) { _ in
            """
            Paired with "\(TerminalText.safe(joined.sourceDeviceName))". Both screens must show: \
            \(joined.checkWords.joined(separator: " "))
            Devices: offload devices

            """
        }
    }
}
