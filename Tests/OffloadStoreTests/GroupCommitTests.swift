import Dispatch
import OffloadDomain
import OffloadTesting
import Synchronization
import Testing

@testable import OffloadStore

/// Counts how often each place was reached.
private final class CountingCrashPoint: CrashPoint {
    private let places = Mutex<[CrashPlace]>([])

    func reached(_ place: CrashPlace) { places.withLock { $0.append(place) } }

    func count(_ place: CrashPlace) -> Int { places.withLock { places in places.filter { $0 == place }.count } }
}

@Suite struct GroupCommitTests {
    /// Holds the writer until a crowd has lined up behind it, then lets all go.
    private func crowd(
        _ count: Int, on ledger: SQLiteLedger,
        _ body: @escaping @Sendable (Int, inout any LedgerTransaction) throws -> Void
    ) async throws -> [OffloadError?] {
        let gate = Gate()
        return try await withThrowingTaskGroup(of: (Int, OffloadError?).self) { group in
            group.addTask {
                try await ledger.change { _ in gate.wait() }
                return (0, nil)
            }
            await gate.isReached()
            for number in 1...count {
                group.addTask {
                    do {
                        try await ledger.change { try body(number, &$0) }
                        return (number, nil)
                    } catch let error as OffloadError {
                        return (number, error)
                    }
                }
            }
            while ledger.waitingChanges < count { await Task.yield() }
            gate.open()
            var outcomes = [OffloadError?](repeating: nil, count: count + 1)
            for try await (number, error) in group { outcomes[number] = error }
            return Array(outcomes.dropFirst())
        }
    }

    @Test func changesThatWaitTogetherShareOneCommit() async throws {
        try await TemporaryFolder.with { folder in
            let crashPoint = CountingCrashPoint()
            let ledger = try SQLiteLedger.open(folder: folder.path, crashPoint: crashPoint)
            let outcomes = try await crowd(20, on: ledger) { number, transaction in
                try transaction.insert(Samples.project(number))
                if number.isMultiple(of: 4) { throw OffloadError(.forbidden, "on purpose") }
            }
            #expect(crashPoint.count(.storeBeforeCommit) == 2)
            #expect(crashPoint.count(.storeAfterCommit) == 2)
            #expect(outcomes.map { $0?.kind } == (1...20).map { $0.isMultiple(of: 4) ? .forbidden : nil })
            let numbers = try await ledger.read { try $0.projects().compactMap { Int($0.id.rawValue.dropFirst(2)) } }
            #expect(numbers.sorted() == (1...20).filter { !$0.isMultiple(of: 4) })
            try ledger.close()
        }
    }

    @Test func aCrowdIsSplit() async throws {
        try await TemporaryFolder.with { folder in
            let crashPoint = CountingCrashPoint()
            let ledger = try SQLiteLedger.open(folder: folder.path, crashPoint: crashPoint)
            let count = GroupCommit.largestGroup + 1
            _ = try await crowd(count, on: ledger) { number, transaction in
                try transaction.insert(Samples.project(number))
            }
            #expect(crashPoint.count(.storeAfterCommit) == 3)
            #expect(try await ledger.read { try $0.projects().count } == count)
            try ledger.close()
        }
    }

    @Test func nobodyIsAnsweredByACommitThatFails() async throws {
        try await TemporaryFolder.with { folder in
            let ledger = try SQLiteLedger.open(folder: folder.path)
            let outcomes = try await crowd(5, on: ledger) { number, transaction in
                try transaction.insert(Samples.project(number))
                try transaction.record(.projectAdded(Samples.project(number)), at: Samples.time())
                if number == 2 { throw OffloadError(.forbidden, "on purpose") }
                // A reference that is only looked at when the whole group commits.
                guard number == 4, let transaction = transaction as? SQLiteTransaction else { return }
                try transaction.connection.execute("PRAGMA defer_foreign_keys = ON")
                try transaction.insert(Samples.idea(1, of: 99))
            }
            #expect(outcomes.map { $0?.kind } == [.device, .device, .device, .device, .device])
            try await ledger.change { transaction in
                #expect(try transaction.projects() == [])
                #expect(try transaction.newestEventPosition() == 0)
                try transaction.insert(Samples.project(1))
            }
            try ledger.close()
        }
    }

    @Test func closingWritesWhatWaits() async throws {
        try await TemporaryFolder.with { folder in
            let ledger = try SQLiteLedger.open(folder: folder.path)
            let gate = Gate()
            async let first: Void = ledger.change { _ in gate.wait() }
            await gate.isReached()
            async let second: Void = ledger.change { try $0.insert(Samples.project(1)) }
            while ledger.waitingChanges < 1 { await Task.yield() }
            gate.open()
            try ledger.close()
            try await first
            try await second
            let reopened = try SQLiteLedger.open(folder: folder.path)
            #expect(try await reopened.read { try $0.projects() } == [Samples.project(1)])
            try reopened.close()
        }
    }
}

/// Stops a body, which is not asynchronous, until the test opens it.
private final class Gate: Sendable {
    private let isOpen = DispatchSemaphore(value: 0)
    private let reached = AsyncStream.makeStream(of: Void.self)

    func wait() {
        reached.continuation.finish()
        isOpen.wait()
    }

    func isReached() async { for await _ in reached.stream {} }

    func open() { isOpen.signal() }
}
