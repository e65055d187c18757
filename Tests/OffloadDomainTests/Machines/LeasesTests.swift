import OffloadDomain
import OffloadTesting
import Testing

@Suite struct LeasesTests {
    private let mine = PairID(unchecked: "x-1")
    private let other = PairID(unchecked: "x-2")
    private let key = AttemptKey(task: TaskID(unchecked: "t-1"), number: AttemptNumber(value: 1))

    private func made() -> Leases { Leases(lifetime: .seconds(60), grace: .seconds(600)) }

    @Test func aClaimThatIsNotAcknowledgedExpires() {
        var leases = made()
        leases.claimed(key, by: mine, at: .seconds(10))
        #expect(leases.look(at: .seconds(69)).isEmpty)
        #expect(leases.next == .seconds(70))
        #expect(leases.look(at: .seconds(70)) == [.claimExpired(key)])
        #expect(leases.look(at: .seconds(71)) == [.claimExpired(key)], "until somebody has dealt with it")
        leases.ended(key)
        #expect(leases.look(at: .seconds(72)).isEmpty && leases.next == nil)
    }

    /// A device that asks again and again and never acknowledges must not keep a task.
    @Test func claimingAgainProlongsNothing() {
        var leases = made()
        leases.claimed(key, by: mine, at: .zero)
        leases.claimed(key, by: mine, at: .seconds(50))
        #expect(leases.look(at: .seconds(60)) == [.claimExpired(key)])
    }

    @Test func preparingProlongs() {
        var leases = made()
        leases.claimed(key, by: mine, at: .zero)
        leases.prepares(key, of: other, at: .seconds(50))
        leases.prepares(key, of: mine, at: .seconds(40))
        #expect(leases.look(at: .seconds(99)).isEmpty)
        #expect(leases.look(at: .seconds(100)) == [.claimExpired(key)])
    }

    @Test func silenceMakesUnreachableAndThenLost() {
        var leases = made()
        leases.claimed(key, by: mine, at: .zero)
        leases.heard(of: key, from: mine, at: .seconds(1))
        #expect(leases.look(at: .seconds(60)).isEmpty && !leases.isUnreachable(key))
        #expect(leases.look(at: .seconds(61)) == [.unreachable(key)])
        #expect(leases.isUnreachable(key) && leases.next == .seconds(661))
        #expect(leases.look(at: .seconds(100)).isEmpty, "told once")
        #expect(leases.look(at: .seconds(661)) == [.lost(key)])
    }

    @Test func whoeverIsHeardAgainKeepsIt() {
        var leases = made()
        leases.heard(of: key, from: mine, at: .zero)
        _ = leases.look(at: .seconds(61))
        leases.renewed([key], by: mine, at: .seconds(500))
        #expect(!leases.isUnreachable(key))
        #expect(leases.look(at: .seconds(559)).isEmpty)
        #expect(leases.look(at: .seconds(560)) == [.unreachable(key)])
    }

    @Test func nobodyRenewsWhatIsNotTheirs() {
        var leases = made()
        leases.heard(of: key, from: mine, at: .zero)
        leases.renewed([key], by: other, at: .seconds(59))
        leases.heard(of: key, from: other, at: .seconds(59))
        #expect(leases.look(at: .seconds(60)) == [.unreachable(key)])
    }

    /// A heartbeat that overtakes the acknowledgement is no acknowledgement.
    @Test func aClaimIsNotRenewedByAHeartbeat() {
        var leases = made()
        leases.claimed(key, by: mine, at: .zero)
        leases.renewed([key], by: mine, at: .seconds(59))
        #expect(leases.look(at: .seconds(60)) == [.claimExpired(key)])
    }
}
