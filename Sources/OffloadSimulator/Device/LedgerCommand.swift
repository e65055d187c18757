import OffloadDomain

/// One transaction that somebody asks for.
enum LedgerCommand: Sendable {
    case add([Idea])
    case decide(IdeaID, IdeaMachine.Action)
    case remove(IdeaID)
    case assign([IdeaID], lane: BatchID?, plans: [ProjectPlan])
    case control(BatchID, BatchMachine.Action)
    case returnToBacklog(BatchID)
    case cancel(TaskID)
    case retry(TaskID)
    case prune(keeping: Int)
    case started(AttemptKey)
    case seal(AttemptKey, RunReport, AttemptResult?)
    case end(AttemptKey, Attempt.Outcome, RunReport, AttemptResult?)
    case fill

    struct ProjectPlan: Sendable {
        let project: ProjectID
        let plan: QueueDecisions.Plan
    }

    /// The attempt that a report speaks of; nil for what people ask.
    var report: AttemptKey? {
        switch self {
        case .started(let key), .seal(let key, _, _), .end(let key, _, _, _): key
        case .add, .decide, .remove, .assign, .control, .returnToBacklog, .cancel, .retry, .prune, .fill: nil
        }
    }

    /// The same report, as if it spoke of another attempt.
    func speaking(of key: AttemptKey) -> LedgerCommand {
        switch self {
        case .started: .started(key)
        case .seal(_, let report, let result):
            .seal(key, report, result)
        case .end(_, let outcome, let report, let result): .end(key, outcome, report, result)
        case .add, .decide, .remove, .assign, .control, .returnToBacklog, .cancel, .retry, .prune, .fill: self
        }
    }
}

/// What a transaction came to.
enum LedgerAnswer: Sendable {
    case ideas([Idea])
    case decided(Idea)
    case removed(IdeaID)
    case assigned([OffloadTask], refused: Int, started: [HandedOut])
    case steered(QueueDecisions.Steered)
    case returned(Int)
    case cancelled(OffloadTask, stop: AttemptKey?)
    case queued(OffloadTask, started: [HandedOut])
    case pruned(Int)
    case start(TaskMachine.Report)
    case sealed(TaskMachine.Seal)
    case handedOut([HandedOut])
    case refused(OffloadError)

    var started: [HandedOut] {
        switch self {
        case .assigned(_, _, let started), .queued(_, let started), .handedOut(let started): started
        case .steered(let steered): steered.started
        case .ideas, .decided, .removed, .returned, .cancelled, .pruned, .start, .sealed, .refused: []
        }
    }
}

extension LedgerCommand: CustomStringConvertible {
    var description: String {
        switch self {
        case .add(let ideas): "add \(ideas.map(\.id))"
        case .decide(let idea, let action): "\(action.rawValue) \(idea)"
        case .remove(let idea): "remove \(idea)"
        case .assign(let ideas, let lane, _): "assign \(ideas) to \(lane?.description ?? "any")"
        case .control(let lane, let action): "\(action.rawValue) \(lane)"
        case .returnToBacklog(let lane): "return what waits for \(lane)"
        case .cancel(let task): "cancel \(task)"
        case .retry(let task): "retry \(task)"
        case .prune(let limit): "prune to \(limit) events"
        case .started(let key): "started \(key)"
        case .seal(let key, _, _): "seal \(key)"
        case .end(let key, let outcome, _, _): "end \(key) \(outcome.word)"
        case .fill: "fill lanes"
        }
    }
}

extension LedgerAnswer: CustomStringConvertible {
    var description: String {
        switch self {
        case .ideas(let ideas): "added \(ideas.count)"
        case .decided(let idea): "\(idea.id) is \(idea.status.rawValue)"
        case .removed(let idea): "\(idea) is gone"
        case .assigned(let tasks, let refused, let started):
            "tasks \(tasks.map(\.id)), \(refused) refused\(Self.list(started))"
        case .steered(let steered):
            "\(steered.batch.id) is \(steered.batch.state.rawValue)"
                + (steered.stop.map { ", \($0) is to stop" } ?? "") + Self.list(steered.started)
        case .returned(let count): "\(count) returned"
        case .cancelled(let task, let stop):
            "\(task.id) is \(task.state.word)" + (stop.map { ", \($0) is to stop" } ?? "")
        case .queued(let task, let started): "\(task.id) waits\(Self.list(started))"
        case .pruned(let count): "\(count) events went"
        case .start(let report): "\(report)"
        case .sealed(let seal): "\(seal)"
        case .handedOut(let started): "done\(Self.list(started))"
        case .refused(let error): "refused: \(error.kind.rawValue)"
        }
    }

    private static func list(_ started: [HandedOut]) -> String {
        started.isEmpty ? "" : ", handed out " + started.map { "\($0.key) in \($0.batch)" }.joined(separator: ", ")
    }
}

extension Attempt.Outcome {
    var word: String {
        switch self {
        case .completed: "completed"
        case .failed(let failure): "failed (\(failure.kind.rawValue))"
        case .cancelled: "cancelled"
        case .interrupted(let orderly): orderly ? "interrupted by a stop" : "interrupted"
        }
    }
}

extension OffloadTask.State {
    var word: String { holding.map { "\(status.rawValue) (\($0.phase.rawValue))" } ?? status.rawValue }
}
