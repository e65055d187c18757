import Logging
import OffloadDomain

/// The way of one attempt: workspace, set-up, agent, check, snapshot, branch. It decides nothing about the task; it reports
/// what happened.
struct AttemptExecution: Sendable {
    let context: EngineContext
    let folders: any ProjectFolders
    let workspaces: any Workspaces
    let runner: any AgentRunner
    let recorder: AttemptRecorder
    let progress: ProgressBoard
    let limits: SlotLimits

    /// How an attempt went, before the record has its say.
    struct Report: Sendable {
        var outcome: Attempt.Outcome
        var run = RunReport()
        var result: AttemptResult?
        /// The workspace, once nothing of it is needed any more; to be removed when the end is recorded.
        var finished: Workspace?
    }

    /// Runs the attempt to its end. Never throws: everything that goes wrong is how the attempt went.
    func run(_ handedOut: HandedOut, signal: StopSignal) async -> Report {
        if let reason = signal.reason { return Report(outcome: Self.outcome(reason)) }
        do {
            let order = try await order(for: handedOut)
            return try await work(on: order, signal: signal)
        } catch {
            return Report(outcome: .failed(Self.failure(.workspace, error)))
        }
    }

    private func order(for handedOut: HandedOut) async throws -> AttemptOrder {
        let settings = try await folders.settings(of: handedOut.project)
        limits.set(settings.slots, for: handedOut.project.id)
        return AttemptOrder(
            key: handedOut.key, batch: handedOut.batch, project: handedOut.project, settings: settings,
            requirement: handedOut.requirement, title: handedOut.title, check: handedOut.ideaCheck ?? settings.check,
            origin: handedOut.origin)
    }

    private func work(on order: AttemptOrder, signal: StopSignal) async throws -> Report {
        context.crashPoint.reached(.attemptBeforeWorkspace)
        let workspace = try await workspaces.prepare(order)
        context.crashPoint.reached(.attemptAfterWorkspace)
        var report = await execute(order, in: workspace, signal: signal)
        context.crashPoint.reached(.attemptBeforeSnapshot)
        if order.settings.workspace == .isolated {
            guard await keep(workspace, of: order, in: &report) else { return report }
        }
        context.crashPoint.reached(.attemptAfterSnapshot)
        await publish(order, &report)
        report.finished = workspace
        return report
    }

    // MARK: - Agent and commands

    private func execute(_ order: AttemptOrder, in workspace: Workspace, signal: StopSignal) async -> Report {
        if let setup = order.settings.setup {
            context.crashPoint.reached(.attemptBeforeSetup)
            let run = await command(setup, name: "setup", of: order, in: workspace, signal: signal)
            guard case .succeeded = run.ending else { return Self.report(run) }
        }
        if let reason = signal.reason { return Report(outcome: Self.outcome(reason)) }
        let run = await runAgent(order, in: workspace, signal: signal)
        guard case .succeeded = run.ending, let check = order.check else { return Self.report(run) }
        let checked = await command(check, name: "check", of: order, in: workspace, signal: signal)
        context.crashPoint.reached(.attemptAfterCheck)
        var report = Self.report(checked)
        report.run = run.report
        report.run.processesEnded += checked.report.processesEnded
        return report
    }

    /// The start is recorded while the agent is at work already: a short task does not wait for it.
    private func runAgent(_ order: AttemptOrder, in workspace: Workspace, signal: StopSignal) async -> AgentRun {
        let (existence, exists) = AsyncStream.makeStream(of: String.self)
        async let recorded: Void = recordStart(order.key, when: existence)
        let run = await runner.runAgent(
            order, in: workspace, stop: signal.listen(), started: { exists.yield($0) },
            observe: { progress.observe($0, of: order.key.task) })
        exists.finish()
        await recorded
        progress.forget(order.key.task)
        return run
    }

    private func command(
        _ command: String, name: String, of order: AttemptOrder, in workspace: Workspace, signal: StopSignal
    ) async -> AgentRun {
        await runner.runCommand(command, name: name, of: order, in: workspace, stop: signal.listen())
    }

    /// The agent runs already; a record that can't be written now is made up for by the record of its end.
    private func recordStart(_ key: AttemptKey, when existence: AsyncStream<String>) async {
        for await agent in existence {
            do {
                try await recorder.agentStarted(key, agent: agent)
            } catch {
                context.logger.error("start of the agent not recorded: \(error)", metadata: ["attempt": "\(key)"])
            }
            context.crashPoint.reached(.attemptAfterRunningRecorded)
        }
    }

    // MARK: - Results

    /// - Returns: false when the work could not be kept; the workspace then stays for a person to look at.
    private func keep(_ workspace: Workspace, of order: AttemptOrder, in report: inout Report) async -> Bool {
        do {
            report.result = try await workspaces.snapshot(workspace, of: order, message: Self.message(order, report))
            return true
        } catch {
            let failure = Self.failure(.workspace, error)
            report.outcome = .failed(
                Failure(failure.kind, "\(failure.message); the agent's work is still in \(workspace.path)"))
            return false
        }
    }

    private static func message(_ order: AttemptOrder, _ report: Report) -> String {
        var message = "\(order.title)\n\n"
        if !report.run.summary.isEmpty { message += "\(report.run.summary)\n\n" }
        return message + "Offload-Task: \(order.key.task)\nOffload-Attempt: \(order.key.number)\n"
    }

    /// Seals a success and writes its branch. What was sealed and has no branch yet gets it at the next start.
    private func publish(_ order: AttemptOrder, _ report: inout Report) async {
        guard report.outcome == .completed, let result = report.result else { return }
        do {
            switch try await recorder.seal(order.key, report: report.run, result: result) {
            case .sealed: break
            case .cancelled:
                report.outcome = .cancelled
                return
            case .stale: return
            }
            report.result = try await Self.withBranch(result, of: order, in: workspaces)
            context.crashPoint.reached(.attemptAfterBranch)
        } catch {
            context.logger.warning("no branch written: \(error)", metadata: ["attempt": "\(order.key)"])
            report.result?.notes.append("no branch was written: \(Self.failure(.workspace, error).message)")
        }
    }

    static func withBranch(
        _ result: AttemptResult, of order: AttemptOrder, in workspaces: any Workspaces
    ) async throws -> AttemptResult {
        var result = result
        result.branch = try await workspaces.publish(result, of: order)
        return result
    }

    // MARK: - Words

    private static func report(_ run: AgentRun) -> Report {
        let outcome: Attempt.Outcome =
            switch run.ending {
            case .succeeded: .completed
            case .failed(let failure): .failed(failure)
            case .stopped(let reason): outcome(reason)
            }
        return Report(outcome: outcome, run: run.report)
    }

    private static func outcome(_ reason: StopReason) -> Attempt.Outcome {
        switch reason {
        case .cancelled: .cancelled
        case .shutdown: .interrupted(orderly: true)
        }
    }

    static func failure(_ kind: Failure.Kind, _ error: any Error) -> Failure {
        guard let error = error as? OffloadError else { return Failure(.device, String(describing: error)) }
        return Failure(error.kind == .device ? .device : kind, error.message)
    }
}
