package import OffloadDomain
import OffloadWire
import Synchronization

/// A ledger without a disk, for tests and simulations: the same answers as the real one, one value per state, no
/// threads of its own. A change runs at once on the caller, so the same calls in the same order give the same trace.
package final class InMemoryLedger: Ledger {
    package typealias Fault = LedgerState.Fault

    private struct Content {
        var state: LedgerState
        var listeners: [(number: Int, continuation: AsyncStream<[RecordedEvent]>.Continuation)] = []
        var nextListener = 0
        var untold = 0
        var isClosed = false
    }

    private let content: Mutex<Content>
    private let fault: Fault?

    package init(fault: Fault? = nil) {
        self.fault = fault
        content = Mutex(
            Content(
                state: LedgerState(
                    fault: fault,
                    encoding: LedgerState.Encoding(event: EventEncoding.encode, report: ReportEncoding.encode))))
    }

    package func change<Value: Sendable>(
        _ body: @escaping @Sendable (inout any LedgerTransaction) throws -> Value
    ) async throws -> Value {
        try changeNow(body)
    }

    /// `change` for callers that are not asynchronous.
    package func changeNow<Value: Sendable>(
        _ body: @Sendable (inout any LedgerTransaction) throws -> Value
    ) throws -> Value {
        try content.withLock { content in
            guard !content.isClosed else { throw Self.closed }
            content.state.forgetChanges()
            let before = content.state
            var transaction: any LedgerTransaction = before
            let result = Result { try body(&transaction) }
            guard let after = transaction as? LedgerState else {
                throw OffloadError(.device, "the body put another ledger in the place of its own")
            }
            if case .success = result { content.state = after }
            if fault == .keepsWorkOfFailedBodies { content.state = after }
            if content.state.newestPosition > before.newestPosition, fault != .staysSilent {
                guard content.untold == 0 else {
                    content.untold -= 1
                    return try result.get()
                }
                let events = try content.state.events(after: before.newestPosition, limit: .max)
                for listener in content.listeners { listener.continuation.yield(events) }
            }
            return try result.get()
        }
    }

    package func read<Value: Sendable>(
        _ body: @escaping @Sendable (any LedgerReader) throws -> Value
    ) async throws -> Value {
        try body(try snapshot())
    }

    /// The present state; later changes do not show in it.
    package func snapshot() throws -> any LedgerReader & Sendable {
        try content.withLock { content in
            guard !content.isClosed else { throw Self.closed }
            return content.state
        }
    }

    package func commits() -> AsyncStream<[RecordedEvent]> {
        let (stream, continuation) = AsyncStream.makeStream(
            of: [RecordedEvent].self, bufferingPolicy: .bufferingNewest(Self.commitsKept))
        let number = content.withLock { content -> Int? in
            guard !content.isClosed else { return nil }
            defer { content.nextListener += 1 }
            content.listeners.append((content.nextListener, continuation))
            return content.nextListener
        }
        guard let number else {
            continuation.finish()
            return stream
        }
        continuation.onTermination = { [weak self] _ in
            self?.content.withLock { content in content.listeners.removeAll { $0.number == number } }
        }
        return stream
    }

    /// Listeners are not told of the next `count` commits, as if they had been too slow for them.
    package func loseCommits(_ count: Int) { content.withLock { $0.untold = count } }

    /// Ends the streams of `commits` and refuses what comes later.
    package func close() {
        let listeners = content.withLock { content in
            content.isClosed = true
            return content.listeners
        }
        for listener in listeners { listener.continuation.finish() }
    }

    /// Few, so that tests meet the listener that misses some.
    private static let commitsKept = 2
    private static let closed = OffloadError(.device, "the ledger is closed")
}
