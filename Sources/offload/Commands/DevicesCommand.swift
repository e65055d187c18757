import ArgumentParser
import OffloadClient
import OffloadDomain
import OffloadWire

struct DevicesCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "devices", abstract: "Lists paired devices, pauses one, or says where one is to be found.",
        subcommands: [List.self, Pause.self, Resume.self, SetAddress.self], defaultSubcommand: List.self)

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Lists paired devices.")

        @Flag(name: .long, help: "Those that are disconnected too.")
        var all = false
        @OptionGroup var device: DeviceOptions

        func run() async throws {
            var list: PairedDeviceList = try await device.withDevice { try await $0.get("/api/bridge/offload/devices") }
            if !all { list.devices.removeAll { $0.status == "disconnected" } }
            try device.rendering.show(list) { terminal in
                guard !list.devices.isEmpty else { return "No paired devices. Show a code: offload pair\n" }
                var table = Table(["PAIR", "DEVICE", "ROLE", "STATE", "FREE", "VERSION", "PROJECT", "PROBLEM"])
                for device in list.devices { table.rows.append(Self.row(device)) }
                return table.render(for: terminal)
            }
            if let problem = list.problem, !device.json { Terminal.complain("offload: \(problem)") }
        }

        private static func row(_ device: PairedDeviceView) -> [Table.Cell] {
            let slots = device.slots.map { "\(device.freeSlots ?? 0)/\($0)" } ?? ""
            var state = device.connected ? "connected" : device.status == "active" ? "away" : device.status
            if device.paused == true { state += ", paused" }
            return [
                .init(device.devicePairId), .init(device.deviceName, .strong),
                .init(device.role == "source" ? "gives work" : "takes work"),
                .init(state, device.connected ? .good : .notice), .init(slots), .init(device.version ?? ""),
                .init(device.peerProject), .init(device.connected ? "" : device.problem ?? ""),
            ]
        }
    }

    struct Pause: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Gives a device nothing new; what it has, it goes on with.")

        @Argument(help: "The pair's id, or the device's name.")
        var pair: String
        @OptionGroup var device: DeviceOptions

        func run() async throws { try await DevicesCommand.control(pair, "pause", device) }
    }

    struct Resume: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Gives a paused device work again.")

        @Argument(help: "The pair's id, or the device's name.")
        var pair: String
        @OptionGroup var device: DeviceOptions

        func run() async throws { try await DevicesCommand.control(pair, "resume", device) }
    }

    private static func control(_ pair: String, _ action: String, _ device: DeviceOptions) async throws {
        let changed: PairedDeviceView = try await device.withDevice { client in
            let found = try await PairChoice.find(pair, with: client)
            return try await client.post(
                "/api/bridge/offload/devices/\(found.devicePairId)/control", ActionRequest(action: action))
        }
        try device.rendering.show(changed) { _ in
            let name = TerminalText.safe(changed.deviceName)
            return changed.paused == true ? "\(name) takes nothing new until it is resumed.\n" : "\(name) takes work.\n"
        }
    }

    struct SetAddress: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Says where a device that gives work is to be found from now on.")

        @Argument(help: "The pair's id, or the device's name.")
        var pair: String
        @Argument(help: "host:port.")
        var address: String
        @OptionGroup var device: DeviceOptions

        func run() async throws {
            let changed: PairedDeviceView = try await device.withDevice { client in
                let found = try await PairChoice.find(pair, with: client)
                return try await client.patch(
                    "/api/bridge/offload/devices/\(found.devicePairId)", DeviceEdit(address: address))
            }
            try device.rendering.show(changed) { _ in
                "\(TerminalText.safe(changed.deviceName)) is looked for at \((changed.addresses ?? []).joined(separator: ", "))\n"
            }
        }
    }
}

struct DisconnectCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "disconnect", abstract: "Ends a pair at once, on both devices; what was done stays.")

    @Argument(help: "The pair's id, or the device's name.")
    var pair: String
    @OptionGroup var device: DeviceOptions

    func run() async throws {
        try await device.withDevice { client in
            let found = try await PairChoice.find(pair, with: client)
            let _: DoneView = try await client.post(
                "/api/bridge/offload/disconnect", DisconnectRequest(devicePairId: found.devicePairId))
            if !device.json {
                device.rendering.terminal.write("Disconnected from \(TerminalText.safe(found.deviceName)).\n")
            }
        }
        if device.json { try device.rendering.show(DoneView()) { _ in "" } }
    }
}

/// Finds the pair that a person means.
enum PairChoice {
    static func find(_ text: String, with client: BridgeClient) async throws -> PairedDeviceView {
        let devices = try await client.get("/api/bridge/offload/devices", as: PairedDeviceList.self).devices
        if let exact = devices.first(where: { $0.devicePairId == text }) { return exact }
        let matches = devices.filter { $0.deviceName == text && $0.status != "disconnected" }
        guard let match = matches.first else {
            throw OffloadError(.notFound, "no paired device is called \(text); see `offload devices`")
        }
        guard matches.count == 1 else {
            throw OffloadError(.conflict, "several pairs are with \(text); give the pair's id, see `offload devices`")
        }
        return match
    }
}
