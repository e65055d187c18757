/// The line in front of a bundle on its way between devices, which says how large it is: what ends early is seen to.
/// Before it there may be line feeds, which say that the bundle is being made.
package struct BundleAnnouncement: Sendable, Equatable {
    package let size: Int64
    /// Bytes of the line.
    package let length: Int

    private static let word = "offload-bundle "

    /// - Parameter bytes: what came, from the first that is no line feed.
    /// - Returns: nil while the line is not whole.
    /// - Throws: `OffloadError` of kind `unprocessable` when it is no such line.
    package init?(_ bytes: [UInt8]) throws(OffloadError) {
        guard let end = bytes.prefix(64).firstIndex(of: UInt8(ascii: "\n")) else {
            guard bytes.count < 64 else { throw Self.refusal }
            return nil
        }
        let line = String(decoding: bytes[..<end], as: UTF8.self)
        guard line.hasPrefix(Self.word), let size = Int64(line.dropFirst(Self.word.count)), size > 0 else {
            throw Self.refusal
        }
        self.size = size
        length = end + 1
    }

    private static let refusal = OffloadError(.unprocessable, "what the other device sent is no bundle")

    package static func line(size: Int64) -> String { "\(word)\(size)\n" }
}
