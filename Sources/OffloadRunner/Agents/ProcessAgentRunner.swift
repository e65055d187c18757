package import OffloadDomain
#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#elseif canImport(Darwin)
internal import Darwin
#endif

/// Runs agents and a project's own commands as processes of this device.
package struct ProcessAgentRunner: AgentRunner {
    package struct Limits: Sendable, Equatable {
        /// From TERM to KILL.
        package var grace: Duration
        /// How long an agent that has said its last word may take to exit by itself.
        package var lingering: Duration
        /// How long output is read after the end of a program.
        package var drain: Duration

        package static let standard = Limits(grace: .seconds(10), lingering: .seconds(5), drain: .seconds(5))

        package init(grace: Duration, lingering: Duration, drain: Duration) {
            self.grace = grace
            self.lingering = lingering
            self.drain = drain
        }
    }

    private let keeper: ProcessKeeper
    private let logs: AttemptLogs
    private let locator: AgentLocator
    private let defaultAgent: String
    private let limits: Limits
    private let crashPoint: any CrashPoint
    private let commandEnvironment: ChildEnvironment
    private let agentEnvironments: [String: ChildEnvironment]

    /// - Parameters:
    ///   - environment: the device's own; programs get it less what is none of their business.
    ///   - defaultAgent: for projects that name none.
    package init(
        catalog: AgentCatalog, keeper: ProcessKeeper, logs: AttemptLogs, environment: [String: String],
        defaultAgent: String, limits: Limits = .standard, crashPoint: any CrashPoint = NoCrashPoint()
    ) {
        self.keeper = keeper
        self.logs = logs
        self.defaultAgent = defaultAgent
        self.limits = limits
        self.crashPoint = crashPoint
        locator = AgentLocator(
            catalog: catalog, finder: ProgramFinder(environment: environment), environment: environment)
        commandEnvironment = ChildEnvironment(environment)
        agentEnvironments = Dictionary(
            uniqueKeysWithValues: catalog.all.map {
                ($0.name, ChildEnvironment(environment, removing: $0.removedVariables))
            })
    }

    package func runAgent(
        _ order: AttemptOrder, in workspace: Workspace, stop: AsyncStream<StopReason>,
        started: @escaping @Sendable (_ agent: String) async -> Void, observe: @escaping @Sendable (AgentEvent) -> Void
    ) async -> AgentRun {
        let agent: AgentLocator.Found
        do {
            agent = try locator.find(
                order.settings.agent ?? defaultAgent, settings: order.settings, from: workspace.path)
        } catch {
            return .failed(.agentMissing, error.message)
        }
        let definition = agent.definition
        let invocation = AgentInvocation(definition, program: agent.program, order: order, workspace: workspace)
        let hasProtocol = definition.output == .claudeStream
        let launch = ProcessLaunch(
            program: invocation.program, arguments: invocation.arguments,
            environment: (agentEnvironments[definition.name] ?? commandEnvironment).variables(in: workspace.path),
            folder: workspace.path, input: invocation.input, streams: hasProtocol ? .separate : .merged,
            limits: processLimits(order.settings)
        )
        let recorder = RunRecorder(
            log: logs.writer(.log, of: order.key),
            transcript: hasProtocol ? logs.writer(.transcript, of: order.key) : nil,
            parser: hasProtocol ? ClaudeStreamParser(permissionMode: order.settings.permissionMode) : nil,
            observe: observe
        )
        crashPoint.reached(.attemptBeforeSpawn)
        let outcome = await run(launch, of: order.key, recorder, stop: stop) { [crashPoint] in
            crashPoint.reached(.attemptAfterSpawn)
            await started(definition.name)
        } ended: {
            crashPoint.reached(.attemptAfterAgentEnded)
        }
        switch outcome {
        case .failure(let failure):
            return failure.run(missing: .agentMissing, advice: definition.advice)
        case .success(let exit):
            crashPoint.reached(.attemptAfterSweep)
            let name = hasProtocol ? "The agent \"\(definition.name)\"" : invocation.program
            return Verdict(
                findings: recorder.finish(), exit: exit, limits: launch.limits, subject: name,
                needsLastWord: hasProtocol, hint: rootProblem(definition, order.settings)
            ).run
        }
    }

    package func runCommand(
        _ command: String, name: String, of order: AttemptOrder, in workspace: Workspace, stop: AsyncStream<StopReason>
    ) async -> AgentRun {
        let launch = ProcessLaunch(
            program: "/bin/sh", arguments: ["-c", command],
            environment: commandEnvironment.variables(in: workspace.path),
            folder: workspace.path, limits: processLimits(order.settings)
        )
        let log = logs.writer(.log, of: order.key)
        log.append("\n== \(name): \(command)\n")
        let recorder = RunRecorder(log: log)
        let kind: Failure.Kind =
            switch name {
            case "check": .checkFailed
            case "setup": .setupFailed
            default: .device
            }
        switch await run(launch, of: order.key, recorder, stop: stop) {
        case .failure(let failure):
            return failure.run(missing: kind, advice: "The \(name) command needs a shell")
        case .success(let exit):
            return Verdict(
                findings: recorder.finish(), exit: exit, limits: launch.limits, subject: "The \(name) command",
                needsLastWord: false, exitFailure: kind
            ).run
        }
    }

    package func endSurvivors() async -> Int {
        await keeper.endSurvivors().ended
    }

    package func problem(withAgent name: String, settings: ProjectSettings) async -> String? {
        do {
            let agent = try locator.find(name, settings: settings, from: nil)
            return rootProblem(agent.definition, settings)
        } catch {
            return error.message
        }
    }

    // MARK: Parts

    private func run(
        _ launch: ProcessLaunch, of attempt: AttemptKey, _ recorder: RunRecorder, stop: AsyncStream<StopReason>,
        started: @escaping @Sendable () async -> Void = {}, ended: @Sendable () -> Void = {}
    ) async -> Result<ProcessExit, LaunchFailure> {
        let session = ProcessSession(launch, for: attempt, keeper: keeper)
        do {
            let exit = try await session.run(stop: stop, started: started, ended: ended) { channel, piece in
                recorder.receive(channel, piece) { session.expectExit(within: limits.lingering) }
            }
            for remark in exit.remarks { recorder.note(remark) }
            return .success(exit)
        } catch {
            return .failure(error)
        }
    }

    private func processLimits(_ settings: ProjectSettings) -> ProcessLimits {
        ProcessLimits(
            silence: settings.silenceLimit, total: settings.timeLimit, grace: limits.grace, drain: limits.drain)
    }

    /// Claude Code refuses to run as root without any permission checks, unless it is told that the machine is a
    /// sandbox.
    private func rootProblem(_ definition: AgentDefinition, _ settings: ProjectSettings) -> String? {
        guard definition == .claude, settings.permissionMode == "bypassPermissions", geteuid() == 0,
            locator.environment["IS_SANDBOX"] != "1"
        else { return nil }
        return
            "Claude Code refuses the permission mode bypassPermissions for root: run Offload as another user, or, "
            + "where the machine is a sandbox, start it with IS_SANDBOX=1."
    }
}

extension AgentRun {
    fileprivate static func failed(_ kind: Failure.Kind, _ message: String) -> AgentRun {
        AgentRun(ending: .failed(Failure(kind, message)), report: RunReport())
    }
}

extension LaunchFailure {
    fileprivate func run(missing kind: Failure.Kind, advice: String) -> AgentRun {
        switch self {
        case .programMissing(let program): .failed(kind, "\(program) could not be started. \(advice).")
        case .folderMissing(let folder): .failed(.workspace, "The workspace \(folder) is not there.")
        case .diskFull: .failed(.diskFull, "There was no room to hand the requirement to the agent.")
        case .refused(let reason): .failed(.device, "The program could not be started: \(reason)")
        }
    }
}

extension ProcessExit {
    /// What a person should find in the log about the end.
    fileprivate var remarks: [String] {
        var remarks: [String] = []
        if leftovers.ended > 0 { remarks.append("ended \(leftovers.ended) processes that were left running") }
        if leftovers.remaining > 0 {
            remarks.append(
                "\(leftovers.remaining) processes are still there: they hide where they come from, or outlive KILL")
        }
        if !isOutputComplete { remarks.append("output may be missing: something kept it open") }
        return remarks
    }
}
