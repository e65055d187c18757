/// The end of what a program wrote, for the message that says why it failed.
struct RecentOutput: Sendable {
    private static let limit = 4_096
    private static let lineLimit = 5
    private var bytes: [UInt8] = []

    mutating func append(_ piece: UnsafeRawBufferPointer) {
        bytes.append(contentsOf: UnsafeRawBufferPointer(rebasing: piece.suffix(Self.limit)))
        if bytes.count > 2 * Self.limit { bytes.removeFirst(bytes.count - Self.limit) }
    }

    mutating func append(_ text: String) {
        var text = text
        text.withUTF8 { append(UnsafeRawBufferPointer($0)) }
    }

    /// The last lines that hold something.
    var lastLines: String {
        let text = String(decoding: bytes.suffix(Self.limit), as: UTF8.self)
        return text.split(whereSeparator: \.isNewline).filter { !$0.allSatisfy(\.isWhitespace) }
            .suffix(Self.lineLimit).joined(separator: "\n")
    }
}
