/// Which paired device still has a right to which attempt, judged by a monotonic clock alone.
///
/// Not durable: after a restart of the source every lease begins anew, which only makes it longer.
/// Drawn from the code in `docs/state-machines.md`.
package struct Leases: Sendable, Equatable {
    /// How long a device may be silent about an attempt before people are told that it is unreachable, and how long a claim
    /// waits for its acknowledgement, when nothing else was set.
    package static let standardLifetime = Duration.seconds(60)
    /// How long an unreachable device may come back, when nothing else was set.
    package static let standardGrace = Duration.seconds(600)

    package enum Due: Sendable, Equatable {
        /// Never acknowledged: the task goes to whoever asks first.
        case claimExpired(AttemptKey)
        /// Nothing was heard about it for `lifetime`.
        case unreachable(AttemptKey)
        /// Nothing was heard about it for `lifetime` and the grace after it: the task goes to whoever asks first.
        case lost(AttemptKey)
    }

    private struct Lease: Sendable, Equatable {
        let key: AttemptKey
        let pair: PairID
        var isAcknowledged: Bool
        var isUnreachable = false
        var heardAt: Duration
    }

    private let lifetime: Duration
    private let grace: Duration
    /// In the order in which they were claimed.
    private var leases: [Lease] = []

    /// - Parameters:
    ///   - lifetime: how long a device may be silent about an attempt.
    ///   - grace: how long an unreachable device may come back.
    package init(lifetime: Duration = Leases.standardLifetime, grace: Duration = Leases.standardGrace) {
        self.lifetime = lifetime
        self.grace = grace
    }

    /// The device of `pair` has claimed an attempt. Claiming again what it claimed before prolongs nothing: a device that never
    /// acknowledges would keep it for ever.
    package mutating func claimed(_ key: AttemptKey, by pair: PairID, at now: Duration) {
        guard index(of: key) == nil else { return }
        leases.append(Lease(key: key, pair: pair, isAcknowledged: false, heardAt: now))
    }

    /// The device prepares what it has claimed.
    package mutating func prepares(_ key: AttemptKey, of pair: PairID, at now: Duration) {
        guard let index = index(of: key), leases[index].pair == pair, !leases[index].isAcknowledged else { return }
        leases[index].heardAt = now
    }

    /// The device said something about the attempt that only who has stored it can say.
    package mutating func heard(of key: AttemptKey, from pair: PairID, at now: Duration) {
        if index(of: key) == nil { claimed(key, by: pair, at: now) }
        guard let index = index(of: key), leases[index].pair == pair else { return }
        leases[index].isAcknowledged = true
        leases[index].isUnreachable = false
        leases[index].heardAt = now
    }

    /// The device says that it has these attempts. What is not known as its own is not renewed by that.
    package mutating func renewed(_ keys: [AttemptKey], by pair: PairID, at now: Duration) {
        for key in keys {
            guard let index = index(of: key), leases[index].pair == pair, leases[index].isAcknowledged else { continue }
            leases[index].isUnreachable = false
            leases[index].heardAt = now
        }
    }

    package mutating func ended(_ key: AttemptKey) { leases.removeAll { $0.key == key } }

    package func isUnreachable(_ key: AttemptKey) -> Bool { index(of: key).map { leases[$0].isUnreachable } ?? false }

    /// What is due at `now`, in the order of the claims. `unreachable` is told once; what is lost or expired is told until
    /// somebody says that it has ended.
    package mutating func look(at now: Duration) -> [Due] {
        var due: [Due] = []
        for index in leases.indices {
            let (lease, silence) = (leases[index], now - leases[index].heardAt)
            switch lease.isAcknowledged {
            case false: if silence >= lifetime { due.append(.claimExpired(lease.key)) }
            case true where silence >= lifetime + grace: due.append(.lost(lease.key))
            case true where silence >= lifetime && !lease.isUnreachable:
                leases[index].isUnreachable = true
                due.append(.unreachable(lease.key))
            case true: break
            }
        }
        return due
    }

    /// When to look again; nil when there is nothing to wait for.
    package var next: Duration? {
        leases.map { lease in
            lease.heardAt + lifetime + (lease.isUnreachable ? grace : .zero)
        }.min()
    }

    private func index(of key: AttemptKey) -> Int? { leases.firstIndex { $0.key == key } }
}
