/// The names of the folders in which a result waits, in the project's own root, for being put in its places: only within
/// one file system can a file change its place in one step.
enum StagingName {
    private static let (prefix, digits) = (".offload-", 16)

    static func make() -> String {
        let text = String(UInt64.random(in: 0...UInt64.max), radix: 16)
        return prefix + String(repeating: "0", count: digits - text.utf8.count) + text
    }

    /// Whether a name in the root of a project is one of ours. Case does not matter, as it does not to some file systems.
    static func isOne(_ name: String) -> Bool {
        let bytes = Array(name.utf8)
        guard bytes.count == prefix.utf8.count + digits, name.lowercased().hasPrefix(prefix) else { return false }
        return bytes.suffix(digits).allSatisfy { byte in
            (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
                || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(byte | 0x20)
        }
    }
}
