/// What the source does about tasks that are for other devices, each as one step inside a transaction: load, ask the machine,
/// record the answer.
package struct HandoverDecisions: Sendable {
    package init() {}

    // MARK: - Pulling

    /// Gives the device of `pair` as many tasks as it has room for. What it claimed before and has not acknowledged comes
    /// again, with the same attempt: it may never have got it.
    package func claim(
        by pair: DevicePair, slots: Int, identifiers: any IdentifierSource, at now: Timestamp,
        in transaction: inout any LedgerTransaction
    ) throws -> [Offer] {
        let slots = min(slots, Offer.limit)
        guard pair.status == .active, slots > 0 else { return [] }
        var offers: [Offer] = []
        for task in try transaction.awayTasks() where task.state == .claimed(pair.id) && offers.count < slots {
            guard let handover = try transaction.handover(task.attemptKey) else { continue }
            offers.append(try Self.offer(task, handover, in: transaction))
        }
        let room = slots - offers.count
        for task in try transaction.claimable(by: pair.id, in: pair.projectID, limit: room) {
            var machine = TaskMachine(task)
            guard case .handedOut(let key) = machine.claim(by: pair.id, at: now) else { continue }
            try transaction.update(machine.task, from: task)
            try transaction.insert(Attempt(key: key, holder: .device(pair.id), createdAt: now))
            let handover = try Self.claimed(machine.task, by: pair.id, identifiers: identifiers, in: &transaction)
            offers.append(try Self.offer(machine.task, handover, in: transaction))
        }
        return offers
    }

    private static func claimed(
        _ task: OffloadTask, by pair: PairID, identifiers: any IdentifierSource,
        in transaction: inout any LedgerTransaction
    ) throws -> Handover {
        if var waiting = try transaction.waitingHandover(of: task.id) {
            waiting.attempt = task.attempt
            try transaction.update(waiting)
            return waiting
        }
        var made = try Self.handover(of: task, to: pair, identifiers: identifiers, in: transaction)
        made.attempt = task.attempt
        try transaction.insert(made)
        return made
    }

    static func handover(
        of task: OffloadTask, to pair: PairID, identifiers: any IdentifierSource, in reader: any LedgerReader
    ) throws -> Handover {
        guard let requirement = try reader.requirement(task.requirementID) else {
            throw OffloadError.missing(task.requirementID)
        }
        return Handover(
            id: identifiers.make(HandoverID.self), pairID: pair, taskID: task.id, ideaID: task.ideaID,
            content: requirement.content)
    }

    private static func offer(
        _ task: OffloadTask, _ handover: Handover, in reader: any LedgerReader
    ) throws -> Offer {
        guard let requirement = try reader.requirement(task.requirementID) else {
            throw OffloadError.missing(task.requirementID)
        }
        return Offer(
            handoverID: handover.id, key: task.attemptKey, ideaID: task.ideaID, title: task.title,
            priority: task.priority, fileName: requirement.fileName, content: handover.content, base: requirement.base)
    }

    // MARK: - Reports

    /// Applies what the device of `pair` says about an attempt: once, in order, and only while the attempt is its own.
    package func apply(
        _ report: StatusReport, from pair: PairID, at now: Timestamp, in transaction: inout any LedgerTransaction
    ) throws -> Acknowledgement {
        guard var handover = try transaction.handover(report.key), handover.pairID == pair else { return .stale }
        guard report.sequence > handover.cursor else { return .accepted }
        guard report.sequence == handover.cursor + 1 else { return .missing(from: handover.cursor + 1) }
        guard let task = try transaction.task(report.key.task), let attempt = try transaction.attempt(report.key),
            task.attempt == report.key.number, task.state.holder == .device(pair)
        else { return .stale }
        var machine = TaskMachine(task)
        var attempts = AttemptMachine(attempt)
        guard let event = Self.apply(report.change, to: &machine, &attempts, &handover, pair, at: now) else {
            return .stale
        }
        handover.cursor = report.sequence
        try transaction.update(machine.task, from: task)
        if attempts.attempt != attempt { try transaction.update(attempts.attempt) }
        try transaction.update(handover)
        try transaction.record(.offload(event), at: now)
        if let ending = event.ending {
            try ResultDecisions.completed(machine.task, ending, through: pair, at: now, in: &transaction)
        }
        return .accepted
    }

    /// - Returns: nil when the change makes no sense for the task as it is.
    private static func apply(
        _ change: StatusReport.Change, to machine: inout TaskMachine, _ attempts: inout AttemptMachine,
        _ handover: inout Handover, _ pair: PairID, at now: Timestamp
    ) -> OffloadEvent? {
        let number = machine.task.attempt
        switch change {
        case .synced:
            guard machine.acknowledged(number, at: now) == .applied else { return nil }
            (handover.status, handover.syncedAt) = (.synced, now)
            return OffloadEvent(.synced, machine.task, at: pair)
        case .running(let agent):
            guard machine.agentStarted(number, at: now) == .applied, attempts.agentStarted(agent, at: now) else {
                return nil
            }
            handover.status = .running
            return OffloadEvent(.started, machine.task, at: pair)
        case .ended(let outcome, let report, let result):
            let counted: Attempt.Outcome
            switch machine.attemptEnded(number, outcome, at: now) {
            case .ended(let outcome): counted = outcome
            case .again: counted = outcome
            case .stale: return nil
            }
            guard let ending = attempts.end(counted, report: report, result: result, at: now) else { return nil }
            handover.end(ending, at: now)
            return OffloadEvent(machine.task.ended, machine.task, at: pair, ending: ending)
        }
    }

    // MARK: - Ends that the other device did not report

    /// A claim was not acknowledged in time. The task goes to whoever asks first.
    package func expire(
        _ key: AttemptKey, at now: Timestamp, in transaction: inout any LedgerTransaction
    ) throws -> TaskMachine.Report {
        try takeBack(key, orderly: true, at: now, in: &transaction) { machine in
            machine.claimExpired(key.number, at: now) == .applied
        } ? .applied : .stale
    }

    /// The device was not heard of for too long, or (`orderly`) takes no work any more. The task goes to whoever asks first,
    /// or is over when that was once too often.
    package func takeBack(
        _ key: AttemptKey, orderly: Bool, at now: Timestamp, in transaction: inout any LedgerTransaction
    ) throws -> TaskMachine.Report {
        try takeBack(key, orderly: orderly, at: now, in: &transaction) { machine in
            machine.taken(back: key.number, orderly: orderly, at: now) != .stale
        } ? .applied : .stale
    }

    private func takeBack(
        _ key: AttemptKey, orderly: Bool, at now: Timestamp, in transaction: inout any LedgerTransaction,
        _ step: (inout TaskMachine) -> Bool
    ) throws -> Bool {
        guard let task = try transaction.task(key.task), let attempt = try transaction.attempt(key) else {
            return false
        }
        var machine = TaskMachine(task)
        var attempts = AttemptMachine(attempt)
        guard step(&machine) else { return false }
        let outcome: Attempt.Outcome
        switch machine.task.state {
        case .failed(let failure): outcome = .failed(failure)
        case .cancelled: outcome = .cancelled
        case .pending, .claimed, .synced, .running, .completed: outcome = .interrupted(orderly: orderly)
        }
        let ending = attempts.end(outcome, report: RunReport(), result: nil, at: now)
        try transaction.update(machine.task, from: task)
        try transaction.update(attempts.attempt)
        let handover = try transaction.handover(key)
        if var handover, let ending {
            handover.end(ending, at: now)
            try transaction.update(handover)
        }
        let event = OffloadEvent(machine.task.ended, machine.task, at: handover?.pairID, ending: ending)
        try transaction.record(.offload(event), at: now)
        return true
    }

    /// The pair is over: what it holds goes to whoever asks first.
    /// - Returns: the attempts that were taken back.
    package func takeBackAll(
        from pair: PairID, at now: Timestamp, in transaction: inout any LedgerTransaction
    ) throws -> [AttemptKey] {
        let keys = try transaction.awayTasks().filter { $0.state.holder == .device(pair) }.map(\.attemptKey)
        return try keys.filter { try takeBack($0, orderly: true, at: now, in: &transaction) == .applied }
    }

    /// Waiting tasks that were meant for a device that takes no work any more go to whoever asks first.
    /// - Returns: how many; fewer than `limit` when none is left.
    package func release(
        from pair: PairID, limit: Int, at now: Timestamp, in transaction: inout any LedgerTransaction
    ) throws -> Int {
        let waiting = try transaction.waiting(for: pair, limit: limit)
        for task in waiting {
            try Self.redirect(task, to: .device(nil), identifiers: nil, at: now, in: &transaction)
        }
        return waiting.count
    }

    // MARK: - Sending elsewhere

    /// Sends a waiting task elsewhere, with the record of it.
    /// - Parameter identifiers: needed when it goes to one certain device.
    @discardableResult
    static func redirect(
        _ task: OffloadTask, to destination: OffloadTask.Destination, identifiers: (any IdentifierSource)?,
        at now: Timestamp, in transaction: inout any LedgerTransaction
    ) throws -> OffloadTask {
        var machine = TaskMachine(task)
        guard task.destination != destination, machine.redirect(to: destination, at: now) else { return task }
        try transaction.update(machine.task, from: task)
        try closeWaiting(of: task.id, at: now, in: &transaction)
        if case .device(let pair?) = destination, let identifiers {
            try transaction.insert(
                handover(of: machine.task, to: pair, identifiers: identifiers, in: transaction))
        }
        try transaction.record(.queued(machine.task), at: now)
        return machine.task
    }

    /// A hand-over that nobody has pulled will not come about.
    private static func closeWaiting(
        of task: TaskID, at now: Timestamp, in transaction: inout any LedgerTransaction
    ) throws {
        guard var handover = try transaction.waitingHandover(of: task) else { return }
        (handover.status, handover.completedAt) = (.cancelled, now)
        try transaction.update(handover)
    }

    /// A person cancelled a task before any device has acknowledged it.
    /// - Parameter wasClaimed: whether one has pulled it, under that attempt.
    static func close(
        _ key: AttemptKey, wasClaimed: Bool, at now: Timestamp, in transaction: inout any LedgerTransaction
    ) throws {
        try closeWaiting(of: key.task, at: now, in: &transaction)
        guard wasClaimed, let attempt = try transaction.attempt(key) else { return }
        var machine = AttemptMachine(attempt)
        let ending = machine.end(.cancelled, report: RunReport(), result: nil, at: now)
        try transaction.update(machine.attempt)
        guard let ending, var handover = try transaction.handover(key) else { return }
        handover.end(ending, at: now)
        try transaction.update(handover)
    }
}

extension Handover {
    mutating func end(_ ending: Attempt.Ending, at time: Timestamp) {
        switch ending.outcome {
        case .completed: status = .completed
        case .failed: status = .failed
        case .cancelled: status = .cancelled
        case .interrupted: status = .interrupted
        }
        completedAt = time
        summary = ending.report.summary.isEmpty ? nil : ending.report.summary
    }
}

extension OffloadTask {
    /// What to tell after an attempt has ended.
    fileprivate var ended: OffloadEvent.Kind {
        switch state {
        case .completed: .completed
        case .failed: .failed
        case .cancelled: .cancelled
        case .pending, .claimed, .synced, .running: .interrupted
        }
    }
}

extension BridgeEvent {
    /// A task waits from now on, here or for other devices.
    static func queued(_ task: OffloadTask) -> BridgeEvent {
        guard case .device(let pair) = task.destination else { return .taskQueued(task) }
        return .offload(OffloadEvent(.queued, task, at: pair))
    }

    static func cancelled(_ task: OffloadTask) -> BridgeEvent {
        guard case .device(let pair) = task.destination else { return .taskCancelled(task, nil) }
        return .offload(OffloadEvent(.cancelled, task, at: pair))
    }
}
