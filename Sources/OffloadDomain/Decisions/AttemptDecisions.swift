/// What the execution of an attempt reports, each as one step inside a transaction: load, ask the machines, record.
package struct AttemptDecisions: Sendable {
    package let lanes: LaneFilling

    package init(lanes: LaneFilling) { self.lanes = lanes }

    /// Whether the attempt was handed out and its end is not recorded.
    package func isHeld(_ key: AttemptKey, in reader: any LedgerReader) throws -> Bool {
        guard let task = try reader.task(key.task), task.attempt == key.number else { return false }
        return task.state.holding?.batch != nil
    }

    /// - Parameter agent: its name, where it is known.
    package func agentStarted(
        _ key: AttemptKey, agent: String? = nil, at now: Timestamp, in transaction: inout any LedgerTransaction
    ) throws -> TaskMachine.Report {
        guard let task = try transaction.task(key.task), let attempt = try transaction.attempt(key) else {
            return .stale
        }
        var machine = TaskMachine(task)
        var attemptMachine = AttemptMachine(attempt)
        let answer = machine.agentStarted(key.number, at: now)
        guard answer == .applied, attemptMachine.agentStarted(agent, at: now) else { return answer }
        try transaction.update(machine.task, from: task)
        try transaction.update(attemptMachine.attempt)
        try transaction.record(.taskStarted(machine.task), at: now)
        if task.origin != nil { try InboxDecisions.report(.running(agent: agent), of: key, in: &transaction) }
        return answer
    }

    /// Agent and check succeeded and the result is kept.
    package func seal(
        _ key: AttemptKey, report: RunReport, result: AttemptResult?, at now: Timestamp,
        in transaction: inout any LedgerTransaction
    ) throws -> TaskMachine.Seal {
        // What has succeeded was started, even if that could not be recorded at the time.
        _ = try agentStarted(key, at: now, in: &transaction)
        guard let task = try transaction.task(key.task), let attempt = try transaction.attempt(key) else {
            return .stale
        }
        var machine = TaskMachine(task)
        var attemptMachine = AttemptMachine(attempt)
        let answer = machine.seal(key.number, at: now)
        guard answer == .sealed, attemptMachine.seal(report: report, result: result, at: now) else { return answer }
        try transaction.update(machine.task, from: task)
        try transaction.update(attemptMachine.attempt)
        return answer
    }

    /// The attempt is over. Its lane gets the next task in the same transaction.
    /// - Returns: what was handed out.
    package func end(
        _ key: AttemptKey, _ outcome: Attempt.Outcome, report: RunReport, result: AttemptResult?,
        limits: ProjectSlots, at now: Timestamp, in transaction: inout any LedgerTransaction
    ) throws -> [HandedOut] {
        guard let task = try transaction.task(key.task), let attempt = try transaction.attempt(key) else { return [] }
        var machine = TaskMachine(task)
        var attemptMachine = AttemptMachine(attempt)
        let counted: Attempt.Outcome
        switch machine.attemptEnded(key.number, outcome, at: now) {
        case .ended(let outcome): counted = outcome
        case .again: counted = outcome
        case .stale: return []
        }
        guard let ending = attemptMachine.end(counted, report: report, result: result, at: now) else { return [] }
        try transaction.update(machine.task, from: task)
        try transaction.update(attemptMachine.attempt)
        try transaction.record(Self.event(machine.task, ending), at: now)
        if task.origin != nil {
            try InboxDecisions.report(.ended(ending.outcome, report, ending.result), of: key, in: &transaction)
        } else {
            try ResultDecisions.completed(machine.task, ending, at: now, in: &transaction)
        }
        guard let lane = attempt.holder.batch else { return [] }
        var batch = BatchMachine(try transaction.batch(lane))
        if machine.task.state.status.isFinal { batch.taskEnded() }
        try transaction.save(batch.batch)
        let started = try lanes.fill(&transaction, limits: limits, at: now)
        let next = started.first { $0.batch == lane }
        try transaction.record(.batchProgress(batch.batch, running: next?.key.task), at: now)
        return started
    }

    private static func event(_ task: OffloadTask, _ ending: Attempt.Ending) -> BridgeEvent {
        switch task.state {
        case .completed: .taskCompleted(task, ending)
        case .failed(let failure): .taskFailed(task, failure, ending)
        case .cancelled: .taskCancelled(task, ending)
        case .pending, .claimed, .synced, .running: .taskInterrupted(task)
        }
    }

    /// What a start of the device has to do about an attempt that the last run left unfinished.
    package enum Unfinished: Sendable, Equatable {
        /// The result is kept; its branch is to be written and the attempt completed.
        case publish(Attempt.Ending)
        /// Nobody knows how far the agent came: the attempt ends as interrupted, and its work is kept.
        case interrupt
    }

    package func judge(_ attempt: Attempt) -> Unfinished? {
        switch attempt.state {
        case .starting, .running: .interrupt
        case .sealed(let ending): .publish(ending)
        case .ended: nil
        }
    }
}
