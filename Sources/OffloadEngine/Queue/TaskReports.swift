package import OffloadDomain

/// Tasks as people want to see them: with what their attempts left.
package struct TaskReports: Sendable {
    private let context: EngineContext

    package init(context: EngineContext) { self.context = context }

    package struct Report: Sendable, Equatable {
        package let task: OffloadTask
        package let attempts: [Attempt]
        package let requirement: Requirement?
        /// The pair of the device that has the task, had it last or is to have it; nil for one of this device's own lanes, and
        /// while it waits for whichever asks first.
        package let pair: DevicePair?

        fileprivate init(
            _ task: OffloadTask, _ attempts: [Attempt], _ requirement: Requirement?, in reader: any LedgerReader
        )
            throws
        {
            self.task = task
            self.attempts = try attempts.map { try Self.completed($0, in: reader) }
            self.requirement = requirement
            let latest = task.state.status.isFinal ? attempts.last?.holder.device : nil
            pair = try (task.wantedDevice ?? latest).flatMap { try reader.devicePair($0) }
        }

        /// With the result as it has arrived here since the attempt ended elsewhere.
        private static func completed(_ attempt: Attempt, in reader: any LedgerReader) throws -> Attempt {
            guard case .ended(let ending) = attempt.state, var left = ending.result, left.storage == .elsewhere,
                let arrived = try reader.result(attempt.key), case .commit(let commit, let base) = arrived.storage
            else { return attempt }
            (left.storage, left.branch) = (.commit(commit, base: base), arrived.branch)
            var attempt = attempt
            attempt.state = .ended(
                Attempt.Ending(
                    outcome: ending.outcome, startedAt: ending.startedAt, endedAt: ending.endedAt,
                    report: ending.report,
                    result: left))
            return attempt
        }
    }

    package struct Found: Sendable {
        package let reports: [Report]
        package let counts: [(OffloadTask.Status, Int)]
        package let total: Int
    }

    /// Newest first, each with its latest attempt.
    package func list(_ filter: TaskFilter, page: Page) async throws -> Found {
        try await context.ledger.read { reader in
            let reports = try reader.tasks(filter, page: page).map { task in
                let attempt = task.attempt == .none ? nil : try reader.attempt(task.attemptKey)
                return try Report(task, attempt.map { [$0] } ?? [], nil, in: reader)
            }
            let counts = filter.offloadedOnly ? try Self.counts(filter, in: reader) : try reader.taskCounts()
            return Found(reports: reports, counts: counts, total: try reader.taskCount(filter))
        }
    }

    private static func counts(
        _ filter: TaskFilter, in reader: any LedgerReader
    ) throws -> [(OffloadTask.Status, Int)] {
        try OffloadTask.Status.allCases.map { status in
            var filter = filter
            filter.status = status
            return (status, try reader.taskCount(filter))
        }
    }

    /// One task as it was just now, without its attempts.
    package func describe(_ task: OffloadTask) async throws -> Report {
        try await context.ledger.read { try Report(task, [], nil, in: $0) }
    }

    /// One task with all its attempts.
    /// - Throws: `OffloadError` of kind `notFound`.
    package func find(_ id: TaskID) async throws -> Report {
        try await context.ledger.read { reader in
            guard let task = try reader.task(id) else { throw OffloadError.missing(id) }
            return try Report(task, reader.attempts(of: id), reader.requirement(task.requirementID), in: reader)
        }
    }
}
