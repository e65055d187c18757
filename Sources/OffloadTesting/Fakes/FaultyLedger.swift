package import OffloadDomain
import Synchronization

/// A ledger that can be made to fail for a while, as one whose disk is full.
package final class FaultyLedger: Ledger {
    private struct State {
        var failingChanges = 0
        var failingReads = 0
    }

    private let ledger: any Ledger
    private let state = Mutex(State())
    /// Each failure as it happens.
    package let failures = Mailbox<Void>()

    package init(_ ledger: any Ledger) { self.ledger = ledger }

    package func failChanges(_ count: Int) { state.withLock { $0.failingChanges = count } }
    package func failReads(_ count: Int) { state.withLock { $0.failingReads = count } }

    package func change<Value: Sendable>(
        _ body: @escaping @Sendable (inout any LedgerTransaction) throws -> Value
    ) async throws -> Value {
        try stumble(\.failingChanges)
        return try await ledger.change(body)
    }

    package func read<Value: Sendable>(
        _ body: @escaping @Sendable (any LedgerReader) throws -> Value
    ) async throws -> Value {
        try stumble(\.failingReads)
        return try await ledger.read(body)
    }

    package func commits() -> AsyncStream<[RecordedEvent]> { ledger.commits() }

    private func stumble(_ count: WritableKeyPath<State, Int>) throws {
        let fails = state.withLock { state in
            guard state[keyPath: count] > 0 else { return false }
            state[keyPath: count] -= 1
            return true
        }
        guard fails else { return }
        failures.put(())
        throw OffloadError(.device, "the disk is full")
    }
}
