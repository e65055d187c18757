internal import Crypto

/// A running SHA-256 over content that comes in pieces.
package struct ContentDigest {
    private var hash = SHA256()

    package init() {}

    package mutating func update(_ bytes: some Sequence<UInt8>) {
        hash.update(data: Array(bytes))
    }

    package mutating func update(_ bytes: UnsafeRawBufferPointer) {
        hash.update(bufferPointer: bytes)
    }

    /// 64 lower-case hexadecimal digits.
    package func hex() -> String { Hex.text(hash.finalize()) }

    package static func hex(of bytes: some Sequence<UInt8>) -> String {
        var digest = ContentDigest()
        digest.update(bytes)
        return digest.hex()
    }
}

enum Hex {
    private static let digits = Array("0123456789abcdef".utf8)

    static func text(_ bytes: some Sequence<UInt8>) -> String {
        var text: [UInt8] = []
        for byte in bytes {
            text.append(digits[Int(byte >> 4)])
            text.append(digits[Int(byte & 15)])
        }
        return String(decoding: text, as: UTF8.self)
    }
}
