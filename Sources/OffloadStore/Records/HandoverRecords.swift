import GRDB
import OffloadDomain
import OffloadWire

private enum HandoverSQL {
    static let columns = """
        id, device_pair_id, task_id, idea_id, requirement_content, attempt, status, cursor, synced_at, completed_at, \
        result_summary
        """
}

extension SQLiteReading {
    package func handover(_ key: AttemptKey) throws -> Handover? {
        try connection.first(
            "SELECT \(HandoverSQL.columns) FROM offload_queue WHERE task_id = ? AND attempt = ?",
            [key.task.rawValue, key.number.value], Handover.init)
    }

    package func waitingHandover(of task: TaskID) throws -> Handover? {
        try connection.first(
            """
            SELECT \(HandoverSQL.columns) FROM offload_queue INDEXED BY offload_queue_waiting
            WHERE task_id = ? AND attempt IS NULL AND status = 'pending'
            """, [task.rawValue], Handover.init)
    }
}

extension SQLiteTransaction {
    package func insert(_ handover: Handover) throws {
        try connection.write(
            """
            INSERT INTO offload_queue (\(HandoverSQL.columns))
            VALUES (?, ?, ?, ?, CAST(? AS TEXT), ?, ?, ?, ?, ?, CAST(? AS TEXT))
            """,
            [
                handover.id.rawValue, handover.pairID.rawValue, handover.taskID.rawValue, handover.ideaID.rawValue,
                AnyText(handover.content),
            ] + handover.changing)
    }

    package func update(_ handover: Handover) throws {
        let changed = try connection.write(
            """
            UPDATE offload_queue
            SET attempt = ?, status = ?, cursor = ?, synced_at = ?, completed_at = ?, result_summary = CAST(? AS TEXT)
            WHERE id = ?
            """, handover.changing + [handover.id.rawValue])
        guard changed == 1 else { throw OffloadError.missing(handover.id) }
    }
}

extension Handover {
    fileprivate var changing: StatementArguments {
        [
            attempt?.value, status.rawValue, cursor, syncedAt?.iso8601, completedAt?.iso8601, AnyText(summary),
        ]
    }

    fileprivate init(_ fields: inout Fields) throws {
        let (id, pair) = (HandoverID(unchecked: try fields.text()), PairID(unchecked: try fields.text()))
        let (task, idea) = (TaskID(unchecked: try fields.text()), IdeaID(unchecked: try fields.text()))
        let (content, attempt) = (try fields.text(), try fields.optionalInteger().map(AttemptNumber.init(value:)))
        let (status, cursor) = (try fields.name(Status.self), try fields.number())
        let (syncedAt, completedAt) = (try fields.optionalWrittenTime(), try fields.optionalWrittenTime())
        self.init(
            id: id, pairID: pair, taskID: task, ideaID: idea, content: content, attempt: attempt, status: status,
            cursor: cursor, syncedAt: syncedAt, completedAt: completedAt, summary: try fields.optionalText())
    }
}
