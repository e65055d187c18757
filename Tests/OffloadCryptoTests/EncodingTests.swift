import Testing

@testable import OffloadCrypto

@Suite struct LengthPrefixedTests {
    /// The examples of the draft, section "Definition and test vectors for string utility functions".
    @Test func agreesWithTheDraft() {
        #expect(LengthPrefixed.one([]) == [0])
        #expect(LengthPrefixed.one(Array("1234".utf8)) == [4, 0x31, 0x32, 0x33, 0x34])
        let long = (0..<127).map { UInt8($0) }
        #expect(LengthPrefixed.one(long) == [0x7F] + long)
        #expect(LengthPrefixed.one(long + [127]) == [0x80, 1] + long + [127])
        let parts = LengthPrefixed(Array("1234".utf8), Array("5".utf8), [], Array("678".utf8)).bytes
        #expect(Hex.text(parts) == "043132333401350003363738")
    }

    @Test func writesLongLengths() {
        #expect(LengthPrefixed.length(300) == [0xAC, 2])
        #expect(LengthPrefixed.length(16_383) == [0xFF, 0x7F])
        #expect(LengthPrefixed.length(16_384) == [0x80, 0x80, 1])
    }
}

@Suite struct HexTests {
    @Test func readsWhatItWrites() {
        let bytes = Array(UInt8.min ... .max)
        #expect(Hex.bytes(Hex.text(bytes)) == bytes)
        #expect(Hex.bytes(Hex.text(bytes).uppercased()) == bytes)
        #expect(Hex.bytes("") == [])
    }

    @Test(arguments: ["0", "0g", "g0", " 0", "+1", "0x", "/0", ":0", "@0", "`0", "é0", "００", "00 00"])
    func refusesEverythingElse(_ text: String) { #expect(Hex.bytes(text) == nil) }
}

@Suite struct CrockfordBase32Tests {
    @Test(
        arguments: [
            ([], ""), ([0], "00"), ([0xFF], "zw"), ([0x08, 0x42, 0x10, 0x84, 0x21], "11111111"),
            ([0x00, 0x44, 0x32, 0x14, 0xC7], "01234567"), ([0xFF, 0xFF, 0xFF, 0xFF, 0xFF], "zzzzzzzz"),
            (Array("foobar".utf8), "csqpyrk1e8"),
        ] as [([UInt8], String)])
    func writesFiveBitsADigit(bytes: [UInt8], text: String) { #expect(CrockfordBase32.text(bytes) == text) }
}

@Suite struct FingerprintTests {
    private static let hexOfAbc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"

    @Test func isTheDigestOfTheCertificate() {
        let fingerprint = Fingerprint(certificate: Array("abc".utf8))
        #expect(fingerprint.bytes.count == 32)
        #expect(fingerprint.hex == Self.hexOfAbc)
        #expect("\(fingerprint)" == Self.hexOfAbc)
        #expect(Fingerprint(hex: Self.hexOfAbc) == fingerprint)
        #expect(Fingerprint(hex: Self.hexOfAbc.uppercased()) == fingerprint)
        #expect(Fingerprint(certificate: Array("abd".utf8)) != fingerprint)
    }

    @Test func otherTextsAreNoFingerprints() {
        let hex = Self.hexOfAbc
        for text in ["", "ba", hex + "00", String(hex.dropLast(2)), String(hex.dropLast()), hex.dropLast() + "g"] {
            #expect(Fingerprint(hex: String(text)) == nil, "\(text)")
        }
    }

    @Test func aPairIsKnownByTheDigestOfItsKey() {
        #expect(PairKeyDigest.hex(of: "abc") == Self.hexOfAbc)
        #expect(PairKeyDigest.hex(of: "abd") != Self.hexOfAbc)
    }
}
