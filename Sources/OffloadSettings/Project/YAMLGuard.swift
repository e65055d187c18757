/// Refuses, before anything is built from a text, the two features of YAML with which a small text becomes much work:
/// anchors (a value used again and again, nested) and explicit keys (whole documents that are compared as keys).
///
/// The look at the text is a coarse one. It finds every anchor and explicit key, and would also find what looks like
/// one at the beginning of a line inside a longer text, which no setting has a reason to contain.
enum YAMLGuard {
    static func refuseExpansions(in text: String) throws(ProjectSettingsProblem) {
        var line = 1
        var place = Place.start
        let bytes = Array(text.utf8)
        for (index, byte) in bytes.enumerated() {
            let next = index + 1 < bytes.count ? bytes[index + 1] : UInt8(ascii: "\n")
            if place.canBeginNode {
                if byte == UInt8(ascii: "&"), isNameByte(next) {
                    throw ProjectSettingsProblem(line: line, "anchors (&) are not supported; write the value out")
                }
                if byte == UInt8(ascii: "?"), endsIndicator(next) {
                    throw ProjectSettingsProblem(
                        line: line, "explicit keys (?) are not supported; write \"key: value\"")
                }
            }
            place = place.after(byte)
            if byte == UInt8(ascii: "\n") { line += 1 }
        }
    }

    /// Where in a line the reader stands, as far as it matters for what may begin there.
    private enum Place {
        /// A node may begin here: before this there were only white space and indicators.
        case start
        /// Directly after `-`, which is an indicator when white space follows.
        case dash
        /// Inside a tag; behind it comes the node that it belongs to.
        case tag
        case other

        var canBeginNode: Bool { self == .start }

        func after(_ byte: UInt8) -> Place {
            switch byte {
            // The last bytes of the other line breaks of YAML 1.1 (U+0085, U+2028, U+2029) and of a byte order mark
            // count wherever they appear: too many beginnings are harmless, a missed one is not.
            case UInt8(ascii: "\n"), UInt8(ascii: "\r"), 0x85, 0xA8, 0xA9, 0xBF: .start
            case UInt8(ascii: " "), UInt8(ascii: "\t"): self == .other ? .other : .start
            // Inside of brackets `:` and `?` need no white space behind them.
            case UInt8(ascii: ","), UInt8(ascii: "["), UInt8(ascii: "{"), UInt8(ascii: ":"), UInt8(ascii: "?"): .start
            case UInt8(ascii: "!") where self == .start: .tag
            case UInt8(ascii: "-") where self == .start || self == .dash: .dash
            default: self == .tag ? .tag : .other
            }
        }
    }

    private static func isNameByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"):
            true
        default: false
        }
    }

    private static func endsIndicator(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: " "), UInt8(ascii: "\t"), UInt8(ascii: "\n"), UInt8(ascii: "\r"), UInt8(ascii: "["),
            UInt8(ascii: "{"), UInt8(ascii: "!"), 0xC2, 0xE2:
            true
        default: false
        }
    }
}
