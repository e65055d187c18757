import GRDB
import OffloadDomain
import OffloadWire

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

private enum InboxSQL {
    static let columns = "task_id, attempt, pair_id, idea_id, last_report, state, owes_result, received_at"
}

extension SQLiteReading {
    package func inboxEntry(_ key: AttemptKey) throws -> InboxEntry? {
        try connection.first(
            "SELECT \(InboxSQL.columns) FROM inbox WHERE task_id = ? AND attempt = ?",
            [key.task.rawValue, key.number.value], InboxEntry.init)
    }

    package func undelivered(through pair: PairID) throws -> [InboxEntry] {
        try connection.all(
            """
            SELECT \(InboxSQL.columns) FROM inbox INDEXED BY inbox_undelivered
            WHERE pair_id = ? AND state <> 'delivered' ORDER BY number
            """, [pair.rawValue], InboxEntry.init)
    }

    package func owed(through pair: PairID, limit: Int) throws -> [InboxEntry] {
        try connection.all(
            """
            SELECT \(InboxSQL.columns) FROM inbox INDEXED BY inbox_owing
            WHERE pair_id = ? AND owes_result = 1 ORDER BY number LIMIT ?
            """, [pair.rawValue, max(0, limit)], InboxEntry.init)
    }

    package func outbox(through pair: PairID, limit: Int) throws -> [OutboxMessage] {
        try connection.all(
            """
            SELECT position, task_id, attempt, report, payload FROM outbox INDEXED BY outbox_of_pair
            WHERE pair_id = ? ORDER BY position LIMIT ?
            """, [pair.rawValue, max(0, limit)], OutboxMessage.init)
    }
}

extension SQLiteTransaction {
    package func insert(_ entry: InboxEntry) throws {
        try connection.write(
            "INSERT INTO inbox (\(InboxSQL.columns)) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            [
                entry.key.task.rawValue, entry.key.number.value, entry.pairID.rawValue, entry.ideaID.rawValue,
                entry.sequence, entry.state.rawValue, entry.owesResult, entry.receivedAt.milliseconds,
            ])
    }

    package func update(_ entry: InboxEntry) throws {
        let changed = try connection.write(
            "UPDATE inbox SET last_report = ?, state = ?, owes_result = ? WHERE task_id = ? AND attempt = ?",
            [entry.sequence, entry.state.rawValue, entry.owesResult, entry.key.task.rawValue, entry.key.number.value])
        guard changed == 1 else { throw Self.missing(entry.key) }
    }

    package func send(_ report: StatusReport, through pair: PairID) throws {
        guard try inboxEntry(report.key)?.pairID == pair else { throw Self.missing(report.key) }
        try connection.write(
            "INSERT INTO outbox (pair_id, task_id, attempt, report, payload) VALUES (?, ?, ?, ?, ?)",
            [
                pair.rawValue, report.key.task.rawValue, report.key.number.value, report.sequence,
                Data(try ReportEncoding.encode(report)),
            ])
    }

    /// A position may be given out again, so a message is named by all that makes it this one.
    package func removeFromOutbox(_ messages: [OutboxMessage]) throws {
        for message in messages {
            try connection.write(
                "DELETE FROM outbox WHERE position = ? AND task_id = ? AND attempt = ? AND report = ?",
                [message.position, message.key.task.rawValue, message.key.number.value, message.sequence])
        }
    }

    package func removeOutbox(of key: AttemptKey) throws {
        try connection.write(
            "DELETE FROM outbox WHERE task_id = ? AND attempt = ?", [key.task.rawValue, key.number.value])
    }

    private static func missing(_ key: AttemptKey) -> OffloadError {
        OffloadError(.notFound, "there is no attempt \(key)")
    }
}

extension InboxEntry {
    fileprivate init(_ fields: inout Fields) throws {
        let key = try fields.attemptKey()
        let (pair, idea) = (PairID(unchecked: try fields.text()), IdeaID(unchecked: try fields.text()))
        let (sequence, state) = (try fields.number(), try fields.name(State.self))
        let owesResult = try fields.number() != 0
        self.init(
            key: key, pairID: pair, ideaID: idea, sequence: sequence, state: state, owesResult: owesResult,
            receivedAt: try fields.time())
    }
}

extension OutboxMessage {
    fileprivate init(_ fields: inout Fields) throws {
        let (position, key) = (try fields.number(), try fields.attemptKey())
        self.init(position: position, key: key, sequence: try fields.number(), payload: try fields.bytes())
    }
}
