package import OffloadDomain
import Synchronization

/// The files of projects without git: listed and sent by the source, compared and kept by the target.
package struct FolderBaseTransfer: FolderTransfer {
    private let bases: FolderBases
    private let manifests: FolderManifests
    private let scratch: ScratchFiles
    private let files: FileSystem
    private let work = BlockingWork(label: "offload.folder-bases")

    private static let pieceSize = 256 * 1024
    /// How often files are listed anew that change while they are brought over.
    private static let tries = 5

    /// - Parameter dataFolder: the device's data folder, absolute.
    package init(dataFolder: String, tools: any ToolRunner) {
        bases = FolderBases(dataFolder: dataFolder)
        manifests = FolderManifests(dataFolder: dataFolder)
        files = FileSystem(tools: tools)
        scratch = ScratchFiles(dataFolder: dataFolder, files: files)
    }

    // MARK: - Source

    package func list(_ project: Project) async throws -> any BasePack {
        let listing = try await work.run { [manifests] in try Self.listing(try manifests.look(at: project), project) }
        return try await scratch.pack(name: "list") { path in try FileSystem.write(try listing.encoded(), to: path) }
    }

    /// Links that lead out of the project lead nowhere on another device; they stay behind.
    private static func listing(_ manifest: Manifest, _ project: Project) throws -> FolderListing {
        FolderListing(
            entries: manifest.entries.filter { entry in
                guard entry.kind == .link, let path = try? ChangePath(entry.path) else { return true }
                let target = try? Manifest.linkTarget(of: "\(project.path)/\(entry.path)")
                return target.map { (try? path.checkLink(to: $0)) != nil } ?? false
            }.map { entry in
                FolderListing.Entry(
                    path: entry.path, kind: entry.kind.rawValue, sha256: entry.sha256, size: entry.stamp.size)
            })
    }

    package func send(
        _ digests: [String], of project: Project, to write: @Sendable ([UInt8]) async throws -> Void
    ) async throws {
        let wanted = Set(digests)
        let entries = try await work.run { [manifests] in
            var entries: [String: Manifest.Entry] = [:]
            for entry in manifests.remembered(project.id)?.entries ?? [] where wanted.contains(entry.sha256) {
                entries[entry.sha256] = entry
            }
            return entries
        }
        for digest in digests {
            // What is not as it was listed is left out, or recognised by its digest; then it is listed anew.
            guard let entry = entries[digest] else { continue }
            try await send(entry, of: project, write)
        }
    }

    private func send(
        _ entry: Manifest.Entry, of project: Project, _ write: @Sendable ([UInt8]) async throws -> Void
    ) async throws {
        let names = entry.path.split(separator: "/").map(String.init)
        guard let name = names.last, let folder = try SafeFolder(path: project.path).entered(names.dropLast()) else {
            return
        }
        if entry.kind == .link {
            guard let text = folder.linkText(name) else { return }
            return try await write(ContentFrames.line(entry.sha256, size: Int64(text.count)) + text)
        }
        guard let file = try folder.file(name) else { return }
        let size = file.size
        var offset: Int64 = 0
        try await write(ContentFrames.line(entry.sha256, size: size))
        while offset < size {
            let piece = try file.bytes(at: offset, limit: Int(min(size - offset, Int64(Self.pieceSize))))
            guard !piece.isEmpty else {
                throw OffloadError(.device, "\(ShownPath.text(entry.path)) became shorter while it was sent")
            }
            try await write(piece)
            offset += Int64(piece.count)
        }
    }

    // MARK: - Target

    package func adopt(
        _ key: AttemptKey, of project: Project,
        list: @Sendable (_ take: @Sendable ([UInt8]) throws -> Void) async throws -> Void,
        contents: @Sendable (_ digests: [String], _ take: @Sendable ([UInt8]) throws -> Void) async throws -> Void
    ) async throws {
        guard !bases.holds(key, of: project.id) else { return }
        let own = try await work.run { [manifests] in try manifests.look(at: project) }
        for _ in 0..<Self.tries {
            let incoming = Mutex(IncomingList())
            try await list { piece in try incoming.withLock { try $0.take(piece) } }
            let bytes = try incoming.withLock { try $0.whole() }
            let draft = try await work.run { [bases] in
                let files = try FolderListing(bytes).checked()
                return try bases.begin(key, of: project.id, files, own: own, at: project.path)
            }
            var missing = draft.missing
            for group in Self.groups(missing) {
                let wanted = group.reduce(into: [String: Int64?]()) { $0[$1] = missing[$1] }
                let intake = ContentIntake(folder: draft.contents, wanted: wanted)
                try await contents(group) { piece in try intake.take(piece) }
                for digest in try intake.finish() { missing[digest] = nil }
            }
            if missing.isEmpty { return try await work.run { [bases] in try bases.finish(draft) } }
        }
        throw OffloadError(.conflict, "the project's files change faster than they are brought over")
    }

    /// - Parameter missing: digests with sizes.
    private static func groups(_ missing: [String: Int64]) -> [[String]] {
        var (groups, size) = ([[String]](), Int64(0))
        for (digest, bytes) in missing.sorted(by: { $0.key < $1.key }) {
            let isFull =
                groups.last.map { $0.count == FolderLimits.digestsAtOnce || size + bytes > FolderLimits.bytesAtOnce }
                ?? true
            if isFull { (size, groups) = (0, groups + [[]]) }
            groups[groups.count - 1].append(digest)
            size += bytes
        }
        return groups
    }

    package func forget(_ key: AttemptKey) async { await bases.forget(key, files) }
}

/// A list as it comes in.
private struct IncomingList {
    private var beginning: [UInt8] = []
    private var size: Int64?
    private var bytes: [UInt8] = []

    /// - Throws: `OffloadError` of kind `unprocessable` when it is nothing that was announced, `tooLarge` beyond the limit.
    mutating func take(_ piece: [UInt8]) throws {
        guard size == nil else { return try add(piece) }
        // Line feeds say that the other device is at work.
        beginning += beginning.isEmpty ? Array(piece.drop { $0 == UInt8(ascii: "\n") }) : piece
        guard let read = try BundleAnnouncement(beginning) else { return }
        guard read.size <= FolderLimits.list else {
            throw OffloadError(.tooLarge, "the list of the project's files has more than \(FolderLimits.list) bytes")
        }
        size = read.size
        try add(Array(beginning[read.length...]))
    }

    private mutating func add(_ piece: [UInt8]) throws {
        bytes += piece
        guard Int64(bytes.count) <= size ?? 0 else {
            throw OffloadError(.unprocessable, "the other device sent more than it said")
        }
    }

    /// - Throws: `OffloadError` of kind `device` when it was cut off.
    func whole() throws -> [UInt8] {
        guard let size, Int64(bytes.count) == size else {
            throw OffloadError(.device, "the other device stopped in the middle of what it sent")
        }
        return bytes
    }
}
