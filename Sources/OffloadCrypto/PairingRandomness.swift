/// What each side sends first, so that no two runs have the same session.
package enum PairingNonce {
    /// Bytes.
    package static let size = 16

    /// Bytes from the system's generator.
    package static func make() -> [UInt8] {
        var generator = SystemRandomNumberGenerator()
        return (0..<size).map { _ in UInt8.random(in: .min ... .max, using: &generator) }
    }
}

/// The code that the source shows and a person types on the target.
package enum PairingCodeSource {
    /// Six decimal digits from the system's generator, each of the million codes as likely as any other.
    package static func make() -> String {
        var generator = SystemRandomNumberGenerator()
        let digits = String(Int.random(in: 0..<1_000_000, using: &generator))
        return String(repeating: "0", count: 6 - digits.count) + digits
    }
}
