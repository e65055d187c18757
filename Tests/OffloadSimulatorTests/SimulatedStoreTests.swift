import OffloadDomain
import OffloadTesting
import Testing

@testable import OffloadSimulator

@Suite struct SimulatedStoreTests {
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
