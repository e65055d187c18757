import OffloadDomain

/// Reading on one connection. What can be asked stands in `Records/`, once for readers and for transactions.
protocol SQLiteReading: LedgerReader {
    var connection: Connection { get }
}

struct SQLiteReader: SQLiteReading {
    let connection: Connection
}

/// One caller's change. A class, because what it recorded is asked for after the body has returned.
final class SQLiteTransaction: SQLiteReading, LedgerTransaction {
    let connection: Connection
    /// What this change recorded, in order.
    var events: [RecordedEvent] = []

    init(connection: Connection) {
        self.connection = connection
    }
}
