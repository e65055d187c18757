import ArgumentParser
import OffloadClient
import OffloadDomain
import OffloadWire

struct BatchCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "batch", abstract: "Steers the lanes: start, pause, resume, stop.",
        discussion: "Stopping a lane cancels its running task and gives what waits for it back to the backlog.")

    @Argument(help: "start, pause, resume or stop.")
    var action: String
    @Argument(help: "Lanes such as batch1; all if none is named.")
    var batches: [String] = []
    @OptionGroup var device: DeviceOptions

    func run() async throws {
        let lanes = try await Failing.inWords { try batches.map { try BatchID(parsing: $0).description } }
        let changed: [BatchView] = try await device.withDevice { client in
            let all = try await client.get("/api/bridge/batches", as: BatchList.self).batches
            var changed: [BatchView] = []
            for batch in lanes.isEmpty ? all.map(\.id) : lanes {
                changed.append(
                    try await client.post("/api/bridge/batches/\(batch)/control", ActionRequest(action: action)))
            }
            return changed
        }
        try device.rendering.show(changed) { _ in changed.map { "\($0.id)  \($0.status)\n" }.joined() }
    }
}
