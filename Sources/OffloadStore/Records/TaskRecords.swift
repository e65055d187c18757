import GRDB
import OffloadDomain

enum TaskSQL {
    static let columns = """
        id, project_id, coalesce(idea_id, source_idea_id), origin_pair_id, requirement_id, title, queue, lane, \
        wanted_pair_id, priority, position, attempt, interruptions, status, batch, holder_pair_id, phase, failure_kind, \
        failure_message, created_at, updated_at
        """

    /// The tasks that a filter lets through, as walks of the table or of an index, each in order of insertion.
    fileprivate static func walks(_ filter: TaskFilter) -> [(condition: String, arguments: StatementArguments)] {
        let statuses = OffloadTask.Status.allCases.filter(filter.includes)
        guard !filter.offloadedOnly else {
            return statuses.map { status in
                guard let project = filter.projectID else {
                    return ("queue = 'devices' AND status = ?", [status.rawValue])
                }
                return ("queue = 'devices' AND status = ? AND project_id = ?", [status.rawValue, project.rawValue])
            }
        }
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

    package func awayTasks() throws -> [OffloadTask] {
        try connection.all(
            """
            SELECT \(TaskSQL.columns) FROM tasks INDEXED BY tasks_away WHERE holder_pair_id IS NOT NULL
            ORDER BY sequence
            """, [], OffloadTask.init)
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
            INSERT INTO tasks (
                id, project_id, idea_id, source_idea_id, origin_pair_id, requirement_id, title, queue, lane,
                wanted_pair_id, priority, position, attempt, interruptions, status, batch, holder_pair_id, phase,
                failure_kind, failure_message, created_at, updated_at, finished_at)
            VALUES (?, ?, ?, ?, ?, ?, CAST(? AS TEXT), ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, CAST(? AS TEXT), ?, ?, ?)
            """,
            [
                task.id.rawValue, task.projectID.rawValue, task.origin == nil ? task.ideaID.rawValue : nil,
                task.origin == nil ? nil : task.ideaID.rawValue, task.origin?.rawValue, task.requirementID.rawValue,
                AnyText(task.title), task.queueName, task.lane?.number, task.wantedPair?.rawValue, task.priority,
                task.position, task.attempt.value, task.interruptions, task.state.status.rawValue,
                task.state.holder?.batch?.number, task.state.holder?.device?.rawValue,
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
            task.attempt.value, task.interruptions, task.state.status.rawValue, task.state.holder?.batch?.number,
            task.state.holding?.phase.rawValue, task.updatedAt.milliseconds,
        ]
        if task.state.holder?.device != old.state.holder?.device {
            columns += ", holder_pair_id = ?"
            arguments += [task.state.holder?.device?.rawValue]
        }
        if task.origin != old.origin {
            columns += ", origin_pair_id = ?"
            arguments += [task.origin?.rawValue]
        }
        if task.destination != old.destination || task.position != old.position {
            columns += ", queue = ?, lane = ?, wanted_pair_id = ?, position = ?"
            arguments += [task.queueName, task.lane?.number, task.wantedPair?.rawValue, task.position]
        }
        if task.state.status.isFinal || old.state.status.isFinal {
            columns += ", failure_kind = ?, failure_message = CAST(? AS TEXT), finished_at = ?"
            arguments += [
                task.state.failure?.kind.rawValue, AnyText(task.state.failure?.message), task.finishedAt?.milliseconds,
            ]
        }
        arguments += [
            old.id.rawValue, old.attempt.value, old.state.status.rawValue, old.queueName, old.lane?.number,
            old.wantedPair?.rawValue, old.position, old.state.holder?.batch?.number,
            old.state.holder?.device?.rawValue, old.state.holding?.phase.rawValue,
        ]
        let changed = try connection.write(
            """
            UPDATE tasks SET \(columns)
            WHERE id = ? AND attempt = ? AND status = ? AND queue = ? AND lane IS ? AND wanted_pair_id IS ?
                AND position = ? AND batch IS ? AND holder_pair_id IS ? AND phase IS ?
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
        let (ideaID, origin) = (IdeaID(unchecked: try fields.text()), try fields.optionalPair())
        let (requirementID, title) = (RequirementID(unchecked: try fields.text()), try fields.text())
        let destination = try Destination(&fields)
        let (priority, position) = (try fields.integer(), try fields.number())
        let (attempt, interruptions) = (AttemptNumber(value: try fields.integer()), try fields.integer())
        let state = try State(&fields)
        self.init(
            id: id, projectID: projectID, ideaID: ideaID, requirementID: requirementID, title: title,
            origin: origin, destination: destination, priority: priority, position: position, attempt: attempt,
            interruptions: interruptions, state: state,
            createdAt: try fields.time(), updatedAt: try fields.time())
    }

    fileprivate var queueName: String { isOffloaded ? "devices" : "lanes" }

    fileprivate var wantedPair: PairID? {
        if case .device(let pair) = destination { pair } else { nil }
    }

    fileprivate var finishedAt: Timestamp? { state.status.isFinal ? updatedAt : nil }
}

extension OffloadTask.State {
    fileprivate var failure: Failure? {
        if case .failed(let failure) = self { failure } else { nil }
    }

    fileprivate init(_ fields: inout Fields) throws {
        let status = try fields.name(OffloadTask.Status.self)
        let (batch, pair) = (try fields.optionalBatch(), try fields.optionalPair())
        let holder = batch.map(OffloadTask.Holder.batch) ?? pair.map(OffloadTask.Holder.device)
        let phase = try fields.optionalName(OffloadTask.Holding.Phase.self)
        let failure = try Failure(&fields)
        switch (status, holder, phase, failure) {
        case (.pending, nil, nil, nil): self = .pending
        case (.pending, .device(let pair)?, nil, nil): self = .claimed(pair)
        case (.synced, let holder?, let phase?, nil): self = .synced(OffloadTask.Holding(holder, phase: phase))
        case (.running, let holder?, let phase?, nil): self = .running(OffloadTask.Holding(holder, phase: phase))
        case (.completed, nil, nil, nil): self = .completed
        case (.failed, nil, nil, let failure?): self = .failed(failure)
        case (.cancelled, nil, nil, nil): self = .cancelled
        default: throw fields.damaged("a task that is \(status.rawValue) with the marks of another state")
        }
    }
}

extension OffloadTask.Destination {
    /// Queue, lane and wanted pair.
    fileprivate init(_ fields: inout Fields) throws {
        let (queue, lane, pair) = (try fields.text(), try fields.optionalBatch(), try fields.optionalPair())
        switch (queue, lane, pair) {
        case ("lanes", let lane, nil): self = .lane(lane)
        case ("devices", nil, let pair): self = .device(pair)
        default: throw fields.damaged("a task that is for \"\(queue)\" with the marks of another queue")
        }
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
