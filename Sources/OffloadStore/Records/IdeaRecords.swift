import GRDB
import OffloadDomain

private enum IdeaSQL {
    static let columns = """
        id, project_id, status, priority, created_at, updated_at, title, check_command, expected_paths, description
        """

    /// The text is looked for with `instr`, not `LIKE`: it has no wildcards to escape and looks behind a NUL. `lower`
    /// folds ASCII only.
    static func condition(_ filter: IdeaFilter) -> (sql: String, arguments: StatementArguments) {
        var terms: [String] = []
        var arguments: StatementArguments = []
        if let project = filter.projectID {
            terms.append("project_id = ?")
            arguments += [project.rawValue]
        }
        if let status = filter.status {
            terms.append("status = ?")
            arguments += [status.rawValue]
        }
        if let text = filter.text {
            terms.append("instr(lower(title), lower(CAST(? AS TEXT))) > 0")
            arguments += [AnyText(text)]
        }
        return (terms.isEmpty ? "" : "WHERE " + terms.joined(separator: " AND "), arguments)
    }
}

extension SQLiteReading {
    package func idea(_ id: IdeaID) throws -> Idea? {
        try connection.first("SELECT \(IdeaSQL.columns) FROM ideas WHERE id = ?", [id.rawValue], Idea.init)
    }

    package func ideas(_ filter: IdeaFilter, page: Page) throws -> [Idea] {
        let condition = IdeaSQL.condition(filter)
        return try connection.all(
            "SELECT \(IdeaSQL.columns) FROM ideas \(condition.sql) ORDER BY sequence DESC LIMIT ? OFFSET ?",
            condition.arguments + [page.limit, page.offset], Idea.init)
    }

    package func ideaCount(_ filter: IdeaFilter) throws -> Int {
        let condition = IdeaSQL.condition(filter)
        return Int(try connection.number("SELECT count(*) FROM ideas \(condition.sql)", condition.arguments))
    }
}

extension SQLiteTransaction {
    package func insert(_ idea: Idea) throws {
        try connection.write(
            """
            INSERT INTO ideas (\(IdeaSQL.columns))
            VALUES (?, ?, ?, ?, ?, ?, CAST(? AS TEXT), CAST(? AS TEXT), ?, CAST(? AS TEXT))
            """,
            [
                idea.id.rawValue, idea.projectID.rawValue, idea.status.rawValue, idea.priority,
                idea.createdAt.milliseconds, idea.updatedAt.milliseconds, AnyText(idea.title), AnyText(idea.check),
                try TextList.encode(idea.expectedPaths), AnyText(idea.description),
            ])
    }

    package func update(_ idea: Idea) throws {
        let changed = try connection.write(
            """
            UPDATE ideas
            SET status = ?, priority = ?, updated_at = ?, title = CAST(? AS TEXT), check_command = CAST(? AS TEXT),
                expected_paths = ?, description = CAST(? AS TEXT)
            WHERE id = ?
            """,
            [
                idea.status.rawValue, idea.priority, idea.updatedAt.milliseconds, AnyText(idea.title),
                AnyText(idea.check), try TextList.encode(idea.expectedPaths), AnyText(idea.description),
                idea.id.rawValue,
            ])
        guard changed == 1 else { throw OffloadError.missing(idea.id) }
    }

    package func removeIdea(_ id: IdeaID) throws {
        let removed = try connection.write("DELETE FROM ideas WHERE id = ?", [id.rawValue])
        guard removed == 1 else { throw OffloadError.missing(id) }
    }
}

extension Idea {
    fileprivate init(_ fields: inout Fields) throws {
        let (id, projectID) = (IdeaID(unchecked: try fields.text()), ProjectID(unchecked: try fields.text()))
        let (status, priority) = (try fields.name(Status.self), try fields.integer())
        let (createdAt, updatedAt) = (try fields.time(), try fields.time())
        let (title, check, expectedPaths) = (try fields.text(), try fields.optionalText(), try fields.texts())
        self.init(
            id: id, projectID: projectID, title: title, description: try fields.text(), status: status,
            priority: priority, check: check, expectedPaths: expectedPaths, createdAt: createdAt, updatedAt: updatedAt)
    }
}
