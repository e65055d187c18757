import OffloadDomain
import OffloadTesting

/// What the outside world saw of a fleet, and what follows from it for ever.
struct FleetHistory: Sendable {
    private var queued: [TaskID] = []
    private var spawned: Set<AttemptKey> = []
    /// The latest attempt that a person was told is or will be cancelled; a retry by a person forgets it.
    private var cancelled: [TaskID: AttemptNumber] = [:]
    private var accepted: Set<Report> = []

    private struct Report: Hashable {
        let pair: PairID
        let key: AttemptKey
        let sequence: Int64
    }

    mutating func told(_ tasks: [TaskID]) { queued += tasks }

    mutating func cancelled(_ key: AttemptKey) { cancelled[key.task] = key.number }

    mutating func retried(_ task: TaskID) { cancelled[task] = nil }

    func checkNothingIsLost(in source: LedgerState) throws(Violation) {
        for task in queued { try require(source.taskRows[task] != nil, .noLostTask, "task \(task) is gone") }
    }

    mutating func spawning(_ key: AttemptKey, in target: LedgerState) throws(Violation) {
        try require(spawned.insert(key).inserted, .startOnce, "a second agent for \(key)")
        try require(
            target.attemptRows[key]?.state == .starting, .startOnce, "an agent for \(key), which is not durable")
    }

    mutating func answered(
        _ report: OutboxMessage, of pair: PairID, _ answer: Acknowledgement
    ) throws(Violation) {
        let name = Report(pair: pair, key: report.key, sequence: report.sequence)
        if answer == .accepted {
            accepted.insert(name)
        } else {
            try require(
                !accepted.contains(name), .idempotence, "report \(report.sequence) of \(report.key) was accepted before"
            )
        }
    }

    func completed(_ task: OffloadTask) throws(Violation) {
        guard let number = cancelled[task.id] else { return }
        try require(
            task.attempt > number, .cancelWins, "task \(task.id) completed in attempt \(task.attempt), cancelled")
    }
}

/// Judges what one transaction of the source did to tasks.
struct FleetAudit: Sendable {
    enum Cause: Sendable, Equatable {
        /// The device of this pair reported about this attempt.
        case report(AttemptKey, PairID)
        case claim(PairID)
        case person
        case retry(TaskID)
        case lease(AttemptKey)
    }

    let cause: Cause
    let changes: [LedgerChange]

    func check(_ history: FleetHistory) throws(Violation) {
        for case .task(let from?, let to) in changes {
            let step = "\(cause) made \(from.id)/\(from.attempt) \(to.state.status.rawValue)/\(to.attempt)"
            try checkAttempt(from, to, step)
            try checkCause(from, to, step)
            if from.state.status.isFinal {
                try require(cause == .retry(from.id), .finalStates, step)
            } else if to.state == .completed {
                try history.completed(to)
            }
        }
        for case .attempt(let from?, _) in changes {
            try require(!from.hasEnded, .finalStates, "\(cause) changed \(from.key), which had ended")
        }
    }

    private func checkAttempt(_ from: OffloadTask, _ to: OffloadTask, _ step: String) throws(Violation) {
        if case .claim = cause {
            try require(to.attempt == from.attempt.next && from.state == .pending, .attempts, step)
        } else {
            try require(to.attempt == from.attempt, .attempts, step)
        }
    }

    private func checkCause(_ from: OffloadTask, _ to: OffloadTask, _ step: String) throws(Violation) {
        switch cause {
        case .report(let key, let pair):
            try require(from.id == key.task && from.attempt == key.number, .fence, step)
            try require(from.state.holder == .device(pair), .fence, "\(step), from \(pair)")
        case .claim(let pair): try require(to.state == .claimed(pair), .truth, step)
        case .lease(let key): try require(from.attemptKey == key && from.state.holder != nil, .fence, step)
        case .person, .retry: break
        }
    }
}
