import OffloadTesting
import Testing

/// The tools by which tests wait must not lie themselves.
@Suite(.timeLimit(.minutes(1))) struct WaitingTests {
    @Test func aLatchGivesItsFirstValueToWhoeverWaitsBeforeOrAfter() async throws {
        let latch = Latch<Int>()
        async let first = latch.wait()
        async let second = latch.wait()
        #expect(latch.opened == nil)
        latch.open(1)
        latch.open(2)
        #expect(try await [first, second, latch.wait()] == [1, 1, 1])
        #expect(latch.opened == 1)
    }

    @Test func waitingEndsWithItsTask() async {
        let latch = Latch<Int>()
        let waiting = Task { try await latch.wait() }
        waiting.cancel()
        await #expect(throws: CancellationError.self) { try await waiting.value }
        latch.open(1)
        #expect(latch.opened == 1)
    }

    @Test func latchesOpenAndCancelAtAnyMoment() async {
        for _ in 0..<500 {
            let latch = Latch<Int>()
            let waiting = Task { try await latch.wait() }
            async let opened: Void = latch.open(1)
            async let cancelled: Void = waiting.cancel()
            _ = await (opened, cancelled)
            let result = await waiting.result
            #expect((try? result.get()) ?? 1 == 1)
        }
    }

    @Test func aMailboxKeepsTheOrderHoweverEarlyItIsAsked() async throws {
        let mailbox = Mailbox<Int>()
        mailbox.put(1)
        mailbox.put(2)
        #expect(try await mailbox.take() == 1)
        #expect(try await mailbox.take() == 2)
        let next = Task { try await mailbox.take() }
        mailbox.put(3)
        #expect(try await next.value == 3)
        #expect(mailbox.all == [1, 2, 3])
    }

    @Test func dicesOfOneSeedFallAlike() {
        var (first, second, other) = (SplitMix64(seed: 1), SplitMix64(seed: 1), SplitMix64(seed: 2))
        let rolls = (0..<100).map { _ in first.next() }
        #expect((0..<100).map { _ in second.next() } == rolls)
        #expect((0..<100).map { _ in other.next() } != rolls)
        #expect(Set(rolls).count == 100)
    }

    /// The first outputs for seed 0, as its inventors publish them.
    @Test func splitMixIsTheRealOne() {
        var dice = SplitMix64(seed: 0)
        #expect([dice.next(), dice.next()] == [0xE220_A839_7B1D_CDAF, 0x6E78_9E6A_A1B9_65F4])
    }
}
