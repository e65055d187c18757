/// What the target does about tasks that another device gave it, each as one step inside a transaction: load, ask the machine,
/// record the answer.
package struct InboxDecisions: Sendable {
    package let lanes: LaneFilling

    package init(lanes: LaneFilling) { self.lanes = lanes }

    // MARK: - Taking over

    package enum Acceptance: Sendable, Equatable {
        /// It is a task of this device now; lanes may have taken it already.
        case accepted(OffloadTask, started: [HandedOut])
        /// It was taken over before.
        case known
        /// An earlier attempt, which counts for nothing any more, has to be ended here first; to be offered again then.
        case busy(stop: AttemptKey)
        /// The id belongs to a task of somebody else.
        case foreign
    }

    /// Takes an offered task over: requirement, task and the acknowledgement to the source in one step. To be called when
    /// everything that its attempt needs is here.
    /// - Parameter fileName: what the requirement file is called here.
    package func accept(
        _ offer: Offer, as fileName: String, through pair: JoinedPair, identifiers: any IdentifierSource,
        limits: ProjectSlots,
        at now: Timestamp, in transaction: inout any LedgerTransaction
    ) throws -> Acceptance {
        if let refusal = try refusal(of: offer, through: pair, in: transaction) { return refusal }
        let known = try transaction.task(offer.key.task)
        if let known, let running = try drop(known.currentKey, at: now, in: &transaction) {
            return .busy(stop: running)
        }
        let task =
            try known == nil
            ? make(offer, as: fileName, through: pair, identifiers: identifiers, at: now, in: &transaction)
            : Self.reopen(offer, through: pair, at: now, in: &transaction)
        try transaction.insert(
            InboxEntry(key: offer.key, pairID: pair.id, ideaID: offer.ideaID, receivedAt: now))
        try Self.report(.synced, of: offer.key, in: &transaction)
        try transaction.record(.taskQueued(task), at: now)
        let started = try lanes.fill(&transaction, limits: limits, at: now)
        return .accepted(try transaction.task(task.id) ?? task, started: started)
    }

    /// The source is told that the offered task can't be done here.
    package func decline(
        _ offer: Offer, through pair: JoinedPair, because failure: Failure, at now: Timestamp,
        in transaction: inout any LedgerTransaction
    ) throws {
        // What was said about the attempt before stands.
        guard try transaction.inboxEntry(offer.key) == nil else { return }
        try transaction.insert(
            InboxEntry(key: offer.key, pairID: pair.id, ideaID: offer.ideaID, receivedAt: now))
        try Self.report(.ended(.failed(failure), RunReport(), nil), of: offer.key, in: &transaction)
    }

    /// Why an offer is not new work; nil when it is. To be asked before anything is done for it.
    package func refusal(
        of offer: Offer, through pair: JoinedPair, in reader: any LedgerReader
    ) throws -> Acceptance? {
        if try reader.inboxEntry(offer.key)?.pairID == pair.id { return .known }
        guard let known = try reader.task(offer.key.task) else { return nil }
        // Devices that were paired anew are the same when they show the same certificate.
        let source = try known.origin.flatMap { try reader.joinedPair($0) }
        guard let source, source.fingerprint == pair.fingerprint, known.projectID == pair.projectID else {
            return .foreign
        }
        return offer.key.number <= known.attempt ? .known : nil
    }

    private static func reopen(
        _ offer: Offer, through pair: JoinedPair, at now: Timestamp, in transaction: inout any LedgerTransaction
    ) throws -> OffloadTask {
        guard let task = try transaction.task(offer.key.task) else { throw OffloadError.missing(offer.key.task) }
        var machine = TaskMachine(task)
        guard
            machine.offered(
                offer.key.number, through: pair.id, position: try transaction.nextTaskPosition(), at: now)
        else {
            throw OffloadError(.conflict, "task \(task.id) is \(task.state.status.rawValue) here")
        }
        try transaction.update(machine.task, from: task)
        return machine.task
    }

    private func make(
        _ offer: Offer, as fileName: String, through pair: JoinedPair, identifiers: any IdentifierSource,
        at now: Timestamp, in transaction: inout any LedgerTransaction
    ) throws -> OffloadTask {
        let requirement = Requirement(
            id: identifiers.make(RequirementID.self), ideaID: offer.ideaID,
            fileName: fileName, content: offer.content,
            base: offer.base, createdAt: now)
        try transaction.insert(requirement, of: pair.projectID, from: pair.id)
        let task = OffloadTask(
            id: offer.key.task, projectID: pair.projectID, ideaID: offer.ideaID, requirementID: requirement.id,
            title: offer.title, origin: pair.id, priority: offer.priority,
            position: try transaction.nextTaskPosition(), attempt: AttemptNumber(value: offer.key.number.value - 1),
            createdAt: now, updatedAt: now)
        try transaction.insert(task)
        return task
    }

    /// What the requirement file is to be called here: what it is called already, or the source's name as far as that is a
    /// name that this device would have made.
    package static func fileName(
        for offer: Offer, in project: ProjectID, _ reader: any LedgerReader
    ) throws -> String {
        if let task = try reader.task(offer.key.task), let known = try reader.requirement(task.requirementID) {
            return known.fileName
        }
        let stem = offer.fileName.hasSuffix(".md") ? String(offer.fileName.dropLast(3)) : offer.fileName
        let slug = Slug.make(from: stem, fallback: "task")
        let name = try Slug.firstFree(slug) { candidate in
            try reader.requirementExists(fileName: "\(candidate).md", in: project)
        }
        return "\(name).md"
    }

    // MARK: - Reporting

    /// Writes what happened to an attempt into the outbox, if another device gave it.
    static func report(
        _ change: StatusReport.Change, of key: AttemptKey, in transaction: inout any LedgerTransaction
    ) throws {
        guard var entry = try transaction.inboxEntry(key), entry.state == .held else { return }
        entry.sequence += 1
        if case .ended(let outcome, _, let result) = change {
            entry.state = .over
            if case .completed = outcome, let result, result.isKept { entry.owesResult = true }
        }
        try transaction.update(entry)
        try transaction.send(
            StatusReport(key: key, ideaID: entry.ideaID, sequence: entry.sequence, change: change),
            through: entry.pairID)
    }

    /// The source has these messages.
    /// - Parameter silent: attempts that have written no log; with its last report the source has everything of one.
    package func acknowledged(
        _ messages: [OutboxMessage], withoutLog silent: [AttemptKey] = [], in transaction: inout any LedgerTransaction
    ) throws {
        try transaction.removeFromOutbox(messages)
        for message in messages where silent.contains(message.key) {
            guard try transaction.inboxEntry(message.key)?.sequence == message.sequence else { continue }
            try delivered(message.key, in: &transaction)
        }
    }

    /// The source has the result too, or wants nothing of it.
    package func handedOver(_ key: AttemptKey, in transaction: inout any LedgerTransaction) throws {
        guard var entry = try transaction.inboxEntry(key), entry.owesResult else { return }
        entry.owesResult = false
        try transaction.update(entry)
    }

    /// The source has the whole log too.
    package func delivered(_ key: AttemptKey, in transaction: inout any LedgerTransaction) throws {
        guard var entry = try transaction.inboxEntry(key), entry.state == .over else { return }
        entry.state = .delivered
        try transaction.update(entry)
    }

    // MARK: - Ends

    /// The source wants nothing of this attempt any more: its messages go, and it is ended here.
    /// - Returns: the attempt that has to be ended, if one runs.
    package func drop(
        _ key: AttemptKey, at now: Timestamp, in transaction: inout any LedgerTransaction
    ) throws -> AttemptKey? {
        guard var entry = try transaction.inboxEntry(key) else { return nil }
        try transaction.removeOutbox(of: key)
        if entry.state != .delivered || entry.owesResult {
            (entry.state, entry.owesResult) = (.delivered, false)
            try transaction.update(entry)
        }
        return try end(key, at: now, in: &transaction)
    }

    /// A person cancelled the task on the source: it is ended here, and the source is told how.
    /// - Returns: the attempt that has to be ended, if one runs.
    package func cancel(
        _ key: AttemptKey, at now: Timestamp, in transaction: inout any LedgerTransaction
    ) throws -> AttemptKey? {
        guard try transaction.inboxEntry(key)?.state == .held else { return nil }
        return try end(key, at: now, in: &transaction)
    }

    private func end(
        _ key: AttemptKey, at now: Timestamp, in transaction: inout any LedgerTransaction
    ) throws -> AttemptKey? {
        guard let task = try transaction.task(key.task) else { return nil }
        guard task.currentKey == key else { return nil }
        var machine = TaskMachine(task)
        let answer = machine.cancel(at: now)
        if machine.task != task { try transaction.update(machine.task, from: task) }
        switch answer {
        case .cancelled:
            try transaction.record(.taskCancelled(machine.task, nil), at: now)
            try Self.report(.ended(.cancelled, RunReport(), nil), of: key, in: &transaction)
            return nil
        case .stop(let running): return running
        case .refused: return nil
        }
    }
}

extension OffloadTask {
    /// The attempt that the task is about on a target: one that waits for a lane has not been counted yet.
    fileprivate var currentKey: AttemptKey {
        state == .pending ? AttemptKey(task: id, number: attempt.next) : attemptKey
    }
}
