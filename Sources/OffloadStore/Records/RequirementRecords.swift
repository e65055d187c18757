import GRDB
import OffloadDomain

extension SQLiteReading {
    package func requirement(_ id: RequirementID) throws -> Requirement? {
        try connection.first(
            """
            SELECT id, coalesce(idea_id, source_idea_id), file_name, content, base, created_at FROM requirements
            WHERE id = ?
            """, [id.rawValue], Requirement.init)
    }

    package func requirementExists(fileName: String, in project: ProjectID) throws -> Bool {
        try connection.exists(
            "SELECT 1 FROM requirements WHERE project_id = ? AND file_name = CAST(? AS TEXT)",
            [project.rawValue, AnyText(fileName)])
    }
}

extension SQLiteTransaction {
    package func insert(_ requirement: Requirement, of project: ProjectID, from origin: PairID?) throws {
        let idea = requirement.ideaID.rawValue
        try connection.write(
            """
            INSERT INTO requirements (
                id, idea_id, source_idea_id, origin_pair_id, project_id, file_name, content, base, created_at)
            VALUES (?, ?, ?, ?, ?, CAST(? AS TEXT), CAST(? AS TEXT), ?, ?)
            """,
            [
                requirement.id.rawValue, origin == nil ? idea : nil, origin == nil ? nil : idea, origin?.rawValue,
                project.rawValue, AnyText(requirement.fileName),
                AnyText(requirement.content), requirement.base?.hex, requirement.createdAt.milliseconds,
            ])
    }
}

extension Requirement {
    fileprivate init(_ fields: inout Fields) throws {
        self.init(
            id: RequirementID(unchecked: try fields.text()), ideaID: IdeaID(unchecked: try fields.text()),
            fileName: try fields.text(), content: try fields.text(), base: try fields.optionalCommit(),
            createdAt: try fields.time())
    }
}
