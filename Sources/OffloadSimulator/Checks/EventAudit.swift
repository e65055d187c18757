import OffloadDomain
import OffloadTesting

/// Sees to it that each change that people can see is told by one event, and that each event tells of a change.
struct EventAudit: Sendable {
    let before: LedgerState
    let changes: [LedgerChange]

    private struct Expected: Equatable {
        let name: String
        let subject: String
    }

    func run() throws(Violation) {
        var expected: [Expected] = []
        var tasks: [(id: TaskID, task: OffloadTask)] = []
        var position = before.newestPosition
        for change in changes {
            if case .task(_, let to) = change {
                tasks.removeAll { $0.id == to.id }
                tasks.append((to.id, to))
            }
            guard case .event(let event, let recorded) = change else {
                if let next = Self.expectation(of: change) { expected.append(next) }
                continue
            }
            position += 1
            try require(recorded == position, .events, "\(event.name) stands at \(recorded), not at \(position)")
            let found = Expected(name: event.name, subject: Self.subject(of: event))
            guard let index = expected.firstIndex(of: found) else {
                throw Violation(.events, "\(found.name) of \(found.subject) tells of what did not happen")
            }
            expected.remove(at: index)
            if let told = Self.task(of: event), let task = tasks.first(where: { $0.id == told.id })?.task {
                try require(told == task, .events, "\(found.name) shows \(told.state.word), not \(task.state.word)")
            }
        }
        if let missing = expected.first {
            throw Violation(.events, "nothing tells of \(missing.name) of \(missing.subject)")
        }
    }

    /// A hand-out and what is decided about a held task become visible by the end of the attempt; they have no event.
    private static func expectation(of change: LedgerChange) -> Expected? {
        switch change {
        case .project(let project): Expected(name: "project_added", subject: project.id.rawValue)
        case .idea(nil, let idea): Expected(name: "idea_generated", subject: idea.id.rawValue)
        case .idea(_, let idea): Expected(name: "idea_updated", subject: idea.id.rawValue)
        case .ideaRemoved(let idea): Expected(name: "idea_removed", subject: idea.id.rawValue)
        case .batch(_, let batch): Expected(name: "batch_progress", subject: batch.id.description)
        case .task(let from, let to): name(from, to).map { Expected(name: $0, subject: to.id.rawValue) }
        case .result(let from, let to): name(from, to).map { Expected(name: $0, subject: to.key.task.rawValue) }
        case .requirement, .attempt, .event, .pruned: nil
        }
    }

    private static func name(_ from: TaskResult?, _ to: TaskResult) -> String? {
        guard from?.state != to.state else { return nil }
        return switch to.state {
        case .ready, .conflict, .merged, .discarded, .refused: "offload_result_\(to.state.rawValue)"
        case .uploading, .merging, .unmerging: nil
        }
    }

    private static func name(_ from: OffloadTask?, _ to: OffloadTask) -> String? {
        switch to.state {
        case .pending, .claimed: from?.state.holding == nil ? "task_queued" : "task_interrupted"
        case .synced: nil
        case .running: from?.state.status == .running ? nil : "task_started"
        case .completed: "task_completed"
        case .failed: "task_failed"
        case .cancelled: "task_cancelled"
        }
    }

    private static func task(of event: BridgeEvent) -> OffloadTask? {
        switch event {
        case .taskQueued(let task), .taskStarted(let task), .taskInterrupted(let task): task
        case .taskCompleted(let task, _), .taskFailed(let task, _, _), .taskCancelled(let task, _): task
        case .projectAdded, .projectUpdated, .projectRemoved, .ideaGenerated, .ideaUpdated, .ideaRemoved,
            .offload, .result, .batchProgress, .pairingCompleted, .pairingFailed, .pairingExpired, .deviceConnected,
            .deviceDisconnected, .devicePaused, .deviceResumed:
            nil
        }
    }

    private static func subject(of event: BridgeEvent) -> String {
        switch event {
        case .projectAdded(let project), .projectUpdated(let project), .projectRemoved(let project):
            project.id.rawValue
        case .ideaGenerated(let idea), .ideaUpdated(let idea), .ideaRemoved(let idea): idea.id.rawValue
        case .offload(let event): event.task.id.rawValue
        case .result(let event): event.result.key.task.rawValue
        case .batchProgress(let batch, _): batch.id.description
        case .taskQueued, .taskStarted, .taskInterrupted, .taskCompleted, .taskFailed, .taskCancelled:
            task(of: event)?.id.rawValue ?? ""
        case .pairingCompleted(let device), .deviceConnected(let device), .deviceDisconnected(let device, _),
            .devicePaused(let device), .deviceResumed(let device):
            device.pairID.rawValue
        case .pairingFailed(let project, _), .pairingExpired(let project): project.rawValue
        }
    }
}
