/// What the source keeps of the key of a pair: enough to know the key again, and nothing to log in with.
package enum PairKeyDigest {
    /// SHA-256 of the text's UTF-8 bytes, as 64 lower-case hexadecimal digits. A key holds 256 random bits, so neither
    /// salt nor a slow hash would add anything.
    package static func hex(of key: String) -> String { ContentDigest.hex(of: key.utf8) }
}
