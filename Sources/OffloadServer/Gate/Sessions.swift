package import OffloadCrypto
package import OffloadDomain
import Synchronization

/// Who knows what opens the Bridge API: the device's key, and the sessions that browsers get in its place.
///
/// A session key is signed with the device's key and says itself how long it is good for. So a browser never holds the device's
/// key, what it holds ends by itself, nothing is kept of it here, and a restart of the device does not sign anybody out. A new
/// device key ends all of them.
package final class Sessions: Sendable {
    private let key: Secret
    private let clock: any WallClock
    private let pending = Mutex<[(secret: Secret, expires: ContinuousClock.Instant)]>([])

    /// How long a link may be used.
    package static let linkLifetime = Duration.seconds(60)
    /// How long a browser stays signed in.
    package static let lifetime = Duration.seconds(7 * 24 * 60 * 60)
    /// Links that may be open at once; the oldest goes first.
    private static let linkLimit = 16
    /// The most bytes of a session key that are looked at.
    private static let keyLimit = 256

    package init(key: Secret, clock: any WallClock) {
        self.key = key
        self.clock = clock
    }

    /// What somebody came in with.
    package enum Credential: Sendable, Equatable {
        case deviceKey
        case session
    }

    /// A key for one browser.
    package struct Session: Sendable {
        package let key: Secret
        package let expires: Timestamp
    }

    /// - Returns: nil for what opens nothing (any more).
    package func judge(_ guess: String) -> Credential? {
        if key.matches(guess) { return .deviceKey }
        return isSession(guess) ? .session : nil
    }

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

    /// Swaps a link's secret for a session, once; the device's key does, too, as often as one likes.
    /// - Throws: `OffloadError` of kind `unauthorized` when the secret is unknown, used or too old.
    package func redeem(_ guess: String, at now: ContinuousClock.Instant = .now) throws(OffloadError) -> Session {
        let found = pending.withLock { pending -> Bool in
            pending.removeAll { $0.expires <= now }
            guard let index = pending.firstIndex(where: { $0.secret.matches(guess) }) else { return false }
            pending.remove(at: index)
            return true
        }
        guard found || key.matches(guess) else {
            throw OffloadError(.unauthorized, "this link was used or is too old; run `offload open` again")
        }
        return makeSession()
    }

    // MARK: - Session keys

    private func makeSession() -> Session {
        let expires = clock.now().milliseconds + Self.lifetime.components.seconds * 1_000
        // Two browsers that sign in at the same moment have different keys.
        let text = "session.\(expires).\(Secret.random().reveal)"
        return Session(
            key: Secret("\(text).\(key.signature(of: text))"), expires: Timestamp(milliseconds: expires))
    }

    private func isSession(_ guess: String) -> Bool {
        guard guess.utf8.count <= Self.keyLimit, let end = guess.lastIndex(of: ".") else { return false }
        let text = String(guess[..<end])
        guard Secret(key.signature(of: text)).matches(String(guess[guess.index(after: end)...])) else { return false }
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 3, parts[0] == "session", let expires = Int64(parts[1]) else { return false }
        // One that is good for longer than any was made when the clock was ahead.
        let left = expires - clock.now().milliseconds
        return left > 0 && left <= Self.lifetime.components.seconds * 1_000
    }
}
