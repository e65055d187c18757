import Logging
import OffloadClient
import OffloadCrypto
import OffloadDomain
import OffloadEngine
import OffloadRunner
import OffloadServer
import OffloadSettings
import OffloadStore
import ServiceLifecycle

/// Wires the device: the one place where every part meets the others.
struct DeviceAssembly: Sendable {
    let folder: DataFolder
    let ledger: SQLiteLedger
    let services: [any Service]

    struct Surroundings: Sendable {
        let settings: DeviceSettings
        let environment: [String: String]
        /// This program's own file, which plays the sample agent.
        let executable: String
        let page: PageSource
        let logger: Logger
    }

    /// Opens the data folder and the record, and builds every service. Nothing runs yet.
    /// - Parameter listening: called with the control listener's address once it answers.
    /// - Throws: `OffloadError` saying what stands in the way; nothing stays open then.
    static func open(
        _ surroundings: Surroundings, listening: @escaping @Sendable (String) async -> Void
    ) async throws -> DeviceAssembly {
        let settings = surroundings.settings
        let crashPoint: any CrashPoint =
            try EnvironmentCrashPoint.from(surroundings.environment) ?? NoCrashPoint()
        let folder = try DataFolder.open(path: settings.dataFolder)
        do {
            let ledger = try SQLiteLedger.open(folder: folder.path, crashPoint: crashPoint)
            let services = try await services(surroundings, folder, ledger, crashPoint, listening)
            return DeviceAssembly(folder: folder, ledger: ledger, services: services)
        } catch {
            folder.close()
            throw error
        }
    }

    private static func services(
        _ surroundings: Surroundings, _ folder: DataFolder, _ ledger: SQLiteLedger, _ crashPoint: any CrashPoint,
        _ listening: @escaping @Sendable (String) async -> Void
    ) async throws -> [any Service] {
        let settings = surroundings.settings
        let clock = SystemClock()
        let identity = try identity(in: folder)
        let deviceID = DeviceID(unchecked: identity.deviceID)
        let start = try await countStart(in: ledger)
        let context = EngineContext(
            device: Device(
                id: deviceID, name: settings.deviceName, version: Version.text, slots: settings.slots,
                defaultAgent: settings.agent),
            ledger: ledger, clock: clock, identifiers: SystemIdentifiers(), crashPoint: crashPoint,
            logger: surroundings.logger)
        let newest = try await ledger.read { try $0.newestEventPosition() }
        let hub = EventHub(ledger: ledger, newest: newest, watcherLimit: settings.largestStreamCount)
        let progress = ProgressBoard { hub.nudge() }
        let limits = SlotLimits()
        let dispatcher = AttemptDispatcher()
        let workshop = try Workshop(surroundings, dataFolder: folder.path, deviceID: deviceID, crashPoint: crashPoint)
        let supervisor = AttemptSupervisor(
            context: context, folders: workshop.folders, workspaces: workshop.workspaces, runner: workshop.runner,
            logs: workshop.logs, dispatcher: dispatcher, limits: limits, progress: progress)
        let key = try KeyFile.establish(dataFolder: folder.path, setting: settings.bridgeKey)
        await workshop.repositories.clearScratch()
        let means = Inbox.Means(
            folders: workshop.folders, bases: workshop.bases, trees: workshop.trees, results: workshop.transfer,
            logs: workshop.logs,
            progress: progress, dispatcher: dispatcher, limits: limits)
        let shelf = ResultShelf(context: context, integration: workshop.integration)
        let intake = ResultIntake(context: context, transfer: workshop.transfer, integration: workshop.integration)
        let pairing = pairing(
            surroundings, context, identity, means, intake, start: start, agents: await workshop.agents())
        try await pairing.devices.load()
        try await pairing.handovers.load()
        let bridge = Bridge(
            context: context,
            projects: ProjectRegistry(context: context, folders: workshop.folders, runner: workshop.runner),
            backlog: Backlog(context: context),
            queue: TaskQueue(
                context: context, folders: workshop.folders, limits: limits, dispatcher: dispatcher,
                devices: pairing.devices),
            tasks: TaskReports(context: context), results: shelf, logs: workshop.logs, hub: hub, progress: progress,
            sessions: Sessions(key: key, clock: context.clock), pairing: pairing, page: surroundings.page)
        let server = ControlServer(bridge: bridge, port: settings.port, logger: surroundings.logger) { port in
            let address = "127.0.0.1:\(port)"
            do {
                try folder.announce(address: address)
            } catch {
                surroundings.logger.warning("the command line will not find this device by itself: \(error)")
            }
            await listening(address)
            ProcessMemory.release()
        }
        let rest = QuietTimes(ledger: ledger) { ProcessMemory.release() }
        // Shut down from the end: first nobody is let in any more, then the agents end, then the record of it is told.
        return [
            hub,
            StreamPulse {
                hub.pulse(); pairing.devices.pulse()
            }, Housekeeping(context: context), rest, shelf, supervisor,
            pairing.devices, pairing.handovers, pairing.desk, pairing.links, pairing.server, server,
        ]
    }

