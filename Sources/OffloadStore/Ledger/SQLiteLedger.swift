import GRDB
package import OffloadDomain
import Synchronization

/// The ledger in an SQLite file, `offload.sqlite`, that this process has for itself.
///
/// Bodies of changes run on one connection, one after another; reads run beside them on a few others, each on a
/// snapshot.
package final class SQLiteLedger: Ledger {
    private let pool: DatabasePool
    private let file: StoreFile
    private let group: GroupCommit
    private let signal = CommitSignal()
    private let isClosed = Mutex(false)

    /// Opens the ledger of a data folder that the caller has locked, and makes it when there is none.
    ///
    /// An older file is brought up to date after a copy of it was made; after an unclean end the file is checked
    /// first.
    /// - Throws: `OffloadError` of kind `unprocessable` when the file is damaged or was written by a newer version (it
    ///   is left as it is), of kind `device` when it cannot be opened or made.
    package static func open(folder: String, crashPoint: any CrashPoint = NoCrashPoint()) throws -> SQLiteLedger {
        try open(folder: folder, crashPoint: crashPoint, schema: .current)
    }

    static func open(folder: String, crashPoint: any CrashPoint, schema: Schema) throws -> SQLiteLedger {
        let file = StoreFile(folder: folder)
        do {
            if try !file.makeIfMissing() { try StoreInspection(file: file, schema: schema).inspect() }
            try file.markRunning()
            let pool = try DatabasePool(path: file.path, configuration: StoreConfiguration.make())
            try pool.writeWithoutTransaction(StoreConfiguration.makeDurable)
            try schema.bringUpToDate(pool, file: file)
            return SQLiteLedger(pool: pool, file: file, crashPoint: crashPoint)
        } catch {
            throw StoreFailure.translate(error)
        }
    }

    private init(pool: DatabasePool, file: StoreFile, crashPoint: any CrashPoint) {
        self.pool = pool
        self.file = file
        group = GroupCommit(pool: pool, crashPoint: crashPoint) { [signal] events in signal.send(events) }
    }

    package func change<Value: Sendable>(
        _ body: @escaping @Sendable (inout any LedgerTransaction) throws -> Value
    ) async throws -> Value {
        try await withCheckedThrowingContinuation { continuation in
            group.add(PendingChange(body, continuation: continuation))
        }
    }

    package func read<Value: Sendable>(
        _ body: @escaping @Sendable (any LedgerReader) throws -> Value
    ) async throws -> Value {
        try await withCheckedThrowingContinuation { continuation in
            let accepted = isClosed.withLock { isClosed in
                guard !isClosed else { return false }
                pool.asyncRead { access in
                    let result = access.mapError(StoreFailure.translate).flatMap { database in
                        Result { try body(SQLiteReader(connection: Connection(database: database))) }
                    }
                    continuation.resume(with: result)
                }
                return true
            }
            if !accepted { continuation.resume(throwing: StoreFailure.closed) }
        }
    }

    package func commits() -> AsyncStream<[RecordedEvent]> { signal.listen() }

    /// Ends the ledger in order: what waits is still written, listeners are told the end, and the next start need not
    /// check the file. Blocks until then. Closing again does nothing; later changes and reads are refused.
    package func close() throws {
        let wasClosed = isClosed.withLock { isClosed in
            defer { isClosed = true }
            return isClosed
        }
        guard !wasClosed else { return }
        group.refuse(with: StoreFailure.closed)
        signal.finish()
        do {
            // Leaves one file instead of three. A read that is still under way may prevent it, which harms nothing: the
            // next start finds the rest in the write-ahead log.
            pool.writeWithoutTransaction { database in _ = try? database.checkpoint(.truncate) }
            try pool.close()
        } catch {
            throw StoreFailure.translate(error)
        }
        file.unmarkRunning()
    }

    /// How many changes wait for the next commit.
    var waitingChanges: Int { group.waitingChanges }

    /// The connection that writes, for tests that look below the ports.
    func withWriter<Value>(_ body: (Database) throws -> Value) throws -> Value {
        try pool.writeWithoutTransaction(body)
    }
}
