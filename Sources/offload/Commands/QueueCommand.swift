import ArgumentParser
import OffloadClient
import OffloadDomain
import OffloadWire

struct QueueCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "queue", abstract: "Hands accepted ideas to other devices.",
        discussion: """
            Without --device, whichever paired device asks first gets an idea. Tasks that wait for a batch here go there instead; \
            `offload run` takes back what no device has taken yet. Ctrl-C stops watching, the tasks go on.
            """)

    @Argument(help: "Ids of accepted ideas.")
    var ideas: [String] = []
    @Flag(name: .long, help: "Every accepted idea of the project that had no task yet.")
    var all = false
    @Option(name: .shortAndLong, help: "With --all: id, name or folder of the project.")
    var project: String?
    @Option(name: [.customLong("device"), .customShort("d")], help: "The device's name, or the pair's id.")
    var to: String?
    @Flag(name: .shortAndLong, help: "Watch until they are done.")
    var watch = false
    @OptionGroup var device: DeviceOptions

    func validate() throws {
        guard ideas.isEmpty == all else { throw ValidationError("Name ideas, or say --all.") }
    }

    func run() async throws {
        let named = try await Failing.inWords { try ideas.map { try IdeaID(parsing: $0).rawValue } }
        let rendering = device.rendering
        let tasks: [TaskView] = try await device.withDevice { client in
            let pair = try await targetOf(to, client)
            let starter = RunStarter(client: client, destination: .devices(pair))
            if watch { return try await RunCommand.watch(client, starter, named, project, rendering) }
            return try await RunCommand.views(of: try await starter.start(named, project: project), client)
        }
        try rendering.show(tasks) { terminal in
            guard !tasks.isEmpty else {
                return "Nothing was queued. Ideas have to be accepted: offload idea accept ID\n"
            }
            let text = TaskText.table(tasks, for: terminal)
            return watch ? text : text + "\nWatch them: offload status --watch\n"
        }
        if watch, tasks.contains(where: { $0.status != "completed" }) { throw Failing.notAllCompleted }
    }

    private func targetOf(_ name: String?, _ client: BridgeClient) async throws -> String? {
        guard let name else { return nil }
        let found = try await PairChoice.find(name, with: client)
        guard found.role == "target" else {
            throw OffloadError(.conflict, "\(found.deviceName) gives work to this device, and takes none from it")
        }
        return found.devicePairId
    }
}
