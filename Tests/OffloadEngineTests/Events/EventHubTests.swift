import OffloadDomain
import OffloadEngine
import OffloadTesting
import ServiceLifecycleTestKit
import Testing

@Suite(.timeLimit(.minutes(1))) struct EventHubTests {
    @Test func aWatcherGetsWhatComesInOrder() async throws {
        try await WatchedHub().whileRunning { hub in
            let watcher = hub.watch(after: nil)
            #expect(try await watcher.news.take() == .began(position: 0))
            try hub.record(5)
            #expect(try await watcher.positions(5) == [1, 2, 3, 4, 5])
        }
    }

    @Test func aWatcherThatNamesAPositionGetsEverythingAfterIt() async throws {
        try await WatchedHub().whileRunning { hub in
            try hub.record(10)
            let first = hub.watch(after: 0)
            #expect(try await first.news.take() == .began(position: 0))
            #expect(try await first.positions(10) == Array(1...10))
            let later = hub.watch(after: 7)
            #expect(try await later.news.take() == .began(position: 7))
            #expect(try await later.positions(3) == [8, 9, 10])
        }
    }

    @Test func eventsCarryTheirRecordedBytes() async throws {
        try await WatchedHub().whileRunning { hub in
            try hub.record(1)
            let watcher = hub.watch(after: 0)
            _ = try await watcher.news.take()
            let recorded = try hub.memory.snapshot().events(after: 0, limit: 10)
            #expect(recorded.count == 1)
            #expect(try await watcher.news.take() == .events(recorded))
        }
    }

    /// What is recorded between the making of the hub and its start was told to nobody; it must not be forgotten.
    @Test func whatWasRecordedBeforeTheHubRunsIsTold() async throws {
        let hub = WatchedHub()
        try hub.record(3)
        try await hub.whileRunning { hub in
            let positions = try await hub.watch(after: 0).positions(3)
            #expect(positions == [1, 2, 3])
        }
    }

    // MARK: - Losing and finding the thread

    private struct Disconnected: Error {}

    /// A watcher whose connection breaks again and again while events come sees each event once, in order.
    @Test(arguments: 0..<20) func reconnectsLeaveNoGapAndNoRepeat(_ seed: UInt64) async throws {
        try await WatchedHub().whileRunning { hub in
            let total = 700
            async let writing: Void = Task { for _ in 1...total { try hub.record(1) } }.value
            var dice = SplitMix64(seed: seed)
            var seen: [Int64] = []
            while seen.count < total {
                var patience = Int.random(in: 1...40, using: &dice)
                do {
                    try await hub.hub.watch(after: seen.last ?? 0, projectID: nil, progress: hub.progress) { news in
                        guard case .events(let events) = news else { return }
                        for event in events {
                            seen.append(event.position)
                            patience -= 1
                            if patience == 0 || seen.count == total { throw Disconnected() }
                        }
                    }
                } catch is Disconnected {}
            }
            try await writing
            #expect(seen == (1...Int64(total)).map { $0 })
            #expect(hub.hub.watcherCount == 0)
        }
    }

    @Test func aPositionThatIsNotKeptAnyMoreIsReset() async throws {
        try await WatchedHub().whileRunning { hub in
            try hub.record(10)
            _ = try hub.memory.changeNow { try $0.pruneEvents(keeping: 4) }
            try hub.record(1)
            // The hub has heard of all of them before the positions below are judged.
            try await hub.watch(after: nil).reach(11)

            let lost = hub.watch(after: 5)
            #expect(try await lost.news.take() == .began(position: 11))
            #expect(try await lost.news.take() == .reset(position: 11))
            let last = hub.watch(after: 6)
            #expect(try await last.news.take() == .began(position: 6))
            #expect(try await last.positions(5) == [7, 8, 9, 10, 11])
            try hub.record(1)
            #expect(try await lost.positions(1) == [12], "after a reset it goes on from there")
        }
    }

    @Test(arguments: [Int64(4), 1_000, .max]) func aPositionThatNeverWasIsReset(_ position: Int64) async throws {
        try await WatchedHub().whileRunning { hub in
            try hub.record(3)
            let first = hub.watch(after: 0)
            _ = try await first.positions(3)
            let watcher = hub.watch(after: position)
            #expect(try await watcher.news.take() == .began(position: 3))
            #expect(try await watcher.news.take() == .reset(position: 3))
            try hub.record(1)
            #expect(try await watcher.positions(1) == [4])
        }
    }

    @Test func commitsThatWereMissedAreRead() async throws {
        try await WatchedHub().whileRunning { hub in
            let watcher = hub.watch(after: 0)
            _ = try await watcher.news.take()
            try hub.record(1)
            #expect(try await watcher.positions(1) == [1])
            hub.memory.loseCommits(3)
            try hub.record(4)
            #expect(try await watcher.positions(4) == [2, 3, 4, 5])
        }
    }

    @Test func aReadThatFailsIsMadeUpForByTheNextCommit() async throws {
        try await WatchedHub().whileRunning { hub in
            let watcher = hub.watch(after: 0)
            _ = try await watcher.news.take()
            try hub.record(1)
            #expect(try await watcher.positions(1) == [1])
            hub.memory.loseCommits(1)
            hub.ledger.failReads(1)
            try hub.record(2)
            try await hub.ledger.failures.take()
            try hub.record(1)
            #expect(try await watcher.positions(3) == [2, 3, 4])
        }
    }

    // MARK: - Whose events

    @Test func aWatcherOfAProjectSeesItsEventsAndThoseOfNone() async throws {
        try await WatchedHub().whileRunning { hub in
            let watcher = hub.watch(after: 0, project: 1)
            _ = try await watcher.news.take()
            for project in [1, 2, nil, 2, 1] { try hub.record(1, of: project) }
            #expect(try await watcher.positions(3) == [1, 3, 5])
            // The same for one who comes later and reads what is past.
            let late = hub.watch(after: 0, project: 2)
            #expect(try await late.positions(3) == [2, 3, 4])
        }
    }

    @Test func eventsOfOthersMoveTheWatcherOn() async throws {
        try await WatchedHub().whileRunning { hub in
            try hub.record(600, of: 2)
            let watcher = hub.watch(after: 0, project: 1)
            _ = try await watcher.news.take()
            try hub.record(1, of: 1)
            #expect(try await watcher.positions(1) == [601])
        }
    }

    // MARK: - Slow watchers

    @Test func aSlowWatcherReadsOnFromTheLedger() async throws {
        try await WatchedHub().whileRunning { hub in
            let total = EventHub.recentLimit * 3
            let (reached, goOn) = (Latch<Void>(), Latch<Void>())
            let seen = Mailbox<[Int64]>()
            let slow = Task {
                try await hub.hub.watch(after: 0, projectID: nil, progress: hub.progress) { news in
                    guard case .events(let events) = news else { return }
                    seen.put(events.map(\.position))
                    reached.open()
                    try await goOn.wait()
                }
            }
            try hub.record(1)
            try await reached.wait()
            let fast = hub.watch(after: 1)
            try hub.record(total - 1)
            // The hub keeps the newest few in memory; what the slow one needs first is not among them any more.
            #expect(try await fast.positions(total - 1).last == Int64(total))
            goOn.open()
            var positions: [Int64] = []
            while positions.count < total { positions += try await seen.take() }
            #expect(positions == (1...Int64(total)).map { $0 })
            slow.cancel()
        }
    }

    // MARK: - Coming and going

    @Test func moreWatchersThanAllowedAreRefused() async throws {
        try await WatchedHub(watcherLimit: 2).whileRunning { hub in
            let first = hub.watch(after: nil)
            let second = hub.watch(after: nil)
            _ = try await (first.news.take(), second.news.take())
            #expect(hub.hub.watcherCount == 2)
            let third = hub.watch(after: nil)
            let refusal = try await third.ended.wait()
            #expect(refusal?.kind == .tooManyRequests)
            #expect(third.news.all == [])
            first.task.cancel()
            #expect(try await first.ended.wait() == nil)
            let fourth = hub.watch(after: nil)
            #expect(try await fourth.news.take() == .began(position: 0))
        }
    }

    @Test func closingEndsEveryStreamInPeace() async throws {
        let hub = WatchedHub()
        let watchers = (0..<3).map { _ in hub.watch(after: nil) }
        for watcher in watchers { _ = try await watcher.news.take() }
        hub.hub.close()
        for watcher in watchers { #expect(try await watcher.ended.wait() == nil) }
        #expect(hub.hub.watcherCount == 0)
        #expect(try await hub.watch(after: nil).ended.wait()?.kind == .device, "nobody is let in any more")
    }

    @Test func aShutdownEndsStreamsAndTheHub() async throws {
        let hub = WatchedHub()
        let watcher = hub.watch(after: nil)
        _ = try await watcher.news.take()
        try await hub.whileRunning { _ in }
        #expect(try await watcher.ended.wait() == nil)
    }

    @Test func theEndOfTheLedgerIsTheEndOfTheHub() async throws {
        let hub = WatchedHub()
        let watcher = hub.watch(after: nil)
        _ = try await watcher.news.take()
        let run = Task { try await testGracefulShutdown { _ in try await hub.hub.run() } }
        try hub.record(1)
        _ = try await watcher.positions(1)
        hub.memory.close()
        try await run.value
        #expect(try await watcher.ended.wait() == nil)
    }

    @Test func aBodyThatThrowsLeavesItsPlace() async throws {
        let hub = WatchedHub(watcherLimit: 1)
        for _ in 0..<3 {
            await #expect(throws: Disconnected.self) {
                try await hub.hub.watch(after: nil, projectID: nil, progress: hub.progress) { _ in throw Disconnected()
                }
            }
        }
        #expect(hub.hub.watcherCount == 0)
    }

    // MARK: - What is not recorded

    @Test func aPulseShowsThatTheConnectionLives() async throws {
        let hub = WatchedHub()
        let watcher = hub.watch(after: nil)
        _ = try await watcher.news.take()
        hub.hub.pulse()
        #expect(try await watcher.news.take() == .quiet)
    }

    @Test func progressIsToldToWhoWatches() async throws {
        let hub = WatchedHub()
        let watcher = hub.watch(after: nil)
        _ = try await watcher.news.take()
        hub.progress.observe(.toolCall(name: "Edit", target: "main.swift"), of: TaskID(unchecked: "t-1"))
        guard case .progress(let entries) = try await watcher.news.take() else {
            Issue.record("no progress was told")
            return
        }
        #expect(entries.map(\.action) == ["Edit main.swift"])
        // Who comes later sees where things stand.
        let late = hub.watch(after: nil)
        _ = try await late.news.take()
        #expect(try await late.news.take() == .progress(entries))
    }
}
