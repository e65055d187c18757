/// Byte strings put together, each behind its length, so that no two lists give the same bytes: `lv_cat` of the CPace
/// draft.
struct LengthPrefixed {
    let bytes: [UInt8]

    init(_ parts: [UInt8]...) {
        bytes = parts.flatMap { Self.length($0.count) + $0 }
    }

    /// The length alone, as unsigned LEB128: seven bits a byte, lowest first, the top bit says that more follow.
    static func length(_ count: Int) -> [UInt8] {
        var rest = UInt(count)
        var bytes: [UInt8] = []
        while rest >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(rest))
        return bytes
    }

    /// What `prepend_len` of the draft makes of one byte string.
    static func one(_ part: [UInt8]) -> [UInt8] { LengthPrefixed(part).bytes }
}
