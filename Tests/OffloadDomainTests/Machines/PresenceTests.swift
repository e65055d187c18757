import OffloadDomain
import OffloadTesting
import Testing

@Suite struct PresenceTests {
    private static func beat(_ instance: String, start: Int64 = 1, free: Int = 4) -> Presence.Heartbeat {
        Presence.Heartbeat(
            instance: instance, start: start, version: "1", slots: 4, freeSlots: free, agents: ["claude"])
    }

    @Test func comesWithTheFirstHeartbeatAndGoesWithSilence() {
        var presence = Presence()
        #expect(presence.look(at: .seconds(0)) == false, "who never came does not go")
        #expect(presence.heard(Self.beat("a"), at: .seconds(10)) == .connected)
        #expect(presence.heard(Self.beat("a", free: 2), at: .seconds(25)) == .still)
        #expect(presence.latest?.freeSlots == 2)
        #expect(presence.look(at: .seconds(69)) == false)
        #expect(presence.look(at: .seconds(70)) == true)
        #expect(presence.look(at: .seconds(71)) == false, "it goes once")
        #expect(presence.heard(Self.beat("a"), at: .seconds(100)) == .connected)
    }

    @Test func aRestartIsNothingStrange() {
        var presence = Presence()
        _ = presence.heard(Self.beat("a", start: 1), at: .seconds(1))
        #expect(presence.heard(Self.beat("b", start: 2), at: .seconds(2)) == .still)
        #expect(presence.heard(Self.beat("c", start: 3), at: .seconds(3)) == .still)
    }

    /// A copy of the data folder counts its starts on its own.
    @Test func twoCopiesOfOneFolderAreNoticed() {
        var presence = Presence()
        _ = presence.heard(Self.beat("a", start: 5), at: .seconds(1))
        #expect(presence.heard(Self.beat("copy", start: 5), at: .seconds(2)) == .twice, "who was here first stays")
        #expect(presence.heard(Self.beat("a", start: 5), at: .seconds(3)) == .still)
        #expect(presence.heard(Self.beat("copy", start: 6), at: .seconds(4)) == .still, "it may be a restart")
        #expect(presence.heard(Self.beat("a", start: 5), at: .seconds(5)) == .twice, "but then this one would be over")
        #expect(presence.latest?.instance == "copy")
    }

    @Test func aRestoredBackupIsHeardOnceTheOtherIsGone() {
        var presence = Presence()
        _ = presence.heard(Self.beat("a", start: 9), at: .seconds(1))
        #expect(presence.heard(Self.beat("old", start: 3), at: .seconds(2)) == .twice)
        #expect(presence.look(at: .seconds(46)) == true)
        #expect(presence.heard(Self.beat("old", start: 3), at: .seconds(47)) == .connected)
    }

    @Test func goodByeIsToldOnce() {
        var presence = Presence()
        #expect(presence.left() == false)
        _ = presence.heard(Self.beat("a"), at: .seconds(1))
        #expect(presence.left() == true)
        #expect(presence.left() == false)
    }
}

@Suite struct BackoffTests {
    @Test func limitsDoubleUpToHalfAMinuteAndWaitsFillThem() {
        var dice = SplitMix64(seed: 4)
        var longest: [Duration] = Array(repeating: .zero, count: 9)
        for _ in 0..<400 {
            var backoff = Backoff()
            for step in longest.indices { longest[step] = max(longest[step], backoff.next(&dice)) }
        }
        let limits = [0.5, 1, 2, 4, 8, 16, 30, 30, 30].map { Duration.seconds($0) }
        for (wait, limit) in zip(longest, limits) { #expect(wait <= limit && wait > limit * 0.9) }
    }

    @Test func successStartsAnew() {
        var dice = SplitMix64(seed: 5)
        var backoff = Backoff()
        for _ in 0..<10 { _ = backoff.next(&dice) }
        backoff.succeeded()
        #expect(backoff.next(&dice) <= .milliseconds(500))
    }
}
