import GRDB
import OffloadDomain
import OffloadWire

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// Positions are given out by SQLite's AUTOINCREMENT: they grow by one, without gaps (a change that is rolled back
/// gives its positions back), and are never used twice, also not after pruning or for a project that is gone.
extension SQLiteReading {
    package func events(after position: Int64, projectID: ProjectID?, limit: Int) throws -> [RecordedEvent] {
        guard let projectID else {
            return try connection.all(
                """
                SELECT position, name, project_id, payload FROM events WHERE position > ? ORDER BY position LIMIT ?
                """, [position, max(0, limit)], RecordedEvent.init)
        }
        // Two ordered walks that SQLite merges: an `OR` would read the events of all other projects in between.
        return try connection.all(
            """
            SELECT position, name, project_id, payload FROM events WHERE project_id = ? AND position > ?
            UNION ALL
            SELECT position, name, project_id, payload FROM events WHERE project_id IS NULL AND position > ?
            ORDER BY position LIMIT ?
            """, [projectID.rawValue, position, position, max(0, limit)], RecordedEvent.init)
    }

    package func newestEventPosition() throws -> Int64 {
        try connection.number("SELECT seq FROM sqlite_sequence WHERE name = 'events'")
    }

    package func oldestEventPosition() throws -> Int64 {
        try connection.first("SELECT position FROM events ORDER BY position LIMIT 1") { try $0.number() }
            ?? newestEventPosition() + 1
    }
}

extension SQLiteTransaction {
    package func record(_ event: BridgeEvent, at time: Timestamp) throws -> Int64 {
        try connection.write(
            "INSERT INTO events (name, project_id, recorded_at, payload) VALUES (?, ?, ?, ?)",
            [
                event.name, event.projectID?.rawValue, time.milliseconds,
                Data(try EventEncoding.encode(event, at: time)),
            ])
        let position = connection.database.lastInsertedRowID
        newestEvent = position
        return position
    }

    /// Only the oldest events go, never some from the middle, so that whoever has read up to `oldestEventPosition`
    /// missed nothing, however often the wall clock jumped. An event of the future (by a clock that was wrong) keeps
    /// those behind it until the limit takes them.
    package func pruneEvents(before time: Timestamp, keeping limit: Int) throws -> Int {
        let behindNewest = try newestEventPosition() + 1
        let firstInTime =
            try connection.first(
                "SELECT position FROM events WHERE recorded_at >= ? ORDER BY position LIMIT 1", [time.milliseconds]
            ) { try $0.number() } ?? behindNewest
        let firstKept = max(firstInTime, behindNewest - Int64(max(0, limit)))
        return try connection.write("DELETE FROM events WHERE position < ?", [firstKept])
    }
}

extension RecordedEvent {
    fileprivate init(_ fields: inout Fields) throws {
        self.init(
            position: try fields.number(), name: try fields.text(),
            projectID: try fields.optionalText().map(ProjectID.init(unchecked:)), payload: try fields.bytes())
    }
}
