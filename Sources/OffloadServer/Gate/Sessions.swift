package import OffloadCrypto
package import OffloadDomain
import Synchronization

/// The device's key, and the single-use links through which a browser on this machine gets it.
package final class Sessions: Sendable {
    package let key: Secret
    private let pending = Mutex<[(secret: Secret, expires: ContinuousClock.Instant)]>([])

    /// How long a link may be used.
    package static let linkLifetime = Duration.seconds(60)
    /// Links that may be open at once; the oldest goes first.
    private static let linkLimit = 16

    package init(key: Secret) { self.key = key }

    /// The secret of a new link.
    package func makeLink(at now: ContinuousClock.Instant = .now) -> Secret {
        let secret = Secret.random()
        pending.withLock { pending in
            pending.removeAll { $0.expires <= now }
            if pending.count >= Self.linkLimit { pending.removeFirst() }
            pending.append((secret, now + Self.linkLifetime))
        }
        return secret
    }

    /// Swaps a link's secret for the key, once.
    /// - Throws: `OffloadError` of kind `unauthorized` when the secret is unknown, used or too old.
    package func redeem(_ guess: String, at now: ContinuousClock.Instant = .now) throws(OffloadError) -> Secret {
        let found = pending.withLock { pending -> Bool in
            pending.removeAll { $0.expires <= now }
            guard let index = pending.firstIndex(where: { $0.secret.matches(guess) }) else { return false }
            pending.remove(at: index)
            return true
        }
        guard found else {
            throw OffloadError(.unauthorized, "this link was used or is too old; run `offload open` again")
        }
        return key
    }
}
