/// Crockford's base 32 in lower case: no i, l, o and u, so that a person does not mistake one digit for another.
enum CrockfordBase32 {
    private static let digits = Array("0123456789abcdefghjkmnpqrstvwxyz".utf8)

    /// One digit for five bits, highest first; missing bits at the end count as zero.
    static func text(_ bytes: some Sequence<UInt8>) -> String {
        var text: [UInt8] = []
        var bits = 0
        var bitCount = 0
        for byte in bytes {
            bits = bits << 8 | Int(byte)
            bitCount += 8
            while bitCount >= 5 {
                bitCount -= 5
                text.append(digits[bits >> bitCount & 31])
            }
            // Only what is not written yet, so that any number of bytes fits.
            bits &= 31
        }
        if bitCount > 0 { text.append(digits[bits << (5 - bitCount) & 31]) }
        return String(decoding: text, as: UTF8.self)
    }
}
