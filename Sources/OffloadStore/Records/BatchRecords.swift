import GRDB
import OffloadDomain

extension SQLiteReading {
    package func batch(_ id: BatchID) throws -> Batch {
        try connection.first("SELECT id, state, finished FROM batches WHERE id = ?", [id.number], Batch.init)
            ?? Batch(id: id)
    }

    package func batches(count: Int) throws -> [Batch] {
        try (0..<max(0, count)).compactMap { BatchID(number: $0 + 1) }.map(batch)
    }

    package func note(_ key: DeviceNote) throws -> String? {
        try connection.first("SELECT value FROM device_notes WHERE key = ?", [key.rawValue]) { try $0.text() }
    }
}

extension SQLiteTransaction {
    package func save(_ batch: Batch) throws {
        try connection.write(
            """
            INSERT INTO batches (id, state, finished) VALUES (?, ?, ?)
            ON CONFLICT (id) DO UPDATE SET state = excluded.state, finished = excluded.finished
            """, [batch.id.number, batch.state.rawValue, batch.finished])
    }

    package func setNote(_ key: DeviceNote, to value: String) throws {
        try connection.write(
            """
            INSERT INTO device_notes (key, value) VALUES (?, CAST(? AS TEXT))
            ON CONFLICT (key) DO UPDATE SET value = excluded.value
            """, [key.rawValue, AnyText(value)])
    }
}

extension Batch {
    fileprivate init(_ fields: inout Fields) throws {
        self.init(id: try fields.batch(), state: try fields.name(State.self), finished: try fields.integer())
    }
}
