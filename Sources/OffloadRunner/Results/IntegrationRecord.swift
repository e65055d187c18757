import OffloadDomain

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// What the device keeps of the integration of one task: the journal, and the content of everything that was or will be
/// replaced, by digest.
///
/// ```
/// integrations/<task>/journal.json
/// integrations/<task>/before/<sha256>
/// ```
struct IntegrationRecord: Sendable {
    private let parent: String
    private let name: String
    private var folder: String { "\(parent)/\(name)" }
    private var journalPath: String { "\(folder)/journal.json" }
    private var before: String { "\(folder)/before" }

    init(dataFolder: String, task: TaskID) {
        parent = "\(dataFolder)/integrations"
        name = task.rawValue
    }

    /// - Returns: nil when nothing was begun.
    /// - Throws: `OffloadError` of kind `device` when the journal can't be read.
    func journal() throws -> IntegrationJournal? {
        guard FileSystem.kind(of: journalPath) != .missing else { return nil }
        guard let bytes = FileSystem.read(journalPath),
            let journal = try? JSONDecoder().decode(IntegrationJournal.self, from: Data(bytes))
        else { throw OffloadError(.device, "the journal \(journalPath) cannot be read") }
        return journal
    }

    /// Durable when it returns.
    func write(_ journal: IntegrationJournal) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        try FileSystem.write(Array(try encoder.encode(journal)), to: journalPath)
        try FileSystem.flush(folder)
    }

    func makeFolders() throws {
        try FileSystem.makeFolder(before)
        for path in [folder, parent] { try FileSystem.flush(path) }
        if let slash = parent.lastIndex(of: "/") { try FileSystem.flush(String(parent[..<slash])) }
    }

    /// Keeps what lies in the project where steps begin, durably.
    /// - Throws: `OffloadError` of kind `conflict` when something else lies there by now.
    func keepBefore(of steps: [IntegrationStep], root: borrowing SafeFolder) throws {
        let store = try SafeFolder(path: before)
        for step in steps {
            guard let content = step.before, store.kind(of: content.sha256) == .missing else { continue }
            guard let folder = try root.entered(step.folders) else { throw FolderMoves.changed(step) }
            store.remove("partial")
            if content.kind == .link {
                guard let text = folder.linkText(step.name) else { throw FolderMoves.changed(step) }
                try store.write("partial", text, mode: 0o600)
            } else {
                guard let file = try folder.file(step.name) else { throw FolderMoves.changed(step) }
                _ = try store.create("partial", copying: file, permissions: 0o600)
            }
            guard try store.file("partial")?.digest() == content.sha256 else { throw FolderMoves.changed(step) }
            _ = try store.move("partial", to: store, as: content.sha256)
        }
        try store.flush()
    }

    /// Opens content that was kept.
    func content(_ digest: String) throws -> ReadableFile {
        guard let file = try SafeFolder(path: before).file(digest) else {
            throw OffloadError(.device, "\(before)/\(digest) is gone")
        }
        return file
    }

    func remove() throws {
        // The journal goes first: what is left without one says nothing.
        let folder = try SafeFolder(path: folder)
        folder.remove("journal.json")
        try folder.flush()
        if let store = try folder.entered(["before"]) {
            for name in try store.names() { store.remove(name) }
        }
        folder.removeEmptyFolder("before")
        try SafeFolder(path: parent).removeEmptyFolder(name)
    }

    /// Ends the integration, but keeps the content that could not be put back.
    /// - Returns: the folder with the content.
    func setAside() throws -> String {
        let folder = try SafeFolder(path: folder)
        folder.remove("journal.json")
        try folder.flush()
        let place = "\(parent)/\(name).kept\(StagingName.make())"
        try FileSystem.move(self.folder, to: place)
        try FileSystem.flush(parent)
        return place
    }
}
