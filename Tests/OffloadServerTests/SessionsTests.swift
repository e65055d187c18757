import OffloadCrypto
import OffloadDomain
import OffloadServer
import OffloadTesting
import Testing

/// What browsers get in place of the device's key.
@Suite("Sessions")
struct SessionsTests {
    private let clock = FixedClock()
    private let key = Secret.random()
    private var sessions: Sessions { Sessions(key: key, clock: clock) }
    private static let lifetime = Sessions.lifetime.components.seconds * 1_000

    @Test("A link gives one session, which opens the device until it ends")
    func redeemed() throws {
        let sessions = sessions
        let link = sessions.makeLink()
        let session = try sessions.redeem(link.reveal)
        #expect(session.key.reveal != key.reveal)
        #expect(!session.key.reveal.contains(key.reveal))
        #expect(throws: OffloadError.self, "a link works once") { _ = try sessions.redeem(link.reveal) }
        #expect(sessions.judge(session.key.reveal) == .session)
        #expect(sessions.judge(key.reveal) == .deviceKey)
        clock.advance(milliseconds: Self.lifetime - 1)
        #expect(sessions.judge(session.key.reveal) == .session)
        clock.advance(milliseconds: 1)
        #expect(sessions.judge(session.key.reveal) == nil)
        #expect(sessions.judge(key.reveal) == .deviceKey)
    }

    @Test("A restart keeps sessions, another key ends them, and no two are alike")
    func restarts() throws {
        let first = try sessions.redeem(key.reveal)
        let second = try sessions.redeem(key.reveal)
        #expect(first.key.reveal != second.key.reveal)
        #expect(sessions.judge(first.key.reveal) == .session)
        #expect(Sessions(key: .random(), clock: clock).judge(first.key.reveal) == nil)
        // A session is no way to another one.
        #expect(throws: OffloadError.self) { _ = try sessions.redeem(first.key.reveal) }
    }

    @Test("A session that somebody made or changed opens nothing")
    func forged() throws {
        let session = try sessions.redeem(key.reveal).key.reveal
        let parts = session.split(separator: ".").map(String.init)
        let later = try #require(Int64(parts[1])) + 1
        let forged = [
            "", ".", "session", "session...", String(session.dropLast()), session + "0", session + ".", "." + session,
            "session.\(later).\(parts[2]).\(parts[3])", "session.\(parts[1]).\(parts[3]).\(parts[2])",
            "session.\(parts[1]).\(parts[2]).\(Secret.random().signature(of: "session.\(parts[1]).\(parts[2])"))",
            String(repeating: ".", count: 100_000),
        ]
        for guess in forged { #expect(sessions.judge(guess) == nil, "\(guess.prefix(100))") }
        // Signed, and yet none: another kind, and one that was made when the clock was far ahead.
        for text in [
            "link.\(parts[1]).x", "session.\(Int64.max).x", "session.0.x", "session.x.x", "session.\(parts[1])",
        ] {
            #expect(sessions.judge("\(text).\(key.signature(of: text))") == nil, "\(text)")
        }
        let made = "session.\(parts[1]).x"
        #expect(
            sessions.judge("\(made).\(key.signature(of: made))") == .session, "what the others lack is the signature")
        clock.advance(milliseconds: -2)
        #expect(sessions.judge(session) == nil, "good for longer than any")
    }
}
