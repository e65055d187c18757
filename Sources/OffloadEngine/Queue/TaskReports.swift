package import OffloadDomain

/// Tasks as people want to see them: with what their attempts left.
package struct TaskReports: Sendable {
    private let context: EngineContext

    package init(context: EngineContext) { self.context = context }

    package struct Report: Sendable, Equatable {
        package let task: OffloadTask
        package let attempts: [Attempt]
        package let requirement: Requirement?
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
                return Report(task: task, attempts: attempt.map { [$0] } ?? [], requirement: nil)
            }
            return Found(
                reports: reports, counts: try reader.taskCounts(), total: try reader.taskCount(filter))
        }
    }

    /// One task with all its attempts.
    /// - Throws: `OffloadError` of kind `notFound`.
    package func find(_ id: TaskID) async throws -> Report {
        try await context.ledger.read { reader in
            guard let task = try reader.task(id) else { throw OffloadError.missing(id) }
            return Report(
                task: task, attempts: try reader.attempts(of: id),
                requirement: try reader.requirement(task.requirementID))
        }
    }
}
