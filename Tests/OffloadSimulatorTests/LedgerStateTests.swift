import OffloadDomain
import OffloadTesting
import OffloadWire
import Synchronization
import Testing

@testable import OffloadSimulator

@Suite struct LedgerStateTests {
    /// The simulation is worth something only while its ledger answers as the real one does.
    @Test(arguments: LedgerConformance.checks)
    func conforms(_ check: LedgerConformance.Check) async throws {
        let ledger = StateLedger()
        try await check.run(LedgerConformance.Subject(ledger) { ledger.close() })
    }

    @Test func aCrashLeavesWhatWasCommitted() throws {
        var store = SimulatedStore()
        store.overwrite { $0.projectRows.set(Samples.project(1), for: Samples.project(1).id) }
        for number in 2...3 {
            var image = store.written
            try image.ledger.insert(Samples.project(number))
            store.add(Self.written(number), leaving: image)
            if number == 2 { #expect(store.commit().map(\.submission.number) == [2]) }
        }
        #expect(try store.written.ledger.projects().count == 3)
        store.crash()
        #expect(try store.written.ledger.projects() == [Samples.project(1), Samples.project(2)])
        #expect(try store.durable.ledger.projects() == [Samples.project(1), Samples.project(2)])
        #expect(store.isIdle)
    }

    @Test func aCommitThatFailsWritesNothingAndSaysSo() throws {
        var store = SimulatedStore()
        var image = store.written
        try image.ledger.insert(Samples.project(1))
        store.add(Self.written(1), leaving: image)
        let full = OffloadError(.device, "the disk is full")
        store.fail(with: full)
        #expect(try store.written.ledger.projects().isEmpty)
        guard case .refused(full) = store.takeAnswer(at: 0).answer else {
            Issue.record("the caller was not told")
            return
        }
    }

    private static func written(_ number: Int) -> SimulatedStore.Written {
        SimulatedStore.Written(
            submission: SimulatedStore.Submission(
                number: number, command: .fill, caller: .person, time: Samples.time()),
            answer: .handedOut([]), changes: [])
    }
}

/// The state as a ledger like any other, for the suite that all ledgers pass.
private final class StateLedger: Ledger {
    private struct Content {
        var state = LedgerState(encode: EventEncoding.encode)
        var listeners: [AsyncStream<[RecordedEvent]>.Continuation] = []
        var isClosed = false
    }

    private static let closed = OffloadError(.device, "the ledger is closed")
    private let content = Mutex(Content())

    func change<Value: Sendable>(
        _ body: @escaping @Sendable (inout any LedgerTransaction) throws -> Value
    ) async throws -> Value {
        try content.withLock { content in
            guard !content.isClosed else { throw Self.closed }
            var transaction: any LedgerTransaction = content.state
            let value = try body(&transaction)
            guard let state = transaction as? LedgerState else { throw OffloadError(.device, "another ledger") }
            let events = try state.events(after: content.state.newestPosition, limit: .max)
            content.state = state
            if !events.isEmpty { for listener in content.listeners { listener.yield(events) } }
            return value
        }
    }

    func read<Value: Sendable>(_ body: @escaping @Sendable (any LedgerReader) throws -> Value) async throws -> Value {
        let state = try content.withLock { content in
            guard !content.isClosed else { throw Self.closed }
            return content.state
        }
        return try body(state)
    }

    func commits() -> AsyncStream<[RecordedEvent]> {
        let (stream, continuation) = AsyncStream.makeStream(
            of: [RecordedEvent].self, bufferingPolicy: .bufferingNewest(1))
        content.withLock { content in
            if content.isClosed { continuation.finish() } else { content.listeners.append(continuation) }
        }
        return stream
    }

    func close() {
        let listeners = content.withLock { content in
            content.isClosed = true
            return content.listeners
        }
        for listener in listeners { listener.finish() }
    }
}
