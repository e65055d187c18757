import AsyncAlgorithms
import Logging
package import OffloadDomain
import ServiceLifecycle

/// Runs attempts as they are handed out, one child task each, and sees to it that each end is recorded.
///
/// On start it first ends what an earlier process left behind. On graceful shutdown it starts nothing new, asks the running
/// agents to end, and returns when all their ends are recorded; the tasks then wait for the next start.
package struct AttemptSupervisor: Service {
    private let context: EngineContext
    private let dispatcher: AttemptDispatcher
    private let recorder: AttemptRecorder
    private let recovery: Recovery
    private let execution: AttemptExecution
    private let logs: any LogLibrary
    private let limits: SlotLimits

    package init(
        context: EngineContext, folders: any ProjectFolders, workspaces: any Workspaces, runner: any AgentRunner,
        logs: any LogLibrary, dispatcher: AttemptDispatcher, limits: SlotLimits, progress: ProgressBoard
    ) {
        self.context = context
        self.logs = logs
        self.limits = limits
        self.dispatcher = dispatcher
        recorder = AttemptRecorder(context: context, limits: limits)
        recovery = Recovery(
            context: context, folders: folders, workspaces: workspaces, runner: runner, recorder: recorder,
            limits: limits)
        execution = AttemptExecution(
            context: context, folders: folders, workspaces: workspaces, runner: runner, recorder: recorder,
            progress: progress, limits: limits)
    }

    package func run() async throws {
        try await recovery.run()
        await withGracefulShutdownHandler {
            await withDiscardingTaskGroup { group in
                await startWaiting()
                for await start in dispatcher.starts {
                    group.addTask { await run(start) }
                }
            }
            await giveBackUnstarted()
        } onGracefulShutdown: {
            limits.close()
            dispatcher.shutDown()
        }
    }

    private func startWaiting() async {
        limits.open()
        // A shutdown that came before wants it closed.
        if Task.isShuttingDownGracefully { limits.close() }
        dispatcher.start(await insisting("waiting tasks are not started") { try await recorder.fill() } ?? [])
    }

    /// What was handed out at the very moment of the shutdown and never told waits for the next start, without blame.
    private func giveBackUnstarted() async {
        guard !Task.isCancelled else { return }
        do {
            for (attempt, _) in try await recorder.unfinished() where attempt.state == .starting {
                _ = try await recorder.end(
                    attempt.key, .interrupted(orderly: true), report: RunReport(), result: nil)
            }
        } catch {
            context.logger.error("attempts that were not started are not given back: \(error)")
        }
    }

    private func run(_ start: AttemptDispatcher.Start) async {
        let key = start.order.key
        let report = await execution.run(start.order, signal: start.signal)
        let started = await insisting("the end of attempt \(key) is not recorded") {
            try await recorder.end(key, report.outcome, report: report.run, result: report.result)
        }
        context.crashPoint.reached(.attemptAfterEndRecorded)
        dispatcher.start(started ?? [])
        logs.finish(key)
        dispatcher.ended(key)
        if let workspace = report.finished { await execution.workspaces.remove(workspace) }
        context.crashPoint.reached(.attemptAfterCleanup)
    }

    /// What must be recorded and can't be, say because the disk is full, is tried again until it can: the lane stays taken,
    /// so nothing is started that could not be recorded either.
    /// - Returns: nil when the device was told to give up.
    private func insisting<Value: Sendable>(
        _ complaint: String, _ body: () async throws -> Value
    ) async -> Value? {
        var pause = Duration.milliseconds(100)
        while true {
            do {
                return try await body()
            } catch {
                context.logger.error("\(complaint) yet: \(error)")
            }
            do {
                try await Task.sleep(for: pause)
            } catch {
                return nil
            }
            pause = min(pause * 2, .seconds(10))
        }
    }
}
