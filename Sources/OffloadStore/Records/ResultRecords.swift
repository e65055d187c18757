import GRDB
import OffloadDomain

private enum ResultSQL {
    static let columns = """
        task_id, attempt, project_id, idea_id, title, pair_id, created_at, state, updated_at, kind, result_commit, base, \
        branch, files, insertions, deletions, sensitive_paths, notes, mode, target, before_commit, after_commit
        """

    /// The condition and its values.
    static func matching(_ filter: ResultFilter) -> (String, StatementArguments) {
        switch (filter.projectID, filter.state) {
        case (let project?, let state?): ("project_id = ? AND state = ?", [project.rawValue, state.rawValue])
        case (let project?, nil): ("project_id = ?", [project.rawValue])
        case (nil, let state?): ("state = ?", [state.rawValue])
        case (nil, nil): ("TRUE", [])
        }
    }
}

extension SQLiteReading {
    package func result(_ key: AttemptKey) throws -> TaskResult? {
        try connection.first(
            "SELECT \(ResultSQL.columns) FROM results WHERE task_id = ? AND attempt = ?",
            [key.task.rawValue, key.number.value], TaskResult.init)
    }

    package func result(of task: TaskID) throws -> TaskResult? {
        try connection.first(
            "SELECT \(ResultSQL.columns) FROM results WHERE task_id = ? ORDER BY attempt DESC LIMIT 1",
            [task.rawValue], TaskResult.init)
    }

    package func results(_ filter: ResultFilter, page: Page) throws -> [TaskResult] {
        let (condition, values) = ResultSQL.matching(filter)
        return try connection.all(
            "SELECT \(ResultSQL.columns) FROM results WHERE \(condition) ORDER BY sequence DESC LIMIT ? OFFSET ?",
            values + [page.limit, page.offset], TaskResult.init)
    }

    package func resultCount(_ filter: ResultFilter) throws -> Int {
        let (condition, values) = ResultSQL.matching(filter)
        return try connection.first("SELECT count(*) FROM results WHERE \(condition)", values) {
            try $0.integer()
        } ?? 0
    }

    package func mergeable(in project: ProjectID, limit: Int) throws -> [TaskResult] {
        try connection.all(
            """
            SELECT \(ResultSQL.columns) FROM results INDEXED BY results_mergeable
            WHERE project_id = ? AND state IN ('ready', 'conflict') ORDER BY sequence LIMIT ?
            """, [project.rawValue, max(0, limit)], TaskResult.init)
    }

    package func unsettledResults() throws -> [TaskResult] {
        try connection.all(
            """
            SELECT \(ResultSQL.columns) FROM results INDEXED BY results_unsettled
            WHERE state IN ('merging', 'unmerging') ORDER BY sequence
            """, [], TaskResult.init)
    }
}

extension SQLiteTransaction {
    package func insert(_ result: TaskResult) throws {
        try connection.write(
            """
            INSERT INTO results (\(ResultSQL.columns))
            VALUES (?, ?, ?, ?, CAST(? AS TEXT), ?, ?, ?, ?, ?, ?, ?, CAST(? AS TEXT), ?, ?, ?, ?, ?, ?, CAST(? AS TEXT),
                    ?, ?)
            """,
            [
                result.key.task.rawValue, result.key.number.value, result.projectID.rawValue, result.ideaID.rawValue,
                AnyText(result.title), result.pairID?.rawValue, result.createdAt.milliseconds,
            ] + (try result.changing()))
    }

    package func update(_ result: TaskResult) throws {
        let changed = try connection.write(
            """
            UPDATE results
            SET state = ?, updated_at = ?, kind = ?, result_commit = ?, base = ?, branch = CAST(? AS TEXT), files = ?,
                insertions = ?, deletions = ?, sensitive_paths = ?, notes = ?, mode = ?, target = CAST(? AS TEXT),
                before_commit = ?, after_commit = ?
            WHERE task_id = ? AND attempt = ?
            """, try result.changing() + [result.key.task.rawValue, result.key.number.value])
        guard changed == 1 else { throw OffloadError(.notFound, "task \(result.key.task) has no result") }
    }
}

extension TaskResult {
    fileprivate func changing() throws -> StatementArguments {
        let (kind, commit, base): (String?, CommitHash?, CommitHash?) =
            switch storage {
            case .commit(let commit, let base): ("commit", commit, base)
            case .changeSet: ("change_set", nil, nil)
            case nil: (nil, nil, nil)
            }
        return [
            state.rawValue, updatedAt.milliseconds, kind, commit?.hex, base?.hex, AnyText(branch), extent.files,
            extent.insertions, extent.deletions, try TextList.encode(sensitivePaths), try TextList.encode(notes),
            integration?.mode.rawValue, AnyText(integration?.target), integration?.move?.before.hex,
            integration?.move?.after.hex,
        ]
    }

    fileprivate init(_ fields: inout Fields) throws {
        let key = try fields.attemptKey()
        let (project, idea) = (ProjectID(unchecked: try fields.text()), IdeaID(unchecked: try fields.text()))
        let (title, pair, createdAt) = (try fields.text(), try fields.optionalPair(), try fields.time())
        let (state, updatedAt) = (try fields.name(State.self), try fields.time())
        let storage = try Storage(&fields)
        let branch = try fields.optionalText()
        let extent = Extent(
            files: try fields.integer(), insertions: try fields.integer(), deletions: try fields.integer())
        let (sensitive, notes) = (try fields.texts(), try fields.texts())
        self.init(
            key: key, projectID: project, ideaID: idea, title: title, pairID: pair, state: state, storage: storage,
            branch: branch, extent: extent, sensitivePaths: sensitive, notes: notes,
            integration: try Integration(&fields), createdAt: createdAt, updatedAt: updatedAt)
    }
}

extension TaskResult.Storage {
    fileprivate init?(_ fields: inout Fields) throws {
        let (kind, commit, base) = (try fields.optionalText(), try fields.optionalCommit(), try fields.optionalCommit())
        switch (kind, commit, base) {
        case ("commit", let commit?, let base?): self = .commit(commit, base: base)
        case ("change_set", nil, nil): self = .changeSet
        case (nil, nil, nil): return nil
        default: throw fields.damaged("a result with the marks of another kind")
        }
    }
}

extension Integration {
    fileprivate init?(_ fields: inout Fields) throws {
        let (name, target) = (try fields.optionalText(), try fields.optionalText())
        let (before, after) = (try fields.optionalCommit(), try fields.optionalCommit())
        guard let name else { return nil }
        guard let mode = Mode(rawValue: name), let target else { throw fields.damaged("half of a merge") }
        switch (before, after) {
        case (let before?, let after?):
            self.init(mode: mode, target: target, move: Move(before: before, after: after))
        case (nil, nil): self.init(mode: mode, target: target, move: nil)
        default: throw fields.damaged("half of a merge")
        }
    }
}
