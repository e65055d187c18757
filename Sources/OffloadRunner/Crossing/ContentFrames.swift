import OffloadDomain

/// Contents of files on their way between devices, one after another, each behind a line that says what it is:
/// `content <sha256> <bytes>`.
enum ContentFrames {
    static func line(_ digest: String, size: Int64) -> [UInt8] { Array("content \(digest) \(size)\n".utf8) }
}

/// Reads frames as they come, in pieces of any size.
struct ContentFrameReader {
    enum Part: Equatable {
        case begins(digest: String, size: Int64)
        case bytes(ArraySlice<UInt8>)
        case ends
    }

    /// No line is longer: the word, a digest and a number.
    private static let lineLimit = 96

    private var line: [UInt8] = []
    /// Bytes of the current content that have not come; nil between two.
    private var missing: Int64?

    static let refusal = OffloadError(.unprocessable, "what the other device sent are no files")

    mutating func take(_ piece: [UInt8], _ use: (Part) throws -> Void) throws {
        var rest = piece[...]
        while !rest.isEmpty {
            guard let missing else {
                try takeLine(&rest, use)
                continue
            }
            let part = rest.prefix(Int(clamping: missing))
            rest = rest.dropFirst(part.count)
            try use(.bytes(part))
            try count(missing - Int64(part.count), use)
        }
    }

    private mutating func takeLine(_ rest: inout ArraySlice<UInt8>, _ use: (Part) throws -> Void) throws {
        let end = rest.firstIndex(of: UInt8(ascii: "\n"))
        line += rest[..<(end ?? rest.endIndex)]
        guard line.count <= Self.lineLimit else { throw Self.refusal }
        rest = end.map { rest[($0 + 1)...] } ?? []
        guard end != nil else { return }
        let words = String(decoding: line, as: UTF8.self).split(separator: " ", omittingEmptySubsequences: false)
        line = []
        guard words.count == 3, words[0] == "content", ContentDigestText.isOne(words[1]),
            let size = Int64(words[2]), size >= 0, String(size) == words[2]
        else { throw Self.refusal }
        try use(.begins(digest: String(words[1]), size: size))
        try count(size, use)
    }

    private mutating func count(_ missing: Int64, _ use: (Part) throws -> Void) throws {
        self.missing = missing == 0 ? nil : missing
        if missing == 0 { try use(.ends) }
    }

    /// - Throws: `OffloadError` of kind `device` when it was cut off, which says nothing about the contents.
    func finish() throws {
        guard missing == nil, line.isEmpty else {
            throw OffloadError(.device, "the other device stopped in the middle of what it sent")
        }
    }
}

/// A SHA-256 as it is written: 64 lower-case hexadecimal digits.
enum ContentDigestText {
    static func isOne(_ text: some StringProtocol) -> Bool {
        text.utf8.count == 64
            && text.utf8.allSatisfy { byte in
                (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
                    || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(byte)
            }
    }
}
