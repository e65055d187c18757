import OffloadDomain

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// How much a change set may be.
package struct ChangeSetLimits: Sendable {
    /// Of all the changes together with their content each time that it is used.
    package var (entries, totalBytes) = (100_000, Int64(4) << 30)
    package var fileBytes = Int64(1) << 30
    /// Of `changes.json`.
    package var listBytes = 64 << 20

    package init() {}
}

/// A change set as it lies on disk. Whoever wrote it, an agent or another device, nothing in it is believed before it is
/// checked.
package struct StoredChangeSet: Sendable {
    private static let (list, blobs) = ("changes.json", "blobs")

    private let folder: String
    private let limits: ChangeSetLimits

    /// - Parameter folder: the folder with `changes.json` and `blobs`, absolute.
    package init(folder: String, limits: ChangeSetLimits = ChangeSetLimits()) {
        self.folder = folder
        self.limits = limits
    }

    /// Whether there is a change set at all.
    var isThere: Bool { FileSystem.kind(of: "\(folder)/\(Self.list)") == .file }

    /// The list as it is, and each content once with a path that it is for.
    func listed() throws -> (list: [UInt8], contents: [(digest: String, path: ChangePath)]) {
        guard let list = try SafeFolder(path: folder).file(Self.list)?.bytes(limit: limits.listBytes) else {
            throw OffloadError(.unprocessable, "the result has no list of its changes, or one that is too long")
        }
        var (contents, known) = ([(digest: String, path: ChangePath)](), Set<String>())
        for change in try changes() {
            guard let digest = change.theirs?.sha256, known.insert(digest).inserted else { continue }
            contents.append((digest, change.path))
        }
        return (list, contents)
    }

    /// Becomes what was read into another folder and checked there. Durable when it returns.
    func takePlace(of other: String) throws {
        guard let slash = folder.lastIndex(of: "/") else { throw OffloadError.invalid("path", "must be absolute") }
        let parent = String(folder[..<slash])
        try FileSystem.makeFolder(parent)
        try FileSystem.flush(other)
        try FileSystem.move(other, to: folder)
        try FileSystem.flush(parent)
    }

    /// Checks everything: the list, that each content is there and is what the list says, and that nothing else is. Reads
    /// all of it and blocks meanwhile.
    /// - Throws: `OffloadError` of kind `unprocessable` that shows the first path that is not as it has to be.
    package func check() throws {
        let changes = try changes()
        let root = try SafeFolder(path: folder)
        for name in try root.names() where name != Self.list && name != Self.blobs {
            throw OffloadError(.unprocessable, "the result has \(ShownPath.text(name)) beside its changes")
        }
        let blobs = try root.entered([Self.blobs])
        var sizes: [String: Int64] = [:]
        var total: Int64 = 0
        for change in changes {
            guard let theirs = change.theirs else { continue }
            let size = try sizes[theirs.sha256] ?? self.size(of: theirs.sha256, for: change.path, in: blobs)
            sizes[theirs.sha256] = size
            // Counted each time: what is listed twice is written twice.
            total += size
            guard total <= limits.totalBytes else {
                throw refusal(of: change.path, "makes the result larger than \(limits.totalBytes) bytes")
            }
        }
        for name in try blobs?.names() ?? [] where sizes[name] == nil {
            throw OffloadError(
                .unprocessable, "the result has the content \(ShownPath.text(name)) without a change for it")
        }
    }

    private func size(
        of digest: String, for path: ChangePath, in blobs: borrowing SafeFolder?
    ) throws -> Int64 {
        guard let file = try blobs?.file(digest) else { throw refusal(of: path, "has no content") }
        guard file.size <= limits.fileBytes else { throw refusal(of: path, "has more than \(limits.fileBytes) bytes") }
        guard try file.digest() == digest else { throw refusal(of: path, "has other content than it says") }
        return file.size
    }

    /// The changes, in the order of the list, after every check but that of the content of files.
    func changes() throws -> [CheckedChange] {
        let root = try SafeFolder(path: folder)
        guard let bytes = try root.file(Self.list)?.bytes(limit: limits.listBytes) else {
            throw OffloadError(.unprocessable, "the result has no list of its changes, or one that is too long")
        }
        guard let rows = try? JSONDecoder().decode([ChangeRow].self, from: Data(bytes)) else {
            throw OffloadError(.unprocessable, "the list of the result's changes cannot be read")
        }
        guard rows.count <= limits.entries else {
            throw OffloadError(.unprocessable, "the result has more than \(limits.entries) changes")
        }
        let changes = try rows.map { try $0.checked() }
        try ChangeSetRules.checkTogether(changes, folderLimit: limits.entries)
        let blobs = try root.entered([Self.blobs])
        for change in changes where change.theirs?.kind == .link {
            guard let digest = change.theirs?.sha256,
                let target = try blobs?.file(digest)?.bytes(limit: ChangePath.lengthLimit)
            else { throw refusal(of: change.path, "is a link without a target") }
            try change.path.checkLink(to: target)
        }
        return changes
    }

    /// Opens the content of a change.
    func content(_ digest: String, for path: ChangePath) throws -> ReadableFile {
        guard let blobs = try SafeFolder(path: folder).entered([Self.blobs]), let file = try blobs.file(digest) else {
            throw refusal(of: path, "has no content")
        }
        return file
    }

    private func refusal(of path: ChangePath, _ flaw: String) -> OffloadError {
        OffloadError(.unprocessable, "the result's \(ShownPath.text(path.text)) \(flaw)")
    }
}
