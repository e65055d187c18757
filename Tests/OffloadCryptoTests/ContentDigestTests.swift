import OffloadCrypto
import Testing

@Suite struct ContentDigestTests {
    /// A published example of FIPS 180-4: a text, how often it is repeated, and its digest.
    struct Vector: Sendable, CustomTestStringConvertible {
        let text: String
        var count = 1
        let hex: String
        var testDescription: String { "\(text) × \(count)" }
    }

    static let vectors = [
        Vector(text: "", hex: "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
        Vector(text: "abc", hex: "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
        Vector(
            text: "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
            hex: "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"),
        Vector(text: "a", count: 1_000_000, hex: "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"),
    ]

    @Test(arguments: vectors) func agreesWithThePublishedVectors(_ vector: Vector) {
        let text = String(repeating: vector.text, count: vector.count)
        #expect(ContentDigest.hex(of: text.utf8) == vector.hex)
    }

    /// Pieces of every size up to beyond a block give the same digest as the whole.
    @Test(arguments: [1, 2, 63, 64, 65, 1_000]) func doesNotDependOnThePieces(_ size: Int) throws {
        let bytes = (0..<10_000).map { UInt8(truncatingIfNeeded: $0 &* 31) }
        var digest = ContentDigest()
        var raw = ContentDigest()
        for start in stride(from: 0, to: bytes.count, by: size) {
            let piece = bytes[start..<min(start + size, bytes.count)]
            digest.update(piece)
            Array(piece).withUnsafeBytes { raw.update($0) }
        }
        let whole = ContentDigest.hex(of: bytes)
        #expect(digest.hex() == whole)
        #expect(raw.hex() == whole)
    }

    @Test func oneOtherBitGivesAnotherDigest() {
        #expect(ContentDigest.hex(of: [0b0000_0000]) != ContentDigest.hex(of: [0b0000_0001]))
    }

    @Test func leadingZeroesAreWritten() {
        // The digest of these five bytes begins with a zero byte; cut zeroes would make the text shorter.
        let bytes = Self.bytesWhoseDigestBeginsWithZero()
        let hex = ContentDigest.hex(of: bytes)
        #expect(hex.count == 64)
        #expect(hex.hasPrefix("00"))
    }

    private static func bytesWhoseDigestBeginsWithZero() -> [UInt8] {
        for number in UInt16.min ... .max {
            let bytes = [UInt8(number >> 8), UInt8(truncatingIfNeeded: number)]
            if ContentDigest.hex(of: bytes).hasPrefix("00") { return bytes }
        }
        return []
    }
}
