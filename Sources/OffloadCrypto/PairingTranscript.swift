/// What both sides of a pairing put into the key agreement without sending it.
package enum PairingProtocol {
    /// Names this pairing and its version; another version agrees on no key with this one.
    package static let label = "offload/pair/1"

    /// The channel between the two sides, as each of them sees it. Somebody in between shows the target a certificate
    /// of his own, so the two sides see different channels and their tags do not verify.
    /// - Parameter fingerprint: of the source's certificate: its own for the source, the one of this connection for the
    ///   target.
    package static func channel(source fingerprint: Fingerprint) -> [UInt8] {
        LengthPrefixed(Array(label.utf8), Array("source".utf8), fingerprint.bytes).bytes
    }
}

/// What both sides hold after both tags were accepted.
package struct PairingOutcome: Sendable {
    /// `x-` and 32 lower-case hexadecimal digits. It names the pair and is no secret.
    package let pairID: String
    /// 64 hexadecimal digits, which the target shows with every request.
    package let key: Secret
    /// Two words that a person may compare on the two screens, an adjective and a noun.
    package let checkWords: [String]

    /// - Parameter fingerprint: of the source's certificate, as for `PairingProtocol.channel`.
    package init(_ keys: CPaceKeys, source fingerprint: Fingerprint) {
        pairID = "x-" + Hex.text(keys.sessionOutput.prefix(16))
        let purpose = Array(PairingProtocol.label.utf8) + fingerprint.bytes
        key = Secret(Hex.text(keys.derive(info: purpose, count: 32)))
        checkWords = CheckWords.words(for: keys)
    }
}
