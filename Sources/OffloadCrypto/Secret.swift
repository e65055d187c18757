internal import Crypto

/// A key or one-time secret. It can be compared and handed over, but it never appears in a description, a log or a dump.
package struct Secret: Sendable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// The secret itself; call it where it leaves the program on purpose, and nowhere else.
    package let reveal: String

    package init(_ text: String) { reveal = text }

    /// 256 bits from the system's generator, as 64 hexadecimal digits.
    package static func random() -> Secret {
        var generator = SystemRandomNumberGenerator()
        let bytes = (0..<32).map { _ in UInt8.random(in: .min ... .max, using: &generator) }
        return Secret(Hex.text(bytes))
    }

    /// Compares without telling by its duration how much was right.
    package func matches(_ guess: String) -> Bool {
        let mine = SHA256.hash(data: Array(reveal.utf8))
        let theirs = SHA256.hash(data: Array(guess.utf8))
        var difference: UInt8 = 0
        for (left, right) in zip(mine, theirs) { difference |= left ^ right }
        return difference == 0
    }

    /// HMAC-SHA-256 of the text under this secret, in hexadecimal digits: shows that whoever made it knew the secret.
    package func signature(of text: String) -> String {
        let key = SymmetricKey(data: Array(reveal.utf8))
        return Hex.text(HMAC<SHA256>.authenticationCode(for: Array(text.utf8), using: key))
    }

    package var description: String { "(secret)" }
    package var debugDescription: String { "(secret)" }
    package var customMirror: Mirror { Mirror(self, children: [:]) }
}
