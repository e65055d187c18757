internal import Crypto

/// Why a key agreement ended before there was a key.
package enum CPaceFailure: Error, Sendable, Equatable {
    /// What the peer sent is not the encoding of a group element, or would make the key known to everybody.
    case invalidShare
    /// The peer sent back what we sent.
    case reflectedShare
    /// libsodium did not start, or there was no memory for a secret.
    case libraryUnavailable
}

/// One side of one run of CPACE-RISTR255-SHA512 (draft-irtf-cfrg-cpace-21) in initiator-responder mode: two sides that
/// know the same short code get the same strong key, and a stranger gets one guess for each run.
///
/// The scalar is used once: `finish` ends the value, and the scalar is wiped with it, as it is when the run is given
/// up.
package struct CPace: ~Copyable, Sendable {
    /// Who speaks first. Both sides must take different roles, else no keys agree.
    package enum Role: Sendable { case initiator, responder }

    static let suite = Array("CPaceRistretto255".utf8)
    /// Bytes that SHA-512 takes in at once.
    private static let blockSize = 128

    /// What the peer gets: 32 bytes that tell nothing of the code.
    package let share: [UInt8]
    private let role: Role
    private let session: [UInt8]
    private let associated: [UInt8]
    private let scalar: WipedBytes

    /// Begins a run with a fresh scalar.
    /// - Parameters:
    ///   - password: the code, as both sides write it.
    ///   - channel: what both sides see of the channel between them. It is never sent.
    ///   - session: bytes that are the same on both sides and new in every run.
    ///   - associated: what this side says of itself beside the share; the keys only agree if the peer received the
    ///   same.
    /// - Throws: `libraryUnavailable`.
    package init(
        role: Role, password: [UInt8], channel: [UInt8], session: [UInt8], associated: [UInt8]
    ) throws(CPaceFailure) {
        try self.init(
            role: role, password: password, channel: channel, session: session, associated: associated,
            scalar: Ristretto.randomScalar())
    }

    /// With a given scalar, which only the published vectors may do: a scalar that is used twice gives the code away.
    init(
        role: Role, password: [UInt8], channel: [UInt8], session: [UInt8], associated: [UInt8],
        scalar: consuming WipedBytes
    ) throws(CPaceFailure) {
        let generator = try Self.generator(password: password, channel: channel, session: session)
        let share = try Ristretto.multiply(scalar, generator)
        self.share = share.withBytes { Array(UnsafeBufferPointer(start: $0, count: Ristretto.elementSize)) }
        self.role = role
        self.session = session
        self.associated = associated
        self.scalar = scalar
    }

    /// The group element that the code, the channel and the session together stand for.
    static func generator(
        password: [UInt8], channel: [UInt8], session: [UInt8]
    ) throws(CPaceFailure) -> [UInt8] {
        // The code and these zeroes fill the first block, so that the time to hash the rest does not depend on the
        // code.
        let used = LengthPrefixed.one(password).count + LengthPrefixed.one(suite).count
        let padding = [UInt8](repeating: 0, count: max(0, blockSize - 1 - used))
        let text = LengthPrefixed(suite, password, padding, channel, session).bytes
        return try Ristretto.element(fromHash: Array(SHA512.hash(data: text)))
    }

    /// Ends the run. That there are keys does not mean that the peer knew the code: only its tag shows that.
    /// - Throws: `invalidShare`, `reflectedShare` or `libraryUnavailable`; the run is over in any case.
    package consuming func finish(
        peerShare: [UInt8], peerAssociated: [UInt8]
    ) throws(CPaceFailure) -> CPaceKeys {
        // A mirror would otherwise confirm our own tag to us.
        guard peerShare != share else { throw .reflectedShare }
        let shared = try Ristretto.multiply(scalar, peerShare)
        return CPaceKeys(
            role: role, session: session,
            own: CPaceMessage(share: share, associated: associated),
            peer: CPaceMessage(share: peerShare, associated: peerAssociated),
            shared: shared)
    }
}
