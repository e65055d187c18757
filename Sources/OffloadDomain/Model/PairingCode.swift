/// Six digits that a person carries from one screen to the other.
package struct PairingCode: Sendable, Equatable, CustomStringConvertible {
    package static let length = 6

    /// ASCII digits.
    package let digits: String

    /// Reads what a person typed: spaces and dashes may stand anywhere, and full-width digits count as digits.
    /// - Throws: `OffloadError` of kind `invalidRequest` for anything else, before anything is sent anywhere.
    package init(parsing text: String) throws(OffloadError) {
        var digits = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "0"..."9": digits.unicodeScalars.append(scalar)
            case "\u{FF10}"..."\u{FF19}":
                guard let digit = Unicode.Scalar(scalar.value - 0xFF10 + 0x30) else { continue }
                digits.unicodeScalars.append(digit)
            case " ", "\t", "\u{A0}", "\u{3000}", "\u{2009}", "\u{202F}", "-", "\u{2010}"..."\u{2015}", "\u{2212}",
                "\u{FF0D}":
                continue
            default: throw Self.refusal
            }
            guard digits.utf8.count <= Self.length else { throw Self.refusal }
        }
        guard digits.utf8.count == Self.length else { throw Self.refusal }
        self.digits = digits
    }

    private static let refusal = OffloadError.invalid("pairingCode", "the six digits that the other device shows")

    /// Whoever prints a code by mistake prints none.
    package var description: String { "(code)" }
}
