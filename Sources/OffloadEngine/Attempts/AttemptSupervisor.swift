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

    package init(
        context: EngineContext, folders: any ProjectFolders, workspaces: any Workspaces, runner: any AgentRunner,
        logs: any LogLibrary, dispatcher: AttemptDispatcher, limits: SlotLimits, progress: ProgressBoard
    ) {
        self.context = context
        self.logs = logs
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
        dispatcher.start(try await recovery.run())
        await withGracefulShutdownHandler {
            await withDiscardingTaskGroup { group in
                await startWaiting()
                for await start in dispatcher.starts {
                    group.addTask { await run(start) }
                }
            }
        } onGracefulShutdown: {
            dispatcher.close()
            dispatcher.stopAll(.shutdown)
        }
    }

    private func startWaiting() async {
        do {
            dispatcher.start(try await recorder.fill())
        } catch {
            context.logger.error("waiting tasks not started: \(error)")
        }
    }

    private func run(_ start: AttemptDispatcher.Start) async {
        let key = start.order.key
        let report = await execution.run(start.order, signal: start.signal)
        let started = await record(report, of: key)
        dispatcher.ended(key)
        logs.finish(key)
        context.crashPoint.reached(.attemptAfterEndRecorded)
        dispatcher.start(started)
    }

    /// An end that can't be recorded, say because the disk is full, is tried again until it can: the lane stays taken, so
    /// nothing is started that could not be recorded either.
    private func record(_ report: AttemptExecution.Report, of key: AttemptKey) async -> [HandedOut] {
        var pause = Duration.milliseconds(100)
        while true {
            do {
                return try await recorder.end(key, report.outcome, report: report.run, result: report.result)
            } catch {
                context.logger.error("end of the attempt not recorded yet: \(error)", metadata: ["attempt": "\(key)"])
            }
            do {
                try await Task.sleep(for: pause)
            } catch {
                return []
            }
            pause = min(pause * 2, .seconds(10))
        }
    }
}