    private static func pairing(
        _ surroundings: Surroundings, _ context: EngineContext, _ identity: DeviceIdentity,
        _ means: Inbox.Means, _ intake: ResultIntake, start: Int64, agents: [String]
    ) -> Pairing {
        let settings = surroundings.settings
        let (door, time) = (PeerDoor(isEnabled: settings.enabled), MonotonicTime())
        let devices = PairedDevices(context: context, door: door, time: time)
        let desk = PairingDesk(
            context: context, devices: devices, door: door, time: time, expiry: settings.pairingExpiry)
        let handovers = Handovers(
            context: context, devices: devices, logs: means.logs, progress: means.progress, time: time,
            lifetime: settings.lease, grace: settings.unreachableGrace)
        let inbox = Inbox(
            context: context, means: means, interval: settings.syncInterval, isAutomatic: settings.autoAssign)
        // Tells two processes on copies of one data folder apart.
        let instance = String(ContentDigest.hex(of: Secret.random().reveal.utf8).prefix(16))
        let links = SourceLinks(
            context: context, transport: PeerClient(crashPoint: context.crashPoint), work: inbox,
            isEnabled: settings.enabled,
            // A lease has to outlive a heartbeat or two that get lost.
            pace: min(Presence.pace, settings.lease / 4)
        ) {
            let held = try await context.ledger.read { try $0.heldTasks().count }
            return Presence.Heartbeat(
                instance: instance, start: start, version: context.device.version, slots: context.device.slots,
                freeSlots: max(0, context.device.slots - held), agents: agents)
        }
        let server = PeerServer(
            configuration: PeerServer.Configuration(
                port: settings.peerPort, isLocalOnly: settings.lanOnly, identity: identity),
            door: door, desk: desk, devices: devices, handovers: handovers, bases: means.bases, trees: means.trees,
            intake: intake, context: context)
        return Pairing(
            isEnabled: settings.enabled, desk: desk, devices: devices, handovers: handovers, links: links,
            server: server,
            hosts: LocalHosts.all,
            code: { text in
                QRCode(text).map { $0.modules.map { row in String(row.map { $0 ? "1" : "0" }) } }
            })
    }

    private static func identity(in folder: DataFolder) throws -> DeviceIdentity {
        do {
            return try DeviceIdentity.establish(folder: folder.path)
        } catch {
            throw OffloadError(.unprocessable, error.description)
        }
    }

    /// Counts the starts of this data folder; a copy of it counts on its own.
    private static func countStart(in ledger: SQLiteLedger) async throws -> Int64 {
        try await ledger.change { transaction in
            let count = (try transaction.note(.startCount).flatMap { Int64($0) } ?? 0) + 1
            try transaction.setNote(.startCount, to: String(count))
            return count
        }
    }

    /// Ends the record in an orderly way.
    func close() {
        do {
            try ledger.close()
        } catch {
            Terminal.complain("offload: the record was not closed in an orderly way: \(error)")
        }
        folder.close()
    }
}

/// What works on files and processes.
private struct Workshop {
    let folders: UserProjectFolders
    let workspaces: FileWorkspaces
    let bases: GitBaseTransfer
    let trees: FolderBaseTransfer
    let transfer: ProjectResultTransfer
    let integration: ProjectResultIntegration
    let repositories: ResultRepositories
    let runner: ProcessAgentRunner
    let logs: AttemptLogs

    /// The agents that could be started now.
    func agents() async -> [String] {
        var found: [String] = []
        // Every project brings its own command, so that agent is there as long as the system has a shell.
        let settings = ProjectSettings(command: ["/bin/sh"])
        for name in ["claude", "command"] where await runner.problem(withAgent: name, settings: settings) == nil {
            found.append(name)
        }
        return found
    }

    init(
        _ surroundings: DeviceAssembly.Surroundings, dataFolder: String, deviceID: DeviceID,
        crashPoint: any CrashPoint
    ) throws {
        let searchPath = surroundings.environment["PATH"] ?? "/usr/local/bin:/usr/bin:/bin"
        guard let gitPath = SystemTools.find("git", searchPath: searchPath) else {
            throw OffloadError(.unprocessable, "git is not installed or not in PATH; Offload needs it")
        }
        let tools = SubprocessToolRunner()
        let git = Git(tools: tools, executable: gitPath, searchPath: searchPath)
        repositories = ResultRepositories(dataFolder: dataFolder, git: git, tools: tools)
        let settings = ProjectSettingsCache()
        folders = UserProjectFolders(dataFolder: dataFolder, repositories: repositories, git: git) { path in
            try settings.settings(folder: path)
        }
        workspaces = FileWorkspaces(dataFolder: dataFolder, repositories: repositories, tools: tools)
        bases = GitBaseTransfer(dataFolder: dataFolder, repositories: repositories, tools: tools)
        trees = FolderBaseTransfer(dataFolder: dataFolder, tools: tools)
        transfer = ProjectResultTransfer(dataFolder: dataFolder, repositories: repositories, tools: tools)
        integration = ProjectResultIntegration(
            git: GitResultIntegration(repositories: repositories, home: surroundings.environment["HOME"]),
            folders: FolderResultIntegration(dataFolder: dataFolder, git: git, tools: tools))
        logs = AttemptLogs { key in "\(dataFolder)/attempts/\(key.task)/\(key.number)" }
        // Two copies of a data folder on one machine must not end each other's agents.
        let instance = ContentDigest.hex(of: "\(deviceID) \(dataFolder)".utf8).prefix(16)
        runner = ProcessAgentRunner(
            catalog: .standard(sampleExecutable: surroundings.executable),
            keeper: ProcessKeeper(instance: String(instance)),
            logs: logs, environment: surroundings.environment, defaultAgent: surroundings.settings.agent,
            crashPoint: crashPoint)
    }
}
