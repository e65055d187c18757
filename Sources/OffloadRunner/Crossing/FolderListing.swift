import OffloadDomain

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// What a project without git has, as it goes over to another device: every path with the digest of its content.
struct FolderListing: Codable, Equatable {
    struct Entry: Codable, Equatable {
        let path: String
        /// `file`, `executable` or `link`.
        let kind: String
        let sha256: String
        let size: Int64
    }

    var entries: [Entry]

    init(entries: [Entry]) { self.entries = entries }

    /// - Throws: `OffloadError` of kind `unprocessable` when it is no list.
    init(_ bytes: [UInt8]) throws {
        guard let listing = try? JSONDecoder().decode(Self.self, from: Data(bytes)) else {
            throw OffloadError(.unprocessable, "what the other device sent is no list of files")
        }
        self = listing
    }

    func encoded() throws -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return Array(try encoder.encode(self))
    }
}

/// One file of a list, after every check but that of its content.
struct ListedFile: Sendable, Equatable {
    let path: ChangePath
    let content: FileContent
    let size: Int64
}

extension FolderListing {
    /// Checks that all of it can be the files of a project, on any device.
    /// - Throws: `OffloadError` of kind `unprocessable` or `tooLarge` that shows the first path that can't be.
    func checked() throws -> [ListedFile] {
        guard entries.count <= FolderLimits.entries else {
            throw OffloadError(.tooLarge, "the project has more than \(FolderLimits.entries) files")
        }
        var files: [ListedFile] = []
        var (names, paths, total) = (NameTree(), Set<ChangePath>(), Int64(0))
        for entry in entries {
            if let flaw = ChangePath.flaw(of: entry.path) { throw Self.refusal(entry, flaw) }
            let path = try ChangePath(entry.path)
            guard let kind = Manifest.Entry.Kind(rawValue: entry.kind), ContentDigestText.isOne(entry.sha256) else {
                throw Self.refusal(entry, "has no content that is understood")
            }
            guard paths.insert(path).inserted else { throw Self.refusal(entry, "is there twice") }
            if let flaw = names.flaw(ofAdding: path) { throw Self.refusal(entry, flaw) }
            guard names.folderCount <= FolderLimits.entries else {
                throw Self.refusal(entry, "is in one of too many folders")
            }
            guard (0...FolderLimits.file).contains(entry.size) else {
                throw Self.refusal(entry, "has more than \(FolderLimits.file) bytes")
            }
            total += entry.size
            guard total <= FolderLimits.total else {
                throw OffloadError(.tooLarge, "the project's files have more than \(FolderLimits.total) bytes")
            }
            files.append(ListedFile(path: path, content: FileContent(kind, entry.sha256), size: entry.size))
        }
        return files
    }

    private static func refusal(_ entry: Entry, _ flaw: String) -> OffloadError {
        OffloadError(
            .unprocessable,
            "the project has \(ShownPath.text(entry.path)), which \(flaw); without git, work on it can't be done on another device"
        )
    }
}
