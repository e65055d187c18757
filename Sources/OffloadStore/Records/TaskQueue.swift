import GRDB
import OffloadDomain

/// Which waiting task goes next.
///
/// Neither query walks the backlog: for each project that has waiting tasks they look at two places of an index, the
/// head of those that wait for the lane and the head of those that wait for any. So a project that may start nothing
/// more costs the same with one waiting task as with a hundred thousand. The indexes are named in the queries, because
/// a plan that does without them would be correct and slow.
extension SQLiteReading {
    package func nextPending(for lane: BatchID, excluding projects: [ProjectID]) throws -> OffloadTask? {
        var best: QueueHead?
        var project = try pendingProject(after: "")
        while let current = project {
            if !projects.contains(where: { $0.rawValue == current }) {
                for lane in [lane, nil] {
                    guard let head = try queueHead(of: current, lane: lane) else { continue }
                    if best.map({ head.goes(before: $0) }) ?? true { best = head }
                }
            }
            project = try pendingProject(after: current)
        }
        guard let best else { return nil }
        return try connection.first(
            "SELECT \(TaskSQL.columns) FROM tasks WHERE sequence = ?", [best.sequence], OffloadTask.init)
    }

    package func pending(assignedTo lane: BatchID, page: Page) throws -> [OffloadTask] {
        try connection.all(
            """
            SELECT \(TaskSQL.columns) FROM tasks INDEXED BY tasks_pending_of_lane WHERE status = 'pending' AND lane = ?
            ORDER BY priority DESC, position, sequence LIMIT ? OFFSET ?
            """, [lane.number, page.limit, page.offset], OffloadTask.init)
    }

    package func waitingCount(upTo limit: Int) throws -> Int {
        Int(
            try connection.number(
                """
                SELECT count(*) FROM (
                    SELECT 1 FROM tasks INDEXED BY tasks_pending_of_project
                    WHERE status = 'pending' AND queue = 'lanes' AND lane IS NULL LIMIT ?)
                """, [max(0, limit)]))
    }

    /// Two walks, each in order of the index; SQLite merges them and stops at the limit.
    package func claimable(by pair: PairID, in project: ProjectID, limit: Int) throws -> [OffloadTask] {
        let walk = """
            SELECT \(TaskSQL.columns), sequence FROM tasks INDEXED BY tasks_claimable
            WHERE status = 'pending' AND queue = 'devices' AND holder_pair_id IS NULL AND project_id = ?
                AND wanted_pair_id
            """
        return try connection.all(
            """
            \(walk) = ? UNION ALL \(walk) IS NULL ORDER BY priority DESC, position, sequence LIMIT ?
            """, [project.rawValue, pair.rawValue, project.rawValue, max(0, limit)], OffloadTask.init)
    }

    package func waiting(for pair: PairID, limit: Int) throws -> [OffloadTask] {
        try connection.all(
            """
            SELECT \(TaskSQL.columns) FROM tasks INDEXED BY tasks_wanted
            WHERE status = 'pending' AND wanted_pair_id = ? AND holder_pair_id IS NULL
            ORDER BY priority DESC, position, sequence LIMIT ?
            """, [pair.rawValue, max(0, limit)], OffloadTask.init)
    }

    /// The next project, in order of ids, that has waiting tasks.
    private func pendingProject(after project: String) throws -> String? {
        try connection.first(
            """
            SELECT project_id FROM tasks INDEXED BY tasks_pending_of_project
            WHERE status = 'pending' AND queue = 'lanes' AND project_id > ? ORDER BY project_id LIMIT 1
            """, [project]
        ) { try $0.text() }
    }

    private func queueHead(of project: String, lane: BatchID?) throws -> QueueHead? {
        try connection.first(
            """
            SELECT priority, position, sequence FROM tasks INDEXED BY tasks_pending_of_project
            WHERE status = 'pending' AND queue = 'lanes' AND project_id = ? AND lane IS ?
            ORDER BY priority DESC, position, sequence LIMIT 1
            """, [project, lane?.number], QueueHead.init)
    }
}

private struct QueueHead {
    let priority: Int64
    let position: Int64
    let sequence: Int64

    init(_ fields: inout Fields) throws {
        (priority, position, sequence) = (try fields.number(), try fields.number(), try fields.number())
    }

    func goes(before other: QueueHead) -> Bool {
        (-priority, position, sequence) < (-other.priority, other.position, other.sequence)
    }
}
