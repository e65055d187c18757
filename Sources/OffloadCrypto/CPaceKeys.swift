internal import CSodium
internal import Crypto

/// What one side sends of itself in a run.
struct CPaceMessage: Sendable {
    let share: [UInt8]
    let associated: [UInt8]

    var bytes: [UInt8] { LengthPrefixed(share, associated).bytes }
}

/// What one side holds after a run. It is worth nothing until the peer's tag was accepted; neither the key behind it
/// nor the key of the tags is ever handed out or printed.
package struct CPaceKeys: Sendable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// Shows the peer that this side knew the code: 64 bytes of HMAC-SHA-512.
    package let ownTag: [UInt8]
    /// Names the run: 64 bytes that both sides hold alike and that are no secret.
    package let sessionOutput: [UInt8]
    /// `ISK` of the draft.
    let intermediateKey: SymmetricKey
    private let peerTag: [UInt8]

    /// - Parameter shared: the group element that both sides have in common, which must not leave.
    init(
        role: CPace.Role, session: [UInt8], own: CPaceMessage, peer: CPaceMessage, shared: borrowing WipedBytes
    ) {
        let transcript =
            switch role {
            case .initiator: own.bytes + peer.bytes
            case .responder: peer.bytes + own.bytes
            }

        // Fed in pieces, so that no copy of the shared element is made that nobody wipes.
        var hash = SHA512()
        hash.update(data: LengthPrefixed(CPace.suite + Array("_ISK".utf8), session).bytes)
        hash.update(data: LengthPrefixed.length(shared.count))
        shared.withBytes { hash.update(bufferPointer: UnsafeRawBufferPointer(start: $0, count: shared.count)) }
        hash.update(data: transcript)
        let intermediateKey = SymmetricKey(data: hash.finalize())

        var tagHash = SHA512()
        tagHash.update(data: Array("CPaceMac".utf8) + session)
        intermediateKey.withUnsafeBytes { tagHash.update(bufferPointer: $0) }
        let tagKey = SymmetricKey(data: tagHash.finalize())

        self.intermediateKey = intermediateKey
        ownTag = Array(HMAC<SHA512>.authenticationCode(for: own.bytes, using: tagKey))
        peerTag = Array(HMAC<SHA512>.authenticationCode(for: peer.bytes, using: tagKey))
        sessionOutput = Array(SHA512.hash(data: Array("CPaceSidOutput".utf8) + transcript))
    }

    /// Whether the peer knew the code and saw the same channel, session and messages. Takes the same time for every
    /// wrong tag.
    package func accepts(peerTag tag: [UInt8]) -> Bool {
        tag.count == peerTag.count && sodium_memcmp(tag, peerTag, peerTag.count) == 0
    }

    /// A key for one purpose, which `info` names: HKDF-SHA-512 without salt.
    /// - Parameter count: bytes, 1 to 16,320.
    package func derive(info: [UInt8], count: Int) -> [UInt8] {
        HKDF<SHA512>.deriveKey(inputKeyMaterial: intermediateKey, info: info, outputByteCount: count)
            .withUnsafeBytes { Array($0) }
    }

    package var description: String { "(keys)" }
    package var debugDescription: String { "(keys)" }
    package var customMirror: Mirror { Mirror(self, children: [:]) }
}
