import GRDB
import OffloadDomain

enum TaskSQL {
    static let columns = """
        id, project_id, idea_id, requirement_id, title, lane, priority, position, attempt, interruptions, status, \
        batch, phase, failure_kind, failure_message, created_at, updated_at
        """

    /// The tasks that a filter lets through, as walks of the table or of an index, each in order of insertion.
    fileprivate static func walks(_ filter: TaskFilter) -> [(condition: String, arguments: StatementArguments)] {
        let statuses = OffloadTask.Status.allCases.filter(filter.includes)
        switch filter.projectID {
        case nil where statuses.count == OffloadTask.Status.allCases.count: return [("true", [])]
        case nil: return statuses.map { ("status = ?", [$0.rawValue]) }
        case let project?:
            return statuses.map { ("project_id = ? AND status = ?", [project.rawValue, $0.rawValue]) }
        }
    }
}

extension SQLiteReading {
    package func task(_ id: TaskID) throws -> OffloadTask? {
        try connection.first("SELECT \(TaskSQL.columns) FROM tasks WHERE id = ?", [id.rawValue], OffloadTask.init)
    }

    package func openTask(of idea: IdeaID) throws -> OffloadTask? {
        try connection.first(
            "SELECT \(TaskSQL.columns) FROM tasks WHERE idea_id = ? AND finished_at IS NULL", [idea.rawValue],
            OffloadTask.init)
    }

    package func latestTask(of idea: IdeaID) throws -> OffloadTask? {
        try connection.first(
            "SELECT \(TaskSQL.columns) FROM tasks WHERE idea_id = ? ORDER BY sequence DESC LIMIT 1", [idea.rawValue],
            OffloadTask.init)
    }

    package func tasks(_ filter: TaskFilter, page: Page) throws -> [OffloadTask] {
        let walks = TaskSQL.walks(filter)
        guard !walks.isEmpty else { return [] }
        // SQLite merges walks that are in order each; a condition over several of them would make it sort everything.
        let sql = walks.map { "SELECT \(TaskSQL.columns), sequence FROM tasks WHERE \($0.condition)" }
        return try connection.all(
            "\(sql.joined(separator: " UNION ALL ")) ORDER BY sequence DESC LIMIT ? OFFSET ?",
            walks.reduce([]) { $0 + $1.arguments } + [page.limit, page.offset], OffloadTask.init)
    }

    package func taskCount(_ filter: TaskFilter) throws -> Int {
        try TaskSQL.walks(filter).reduce(0) { sum, walk in
            let sql = "SELECT count(*) FROM tasks WHERE \(walk.condition)"
            return sum + Int(try connection.number(sql, walk.arguments))
        }
    }

    package func taskCounts() throws -> [(OffloadTask.Status, Int)] {
        try OffloadTask.Status.allCases.map { status in
            (status, Int(try connection.number("SELECT count(*) FROM tasks WHERE status = ?", [status.rawValue])))
        }
    }

    package func heldTasks() throws -> [OffloadTask] {
        try connection.all(
            """
            SELECT \(TaskSQL.columns) FROM tasks INDEXED BY tasks_one_per_batch WHERE batch IS NOT NULL
            ORDER BY priority DESC, position, sequence
            """, [], OffloadTask.init)
    }
}

extension SQLiteTransaction {
    package func nextTaskPosition() throws -> Int64 {
        try connection.number("SELECT coalesce(max(position), 0) + 1 FROM tasks")
    }

    package func insert(_ task: OffloadTask) throws {
        try connection.write(
            """
            INSERT INTO tasks (\(TaskSQL.columns), finished_at)
            VALUES (?, ?, ?, ?, CAST(? AS TEXT), ?, ?, ?, ?, ?, ?, ?, ?, ?, CAST(? AS TEXT), ?, ?, ?)
            """,
            [
                task.id.rawValue, task.projectID.rawValue, task.ideaID.rawValue, task.requirementID.rawValue,
                AnyText(task.title), task.lane?.number, task.priority, task.position, task.attempt.value,
                task.interruptions, task.state.status.rawValue, task.state.holding?.batch.number,
                task.state.holding?.phase.rawValue, task.state.failure?.kind.rawValue,
                AnyText(task.state.failure?.message), task.createdAt.milliseconds, task.updatedAt.milliseconds,
                task.finishedAt?.milliseconds,
            ])
    }

