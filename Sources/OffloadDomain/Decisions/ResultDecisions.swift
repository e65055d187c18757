/// What becomes of the work of completed tasks, each as one step inside a transaction: load, ask the machine, record the answer.
package struct ResultDecisions: Sendable {
    package init() {}

    // MARK: - Coming into being

    /// A task of this device's own has completed here: its result is here already.
    static func completed(
        _ task: OffloadTask, _ ending: Attempt.Ending, at now: Timestamp, in transaction: inout any LedgerTransaction
    ) throws {
        guard case .completed = ending.outcome, let left = ending.result else { return }
        let storage: TaskResult.Storage
        switch left.storage {
        case .commit(let commit, let base): storage = .commit(commit, base: base)
        case .changeSet: storage = .changeSet
        case .empty, .elsewhere: return
        }
        try supersede(task.id, at: now, in: &transaction)
        var result = blank(task, left, pair: nil, at: now)
        (result.state, result.storage, result.branch) = (.ready, storage, left.branch)
        try transaction.insert(result)
        try transaction.record(.result(ResultEvent(.ready, result)), at: now)
    }

    /// A task has completed on another device: its result is there, and on its way.
    static func completed(
        _ task: OffloadTask, _ ending: Attempt.Ending, through pair: PairID, at now: Timestamp,
        in transaction: inout any LedgerTransaction
    ) throws {
        guard case .completed = ending.outcome, let left = ending.result, left.storage == .elsewhere else { return }
        try supersede(task.id, at: now, in: &transaction)
        try transaction.insert(blank(task, left, pair: pair, at: now))
    }

    /// A person has had the task done again: what an earlier attempt left and nobody has merged is thrown away for it.
    private static func supersede(
        _ task: TaskID, at now: Timestamp, in transaction: inout any LedgerTransaction
    ) throws {
        guard let earlier = try transaction.result(of: task), earlier.state.isOpen || earlier.state == .refused else {
            return
        }
        _ = try ResultDecisions().discard(earlier.key, at: now, in: &transaction)
    }

    private static func blank(
        _ task: OffloadTask, _ left: AttemptResult, pair: PairID?, at now: Timestamp
    ) -> TaskResult {
        TaskResult(
            key: task.attemptKey, projectID: task.projectID, ideaID: task.ideaID, title: task.title, pairID: pair,
            state: .uploading,
            extent: TaskResult.Extent(
                files: left.filesChanged, insertions: left.insertions, deletions: left.deletions),
            sensitivePaths: SensitivePaths.among(left.paths),
            notes: Array(left.notes.prefix(TaskResult.listLimit)), createdAt: now, updatedAt: now)
    }

    // MARK: - Arriving

    package enum Wanted: Sendable, Equatable {
        case yes(TaskResult)
        /// It is here, was refused or thrown away, or there is nothing to be had of that attempt.
        case no
        /// The report that the attempt has completed has to come first.
        case later
    }

    /// Whether the device of `pair` is to send the result of an attempt.
    /// - Throws: `OffloadError` of kind `stale` when the attempt was never its own.
    package func isWanted(_ key: AttemptKey, from pair: PairID, in reader: any LedgerReader) throws -> Wanted {
        guard try reader.handover(key)?.pairID == pair, let attempt = try reader.attempt(key) else {
            throw OffloadError(.stale, "attempt \(key) is not this device's")
        }
        if let result = try reader.result(key) { return result.state == .uploading ? .yes(result) : .no }
        return attempt.hasEnded ? .no : .later
    }

    /// - Returns: the result as it is now.
    package func arrived(
        _ key: AttemptKey, _ arrival: ResultMachine.Arrival, at now: Timestamp,
        in transaction: inout any LedgerTransaction
    ) throws -> TaskResult? {
        try change(key, at: now, in: &transaction) { machine in
            machine.arrived(arrival, at: now) ? .ready : nil
        }
    }

    package func refused(
        _ key: AttemptKey, because reason: String, at now: Timestamp, in transaction: inout any LedgerTransaction
    ) throws -> TaskResult? {
        try change(key, at: now, in: &transaction) { machine in
            machine.refused(because: PlainText.prefix(reason, bytes: 600), at: now) ? .refused : nil
        }
    }

    // MARK: - Forecast

    /// Records what was found out about results that a person has yet to decide about.
    package func forecast(
        _ forecast: Forecast, of results: [TaskResult], at now: Timestamp, in transaction: inout any LedgerTransaction
    ) throws {
        for result in results {
            guard let item = forecast.item(result.key) else { continue }
            guard !item.isInProject else {
                let found = try change(result.key, at: now, in: &transaction) { machine in
                    machine.found(in: forecast.position, at: now) ? .merged : nil
                }
                if let found { try follow(found, at: now, in: &transaction) }
                continue
            }
            _ = try change(result.key, at: now, in: &transaction) { machine in
                guard machine.forecast(hasConflict: !item.clashes.isEmpty, at: now) else { return nil }
                return machine.result.state == .conflict ? .conflict : .ready
            }
        }
    }

    // MARK: - Merging

    /// The project is about to be changed: recorded before it is.
    package func begin(
        _ integration: Integration, of key: AttemptKey, at now: Timestamp, in transaction: inout any LedgerTransaction
    ) throws -> TaskResult {
        guard let result = try transaction.result(key) else { throw Self.missing(key) }
        var machine = ResultMachine(result)
        try machine.merge(as: integration, at: now)
        try transaction.update(machine.result)
        return machine.result
    }

    /// The project is about to be changed back: recorded before it is.
    package func beginUndo(
        of key: AttemptKey, at now: Timestamp, in transaction: inout any LedgerTransaction
    ) throws -> (result: TaskResult, integration: Integration) {
        guard let result = try transaction.result(key) else { throw Self.missing(key) }
        var machine = ResultMachine(result)
        let integration = try machine.unmerge(at: now)
        try transaction.update(machine.result)
        return (machine.result, integration)
    }

    /// What the project says about a change that was begun. The idea goes with it: implemented is what is in the project.
    package func settle(
        _ key: AttemptKey, isInProject: Bool, at now: Timestamp, in transaction: inout any LedgerTransaction
    ) throws -> TaskResult? {
        let settled = try change(key, at: now, in: &transaction) { machine in
            machine.settle(isInProject: isInProject, at: now) ? (isInProject ? .merged : .ready) : nil
        }
        if let settled { try follow(settled, at: now, in: &transaction) }
        return settled
    }

    private func follow(
        _ result: TaskResult, at now: Timestamp, in transaction: inout any LedgerTransaction
    ) throws {
        guard let idea = try transaction.idea(result.ideaID) else { return }
        var machine = IdeaMachine(idea)
        guard machine.resultIsInProject(result.state == .merged, at: now) else { return }
        try transaction.update(machine.idea)
        try transaction.record(.ideaUpdated(machine.idea), at: now)
    }

    // MARK: - Throwing away

    package func discard(
        _ key: AttemptKey, at now: Timestamp, in transaction: inout any LedgerTransaction
    ) throws -> TaskResult {
        guard let result = try transaction.result(key) else { throw Self.missing(key) }
        var machine = ResultMachine(result)
        try machine.discard(at: now)
        return try record(machine, before: result, .discarded, at: now, in: &transaction)
    }

    package func restore(
        _ key: AttemptKey, branch: String?, at now: Timestamp, in transaction: inout any LedgerTransaction
    ) throws -> TaskResult {
        guard let result = try transaction.result(key) else { throw Self.missing(key) }
        var machine = ResultMachine(result)
        try machine.restore(branch: branch, at: now)
        return try record(machine, before: result, .ready, at: now, in: &transaction)
    }

    // MARK: - Recording

    /// - Returns: nil when nothing changed.
    private func change(
        _ key: AttemptKey, at now: Timestamp, in transaction: inout any LedgerTransaction,
        _ step: (inout ResultMachine) -> ResultEvent.Kind?
    ) throws -> TaskResult? {
        guard let result = try transaction.result(key) else { throw Self.missing(key) }
        var machine = ResultMachine(result)
        guard let kind = step(&machine) else { return nil }
        return try record(machine, before: result, kind, at: now, in: &transaction)
    }

    private func record(
        _ machine: ResultMachine, before: TaskResult, _ kind: ResultEvent.Kind, at now: Timestamp,
        in transaction: inout any LedgerTransaction
    ) throws -> TaskResult {
        guard machine.result != before else { return before }
        try transaction.update(machine.result)
        let isQuiet = machine.result.state == .uploading
        if !isQuiet { try transaction.record(.result(ResultEvent(kind, machine.result)), at: now) }
        return machine.result
    }

    private static func missing(_ key: AttemptKey) -> OffloadError {
        OffloadError(.notFound, "task \(key.task) has no result")
    }
}
