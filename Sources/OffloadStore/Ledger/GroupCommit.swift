import GRDB
import OffloadDomain
import Synchronization

/// Changes that wait at the same time share one commit, and so one wait for the disk; each is still all or nothing on
/// its own, and none is answered before the commit that holds it is durable.
///
/// The queue has no bound of its own: everyone in it is suspended until answered, so it is as long as there are
/// callers.
final class GroupCommit: Sendable {
    /// The most changes of one commit, so that the first of a crowd does not wait for the last.
    static let largestGroup = 256

    private struct State {
        var waiting: [PendingChange] = []
        var isDraining = false
        /// Why nothing is taken any more.
        var refusal: OffloadError?
    }

    private let state = Mutex(State())
    private let pool: DatabasePool
    private let crashPoint: any CrashPoint
    private let eventsCommitted: @Sendable ([RecordedEvent]) -> Void

    /// - Parameter eventsCommitted: called after each commit that recorded events, with these.
    init(
        pool: DatabasePool, crashPoint: any CrashPoint, eventsCommitted: @escaping @Sendable ([RecordedEvent]) -> Void
    ) {
        self.pool = pool
        self.crashPoint = crashPoint
        self.eventsCommitted = eventsCommitted
    }

    func add(_ change: PendingChange) {
        let refusal = state.withLock { state -> OffloadError? in
            if let refusal = state.refusal { return refusal }
            state.waiting.append(change)
            if !state.isDraining {
                state.isDraining = true
                // Under the lock, so that a drain is on the writer's queue before `refuse` returns, never after.
                pool.asyncWriteWithoutTransaction { database in self.drain(database) }
            }
            return nil
        }
        if let refusal { change.refuse(refusal) }
    }

    var waitingChanges: Int { state.withLock { $0.waiting.count } }

    /// Takes no more changes. Those that wait already are still run.
    func refuse(with reason: OffloadError) {
        state.withLock { $0.refusal = $0.refusal ?? reason }
    }

    /// Runs no more changes at all: what the disk holds is no longer known, and only a new start can find out.
    private func giveUp(because reason: OffloadError) {
        let waiting = state.withLock { state in
            state.refusal = reason
            defer { state.waiting.removeAll() }
            return state.waiting
        }
        for change in waiting { change.refuse(reason) }
    }

    private func drain(_ database: Database) {
        while let group = nextGroup() { commit(group, on: Connection(database: database)) }
    }

    private func nextGroup() -> [PendingChange]? {
        state.withLock { state in
            guard !state.waiting.isEmpty else {
                state.isDraining = false
                return nil
            }
            let group = Array(state.waiting.prefix(Self.largestGroup))
            state.waiting.removeFirst(group.count)
            return group
        }
    }

    private func commit(_ group: [PendingChange], on connection: Connection) {
        var answers: [PendingChange.Answer] = []
        do {
            try connection.database.cachedStatement(sql: "BEGIN IMMEDIATE").execute()
            var events: [RecordedEvent] = []
            for change in group {
                let transaction = SQLiteTransaction(connection: connection)
                let answer = try run(change, in: transaction, isAlone: group.count == 1)
                answers.append(answer)
                if answer.failure == nil { events += transaction.events }
            }
            crashPoint.reached(.storeBeforeCommit)
            try connection.database.cachedStatement(sql: "COMMIT").execute()
            crashPoint.reached(.storeAfterCommit)
            if !events.isEmpty { eventsCommitted(events) }
            for answer in answers { answer.give(nil) }
        } catch {
            let loss = StoreFailure.ofCommit(error)
            if StoreFailure.isFatal(error) { giveUp(because: loss) }
            // SQLite has often rolled back by itself; GRDB knows and then does nothing.
            try? connection.database.rollback()
            for answer in answers { answer.give(loss) }
            for change in group.dropFirst(answers.count) { change.refuse(loss) }
        }
    }

    /// Runs one change in a savepoint of its own; one that shares its commit with no other needs none.
    /// - Throws: when the whole transaction is lost.
    private func run(
        _ change: PendingChange, in transaction: SQLiteTransaction, isAlone: Bool
    ) throws -> PendingChange.Answer {
        let database = transaction.connection.database
        if !isAlone { try database.cachedStatement(sql: "SAVEPOINT one_change").execute() }
        var ledger: any LedgerTransaction = transaction
        let answer = change.run(&ledger)
        guard database.isInsideTransaction else { throw answer.failure ?? StoreFailure.transactionLost }
        switch (answer.failure != nil, isAlone) {
        case (true, true):
            try database.cachedStatement(sql: "ROLLBACK").execute()
            try database.cachedStatement(sql: "BEGIN IMMEDIATE").execute()
        case (true, false):
            try database.cachedStatement(sql: "ROLLBACK TO one_change").execute()
            try database.cachedStatement(sql: "RELEASE one_change").execute()
        case (false, true): break
        case (false, false): try database.cachedStatement(sql: "RELEASE one_change").execute()
        }
        return answer
    }
}

/// A caller's body and the way back to the caller.
struct PendingChange: Sendable {
    /// What a body came to, kept back until the commit is durable: also a refusal may rest on what others of the group
    /// have just written.
    struct Answer {
        let failure: (any Error)?
        /// Answers the caller; with an error, when the commit was lost.
        let give: (OffloadError?) -> Void
    }

    let run: @Sendable (inout any LedgerTransaction) -> Answer
    /// Answers a caller whose body was not run.
    let refuse: @Sendable (OffloadError) -> Void

    init<Value: Sendable>(
        _ body: @escaping @Sendable (inout any LedgerTransaction) throws -> Value,
        continuation: CheckedContinuation<Value, any Error>
    ) {
        run = { transaction in
            let result = Result { try body(&transaction) }
            let failure: (any Error)? = if case .failure(let error) = result { error } else { nil }
            return Answer(failure: failure) { loss in
                if let loss { continuation.resume(throwing: loss) } else { continuation.resume(with: result) }
            }
        }
        refuse = { reason in continuation.resume(throwing: reason) }
    }
}