    /// The fence is part of the statement that writes. Lane, position and phase belong to it too: a task that went
    /// through a retry can be pending again with the same attempt, but at another place, and a request to cancel must
    /// not be lost to someone who has not seen it.
    ///
    /// Only what can have changed is written: SQLite writes every index anew that has to do with a column that is set,
    /// and most changes leave a task where it stands and do not end it.
    package func update(_ task: OffloadTask, from old: OffloadTask) throws {
        guard task.id == old.id else { throw OffloadError(.device, "\(old.id) cannot become \(task.id)") }
        var columns = "attempt = ?, interruptions = ?, status = ?, batch = ?, phase = ?, updated_at = ?"
        var arguments: StatementArguments = [
            task.attempt.value, task.interruptions, task.state.status.rawValue, task.state.holding?.batch.number,
            task.state.holding?.phase.rawValue, task.updatedAt.milliseconds,
        ]
        if task.lane != old.lane || task.position != old.position {
            columns += ", lane = ?, position = ?"
            arguments += [task.lane?.number, task.position]
        }
        if task.state.status.isFinal || old.state.status.isFinal {
            columns += ", failure_kind = ?, failure_message = CAST(? AS TEXT), finished_at = ?"
            arguments += [
                task.state.failure?.kind.rawValue, AnyText(task.state.failure?.message), task.finishedAt?.milliseconds,
            ]
        }
        arguments += [
            old.id.rawValue, old.attempt.value, old.state.status.rawValue, old.lane?.number, old.position,
            old.state.holding?.phase.rawValue,
        ]
        let changed = try connection.write(
            """
            UPDATE tasks SET \(columns)
            WHERE id = ? AND attempt = ? AND status = ? AND lane IS ? AND position = ? AND phase IS ?
            """, arguments)
        guard changed == 0 else { return }
        guard let stored = try self.task(old.id) else { throw OffloadError.missing(old.id) }
        throw OffloadError(
            .stale,
            """
            task \(old.id) is \(stored.state.status.rawValue) in attempt \(stored.attempt), not \
            \(old.state.status.rawValue) in attempt \(old.attempt)
            """)
    }
}

extension OffloadTask {
    init(_ fields: inout Fields) throws {
        let (id, projectID) = (TaskID(unchecked: try fields.text()), ProjectID(unchecked: try fields.text()))
        let (ideaID, requirementID) = (
            IdeaID(unchecked: try fields.text()), RequirementID(unchecked: try fields.text())
        )
        let (title, lane) = (try fields.text(), try fields.optionalBatch())
        let (priority, position) = (try fields.integer(), try fields.number())
        let (attempt, interruptions) = (AttemptNumber(value: try fields.integer()), try fields.integer())
        let state = try State(&fields)
        self.init(
            id: id, projectID: projectID, ideaID: ideaID, requirementID: requirementID, title: title, lane: lane,
            priority: priority, position: position, attempt: attempt, interruptions: interruptions, state: state,
            createdAt: try fields.time(), updatedAt: try fields.time())
    }

    fileprivate var finishedAt: Timestamp? { state.status.isFinal ? updatedAt : nil }
}

extension OffloadTask.State {
    fileprivate var failure: Failure? {
        if case .failed(let failure) = self { failure } else { nil }
    }

    fileprivate init(_ fields: inout Fields) throws {
        let status = try fields.name(OffloadTask.Status.self)
        let holding = try OffloadTask.Holding(&fields)
        let failure = try Failure(&fields)
        switch (status, holding, failure) {
        case (.pending, nil, nil): self = .pending
        case (.synced, let holding?, nil): self = .synced(holding)
        case (.running, let holding?, nil): self = .running(holding)
        case (.completed, nil, nil): self = .completed
        case (.failed, nil, let failure?): self = .failed(failure)
        case (.cancelled, nil, nil): self = .cancelled
        default: throw fields.damaged("a task that is \(status.rawValue) with the marks of another state")
        }
    }
}

extension OffloadTask.Holding {
    /// Batch and phase, or nil where both are NULL.
    fileprivate init?(_ fields: inout Fields) throws {
        let (batch, phaseText) = (try fields.optionalBatch(), try fields.optionalText())
        guard let batch, let phaseText else { return nil }
        guard let phase = Phase(rawValue: phaseText) else { throw fields.damaged("\"\(phaseText)\" is no phase") }
        self.init(batch: batch, phase: phase)
    }
}

extension Failure {
    /// Kind and message, or nil where both are NULL.
    init?(_ fields: inout Fields) throws {
        let (kindText, message) = (try fields.optionalText(), try fields.optionalText())
        guard let kindText, let message else { return nil }
        guard let kind = Kind(rawValue: kindText) else { throw fields.damaged("\"\(kindText)\" is no kind of failure") }
        self.init(kind, message)
    }
}
