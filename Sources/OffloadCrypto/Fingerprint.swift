internal import Crypto

/// What a certificate is told by: SHA-256 of its DER bytes.
package struct Fingerprint: Sendable, Hashable, CustomStringConvertible {
    static let size = 32

    /// 32 bytes.
    package let bytes: [UInt8]

    package init(certificate der: [UInt8]) { bytes = Array(SHA256.hash(data: der)) }

    /// - Parameter hex: 64 hexadecimal digits of either case; anything else gives nil.
    package init?(hex: String) {
        guard let bytes = Hex.bytes(hex), bytes.count == Self.size else { return nil }
        self.bytes = bytes
    }

    /// 64 lower-case hexadecimal digits.
    package var hex: String { Hex.text(bytes) }

    package var description: String { hex }
}
