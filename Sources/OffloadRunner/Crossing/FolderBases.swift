import OffloadDomain
import SystemPackage

#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

/// What attempts of other devices' tasks start from in projects without git. Everything here blocks.
///
/// ```
/// folder-bases/<project>/<task>.<attempt>.new/     on its way here
/// folder-bases/<project>/<task>.<attempt>/list.json
/// folder-bases/<project>/<task>.<attempt>/contents/<sha256>
/// folder-bases/<project>/latest/                   of the attempt that ended last, so that only what differs has to come
/// ```
///
/// A content that several of them have is one file with several names, so that each can be removed by itself.
struct FolderBases: Sendable {
    private let root: String

    private static let (list, contents, latest, new) = ("list.json", "contents", "latest", ".new")

    /// - Parameter dataFolder: the device's data folder, absolute.
    init(dataFolder: String) { root = "\(dataFolder)/folder-bases" }

    private func folder(_ project: ProjectID) -> String { "\(root)/\(project)" }
    private func folder(_ key: AttemptKey, _ project: ProjectID) -> String {
        "\(folder(project))/\(key.task).\(key.number)"
    }

    func holds(_ key: AttemptKey, of project: ProjectID) -> Bool {
        FileSystem.kind(of: "\(folder(key, project))/\(Self.list)") == .file
    }

    // MARK: - Coming in

    /// A base on its way here.
    struct Draft: Sendable {
        let key: AttemptKey
        let project: ProjectID
        let files: [ListedFile]
        /// Where contents are put.
        let contents: String
        /// What is not there yet, with its size.
        var missing: [String: Int64]
    }

    /// Begins, or goes on where it was broken off: what is here already is taken from there.
    /// - Parameter own: the project's folder on this device, which may have some of the files.
    func begin(_ key: AttemptKey, of project: ProjectID, _ files: [ListedFile], own: Manifest, at path: String) throws
        -> Draft
    {
        let contents = "\(folder(key, project))\(Self.new)/\(Self.contents)"
        try FileSystem.makeFolder(contents)
        let others = FileSystem.names(in: folder(project)).map { "\(folder(project))/\($0)/\(Self.contents)" }
        var missing: [String: Int64] = [:]
        for file in files where missing[file.content.sha256] == nil {
            let digest = file.content.sha256
            guard FileSystem.kind(of: "\(contents)/\(digest)") != .file,
                !others.contains(where: { link("\($0)/\(digest)", "\(contents)/\(digest)") == 0 })
            else { continue }
            missing[digest] = file.size
        }
        var draft = Draft(key: key, project: project, files: files, contents: contents, missing: missing)
        try takeOwn(own, at: path, &draft)
        return draft
    }

    private func takeOwn(_ own: Manifest, at path: String, _ draft: inout Draft) throws {
        let root = try SafeFolder(path: path)
        let contents = try SafeFolder(path: draft.contents)
        for entry in own.entries where draft.missing[entry.sha256] != nil && entry.kind != .link {
            let names = entry.path.split(separator: "/").map(String.init)
            guard let name = names.last, let file = try root.entered(names.dropLast())?.file(name) else { continue }
            let unfinished = entry.sha256 + ContentIntake.unfinished
            contents.remove(unfinished)
            // It may have changed since it was looked at.
            if try contents.create(unfinished, copying: file) == entry.sha256,
                try contents.move(unfinished, to: contents, as: entry.sha256)
            {
                draft.missing[entry.sha256] = nil
            }
        }
    }

    /// Everything has come: from here on the attempt can start.
    func finish(_ draft: Draft) throws {
        let (here, new) = (folder(draft.key, draft.project), folder(draft.key, draft.project) + Self.new)
        let entries = draft.files.map { file in
            FolderListing.Entry(
                path: file.path.text, kind: file.content.kind.rawValue, sha256: file.content.sha256, size: file.size)
        }
        try FileSystem.flush(draft.contents)
        try FileSystem.write(try FolderListing(entries: entries).encoded(), to: "\(new)/\(Self.list)")
        try FileSystem.move(new, to: here)
        try FileSystem.flush(folder(draft.project))
    }

    // MARK: - Work

    /// Lays the files of a base into an empty folder.
    /// - Throws: `OffloadError` of kind `device` when the base is not whole, `unprocessable` when a link in it leads
    ///   outside.
    func lay(_ key: AttemptKey, of project: ProjectID, into tree: String) throws {
        let folder = folder(key, project)
        guard let bytes = FileSystem.read("\(folder)/\(Self.list)") else { throw Self.incomplete }
        var below: [ExactText: [ListedFile]] = [:]
        for file in try FolderListing(bytes).checked() {
            below[ExactText(file.path.folders.joined(separator: "/")), default: []].append(file)
        }
        let root = try SafeFolder(path: tree)
        let contents = try SafeFolder(path: "\(folder)/\(Self.contents)")
        for (_, files) in below {
            let parent = try root.entering(path: files[0].path.folders)
            for file in files { try Self.lay(file, into: parent, from: contents) }
        }
    }

    private static func lay(
        _ file: ListedFile, into folder: borrowing SafeFolder, from contents: borrowing SafeFolder
    ) throws {
        guard let content = try contents.file(file.content.sha256) else { throw incomplete }
        if file.content.kind == .link {
            guard let target = try content.bytes(limit: ChangePath.lengthLimit) else { throw incomplete }
            try file.path.checkLink(to: target)
            return try folder.createLink(file.path.name, to: target)
        }
        let digest = try folder.create(
            file.path.name, copying: content, executable: file.content.kind == .executable, durably: false)
        guard digest == file.content.sha256 else { throw incomplete }
    }

    private static let incomplete = OffloadError(
        .device, "the files that the attempt starts from are not whole any more; retry the task to have them sent again"
    )

    // MARK: - Ends

    /// The attempt is over. What it started from is kept as the latest, in place of the one before; what had come for one
    /// that never started is added to that.
    func forget(_ key: AttemptKey, _ files: FileSystem) async {
        for project in FileSystem.names(in: root) {
            let folder = "\(root)/\(project)"
            let latest = "\(folder)/\(Self.latest)"
            let here = "\(folder)/\(key.task).\(key.number)"
            if FileSystem.kind(of: here) == .folder {
                await files.remove(latest)
                if (try? FileSystem.move(here, to: latest)) == nil { await files.remove(here) }
            }
            if FileSystem.kind(of: here + Self.new) == .folder {
                try? keep("\(here)\(Self.new)/\(Self.contents)", in: "\(latest)/\(Self.contents)")
                await files.remove(here + Self.new)
            }
        }
    }

    private func keep(_ contents: String, in latest: String) throws {
        try FileSystem.makeFolder(latest)
        for name in FileSystem.names(in: contents) where ContentDigestText.isOne(name) {
            try FileSystem.move("\(contents)/\(name)", to: "\(latest)/\(name)")
        }
    }

    /// Attempts of which something is here.
    func keys() -> [AttemptKey] {
        FileSystem.names(in: root).flatMap { FileSystem.names(in: "\(root)/\($0)") }
            .compactMap { AttemptKey(folderName: $0.hasSuffix(Self.new) ? String($0.dropLast(Self.new.count)) : $0) }
    }
}

extension AttemptKey {
    /// The attempt whose folder has this name: `<task>.<attempt>`.
    init?(folderName name: String) {
        let parts = name.split(separator: ".")
        guard parts.count == 2, let task = TaskID(rawValue: String(parts[0])), let number = Int(parts[1]) else {
            return nil
        }
        self.init(task: task, number: AttemptNumber(value: number))
    }
}
