package import OffloadDomain

/// The text in front of a git bundle's pack, read by us before git sees any of it.
///
/// `# v2 git bundle`, or `# v3 git bundle` with `@object-format=…`; a line `-<commit> <title>` for each commit that has to be
/// there already, a line `<commit> <ref>` for each that it brings, and an empty line (git's bundle-format documentation).
package struct BundleHeader: Sendable, Equatable {
    package struct Reference: Sendable, Equatable {
        package let commit: CommitHash
        package let name: String
    }

    package private(set) var prerequisites: [CommitHash] = []
    package private(set) var references: [Reference] = []
    /// Where the pack begins.
    package private(set) var length = 0

    package static let limit = 64 * 1024

    /// - Parameter bytes: the beginning of a bundle.
    /// - Returns: nil when the header does not end in `bytes`.
    /// - Throws: `OffloadError` of kind `unprocessable` when it is none, or longer than `limit`.
    package init?(_ bytes: [UInt8]) throws(OffloadError) {
        var rest = bytes[...]
        var isFirst = true
        while let end = rest.firstIndex(of: UInt8(ascii: "\n")), end < Self.limit {
            let line = String(decoding: rest[..<end], as: UTF8.self)
            rest = rest[(end + 1)...]
            if line.isEmpty, !isFirst {
                length = rest.startIndex
                return
            }
            try take(line, isFirst: isFirst)
            isFirst = false
        }
        guard bytes.count < Self.limit else { throw Self.refusal }
        return nil
    }

    private mutating func take(_ line: String, isFirst: Bool) throws(OffloadError) {
        if isFirst {
            guard line == "# v2 git bundle" || line == "# v3 git bundle" else { throw Self.refusal }
            return
        }
        if line.hasPrefix("@") {
            guard line == "@object-format=sha1" || line == "@object-format=sha256" else { throw Self.refusal }
        } else if line.hasPrefix("-") {
            let words = line.dropFirst().split(separator: " ", maxSplits: 1)
            guard let commit = words.first.flatMap({ CommitHash(String($0)) }) else { throw Self.refusal }
            prerequisites.append(commit)
        } else {
            let words = line.split(separator: " ", maxSplits: 1, omittingEmptySubsequences: false)
            guard words.count == 2, let commit = CommitHash(String(words[0])) else { throw Self.refusal }
            references.append(Reference(commit: commit, name: String(words[1])))
        }
    }

    private static let refusal = OffloadError(.unprocessable, "what the other device sent is no bundle")
}
