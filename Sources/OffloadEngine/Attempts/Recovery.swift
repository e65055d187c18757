import Logging
import OffloadDomain

/// What a start has to put right: processes, attempts and branches that the last run of the device left unfinished.
struct Recovery: Sendable {
    let context: EngineContext
    let folders: any ProjectFolders
    let workspaces: any Workspaces
    let runner: any AgentRunner
    let recorder: AttemptRecorder
    let limits: SlotLimits

    /// Idempotent: a crash in the middle is put right by the next start.
    /// Lanes are not filled meanwhile.
    /// - Throws: when the ledger cannot be read or written; the device must not start work then.
    func run() async throws {
        context.crashPoint.reached(.recoveryBeforeSweep)
        let ended = await runner.endSurvivors()
        if ended > 0 { context.logger.notice("ended \(ended) process(es) that an earlier run left behind") }
        context.crashPoint.reached(.recoveryAfterSweep)
        for (attempt, judgement) in try await recorder.unfinished() {
            try await finish(attempt.key, judgement, processesEnded: ended)
        }
        context.crashPoint.reached(.recoveryAfterCommit)
        try await clear()
        try await learnSlotLimits()
    }

    /// Removes workspaces of attempts that have ended. One that ended without a result and still has files is left: its work
    /// could not be kept, and a person was told where it is.
    private func clear() async throws {
        for key in await workspaces.leftovers() {
            let (attempt, task) = try await context.ledger.read { (try $0.attempt(key), try $0.task(key.task)) }
            // What came for a task that waits for its lane is needed still.
            if attempt == nil, let task, task.state == .pending, task.attempt.next == key.number { continue }
            guard case .ended(let ending) = attempt?.state, ending.result == nil else {
                await workspaces.remove(key)
                continue
            }
            if let order = await order(for: key), await workspaces.leftover(order) == nil {
                await workspaces.remove(key)
            }
        }
    }

    private func finish(
        _ key: AttemptKey, _ judgement: AttemptDecisions.Unfinished, processesEnded: Int
    ) async throws {
        let order = await order(for: key)
        switch judgement {
        case .publish(let ending):
            let result = await branched(ending.result, order)
            _ = try await recorder.end(key, .completed, report: ending.report, result: result)
        case .interrupt:
            let result = await salvaged(order)
            _ = try await recorder.end(
                key, .interrupted(orderly: false), report: RunReport(processesEnded: processesEnded), result: result)
        }
    }

    private func order(for key: AttemptKey) async -> AttemptOrder? {
        do {
            let found = try await context.ledger.read {
                reader -> (OffloadTask, BatchID, Project, Requirement, Idea?)? in
                guard let task = try reader.task(key.task), let batch = try reader.attempt(key)?.holder.batch,
                    let project = try reader.project(task.projectID),
                    let requirement = try reader.requirement(task.requirementID)
                else { return nil }
                let idea = task.origin == nil ? try reader.idea(task.ideaID) : nil
                return (task, batch, project, requirement, idea)
            }
            guard let (task, batch, project, requirement, idea) = found else { return nil }
            let settings = (try? await folders.settings(of: project)) ?? .defaults
            return AttemptOrder(
                key: key, batch: batch, project: project, settings: settings, requirement: requirement,
                title: task.title, check: idea?.check ?? settings.check, origin: task.origin)
        } catch {
            context.logger.error("cut-off attempt not understood: \(error)", metadata: ["attempt": "\(key)"])
            return nil
        }
    }

    private func branched(_ result: AttemptResult?, _ order: AttemptOrder?) async -> AttemptResult? {
        guard let result, let order else { return result }
        do {
            return try await AttemptExecution.withBranch(result, of: order, in: workspaces)
        } catch {
            var result = result
            result.notes.append("no branch was written: \(AttemptExecution.failure(.workspace, error).message)")
            return result
        }
    }

    /// Whatever the agent had done is kept, although the attempt counts for nothing.
    private func salvaged(_ order: AttemptOrder?) async -> AttemptResult? {
        guard let order, let workspace = await workspaces.leftover(order) else { return nil }
        do {
            return try await workspaces.snapshot(
                workspace, of: order, message: "\(order.title) (cut off)\n\nOffload-Task: \(order.key.task)\n")
        } catch {
            context.logger.warning(
                "work of a cut-off attempt not kept: \(error)", metadata: ["attempt": "\(order.key)"])
            return nil
        }
    }

    private func learnSlotLimits() async throws {
        for project in try await context.ledger.read({ try $0.projects() }) {
            guard let settings = try? await folders.settings(of: project) else { continue }
            limits.set(settings.slots, for: project.id)
        }
    }
}
