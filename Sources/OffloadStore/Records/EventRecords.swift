import GRDB
import OffloadDomain
import OffloadWire

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// The next position is one more than that of the newest event, which is never removed. So positions have no gaps (a
/// change that is rolled back gives its own back), and none is used twice.
extension SQLiteReading {
    package func events(after position: Int64, limit: Int) throws -> [RecordedEvent] {
        try connection.all(
            "SELECT position, name, project_id, payload FROM events WHERE position > ? ORDER BY position LIMIT ?",
            [position, max(0, limit)], RecordedEvent.init)
    }

    package func newestEventPosition() throws -> Int64 {
        try connection.number("SELECT coalesce(max(position), 0) FROM events")
    }

    package func oldestEventPosition() throws -> Int64 {
        try connection.first("SELECT position FROM events ORDER BY position LIMIT 1") { try $0.number() }
            ?? 1
    }
}

extension SQLiteTransaction {
    package func record(_ event: BridgeEvent, at time: Timestamp) throws -> Int64 {
        let payload = try EventEncoding.encode(event, at: time)
        try connection.write(
            "INSERT INTO events (name, project_id, recorded_at, payload) VALUES (?, ?, ?, ?)",
            [event.name, event.projectID?.rawValue, time.milliseconds, Data(payload)])
        let position = connection.database.lastInsertedRowID
        events.append(
            RecordedEvent(position: position, name: event.name, projectID: event.projectID, payload: payload))
        return position
    }

    package func pruneEvents(keeping limit: Int) throws -> Int {
        let firstKept = try newestEventPosition() + 1 - Int64(max(1, limit))
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
