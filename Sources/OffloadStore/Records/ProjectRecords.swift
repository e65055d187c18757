import GRDB
import OffloadDomain

private enum ProjectSQL {
    static let columns = "id, name, path, version_control, created_at"
}

extension SQLiteReading {
    package func project(_ id: ProjectID) throws -> Project? {
        try connection.first("SELECT \(ProjectSQL.columns) FROM projects WHERE id = ?", [id.rawValue], Project.init)
    }

    package func project(path: String) throws -> Project? {
        try connection.first(
            "SELECT \(ProjectSQL.columns) FROM projects WHERE path = CAST(? AS TEXT)", [AnyText(path)], Project.init)
    }

    package func projects() throws -> [Project] {
        try connection.all("SELECT \(ProjectSQL.columns) FROM projects ORDER BY sequence", [], Project.init)
    }
}

extension SQLiteTransaction {
    package func insert(_ project: Project) throws {
        try connection.write(
            """
            INSERT INTO projects (\(ProjectSQL.columns)) VALUES (?, CAST(? AS TEXT), CAST(? AS TEXT), ?, ?)
            """,
            [
                project.id.rawValue, AnyText(project.name), AnyText(project.path), project.versionControl.rawValue,
                project.createdAt.milliseconds,
            ])
    }

    package func update(_ project: Project) throws {
        let changed = try connection.write(
            """
            UPDATE projects SET name = CAST(? AS TEXT), path = CAST(? AS TEXT), version_control = ? WHERE id = ?
            """,
            [AnyText(project.name), AnyText(project.path), project.versionControl.rawValue, project.id.rawValue])
        guard changed == 1 else { throw OffloadError.missing(project.id) }
    }

    package func removeProject(_ id: ProjectID) throws {
        let removed = try connection.write("DELETE FROM projects WHERE id = ?", [id.rawValue])
        guard removed == 1 else { throw OffloadError.missing(id) }
    }
}

extension Project {
    fileprivate init(_ fields: inout Fields) throws {
        self.init(
            id: ProjectID(unchecked: try fields.text()), name: try fields.text(), path: try fields.text(),
            versionControl: try fields.name(VersionControl.self), createdAt: try fields.time())
    }
}
