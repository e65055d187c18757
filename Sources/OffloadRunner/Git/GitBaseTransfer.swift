package import OffloadDomain
import Synchronization

/// Bases as git bundles: made from our own bare repository on the source, looked at by us and then by git in a quarantine on
/// the target.
package struct GitBaseTransfer: BaseTransfer {
    private let repositories: ResultRepositories
    private let scratch: ScratchFiles
    private let limit: Int64

    /// - Parameters:
    ///   - dataFolder: the device's data folder, absolute.
    ///   - limit: the most bytes of a bundle that comes in.
    package init(
        dataFolder: String, repositories: ResultRepositories, tools: any ToolRunner, limit: Int64 = BaseLimits.bundle
    ) {
        self.repositories = repositories
        self.limit = limit
        scratch = ScratchFiles(dataFolder: dataFolder, files: FileSystem(tools: tools))
    }

    package func holds(_ base: CommitHash, of project: Project) async throws -> Bool {
        let repository = try await repositories.repository(of: project)
        if try await repository.holds(base) { return true }
        let users = repositories.project(project)
        guard try await users.has(base) else { return false }
        do {
            try await repository.pin(base, from: users)
            return true
        } catch let error as OffloadError where error.kind == .unprocessable {
            // A shallow clone has the commit and not its history.
            return false
        }
    }

    package func known(of project: Project) async throws -> [CommitHash] {
        let (repository, users) = (try await repositories.repository(of: project), repositories.project(project))
        // What the user has checked out is most often a little before what is asked for.
        if let head = try? await users.head() { try? await repository.pin(head, from: users) }
        return try await repository.bases(limit: BaseLimits.known)
    }

    package func pack(
        _ base: CommitHash, of project: Project, without known: [CommitHash]
    ) async throws -> any BasePack {
        let repository = try await repositories.repository(of: project)
        return try await scratch.pack(name: "base") { path in
            try await repository.bundle(base, without: known, to: path)
        }
    }

    package func adopt(
        _ base: CommitHash, of project: Project, known: [CommitHash],
        from fill: (_ take: @Sendable ([UInt8]) throws -> Void) async throws -> Void
    ) async throws {
        let repository = try await repositories.repository(of: project)
        try await scratch.withNew("base") { folder in
            let path = "\(folder)/pack"
            let reading = Mutex(Incoming(base: base, limit: limit))
            let file = try AppendingFile(path: path)
            try await fill { piece in
                let pack = try reading.withLock { reading in try reading.take(piece) }
                try file.append(pack)
            }
            try file.close()
            try reading.withLock { try $0.finish() }
            try await repository.adopt(base, pack: path, through: "\(folder)/objects")
            await scratch.remove(folder)
        }
    }
}

/// A bundle as it comes in: its header is judged as soon as it is whole.
private struct Incoming {
    let base: CommitHash
    let limit: Int64
    private var announcement: [UInt8] = []
    /// How large the bundle is said to be; nil until that was said.
    private var size: Int64?
    private var header: [UInt8] = []
    private var total: Int64 = 0
    private var isInPack = false

    static let refusal = OffloadError(
        .unprocessable, "what the other device sent is not the commit that was asked for")

    init(base: CommitHash, limit: Int64) {
        self.base = base
        self.limit = limit
    }

    /// - Throws: `OffloadError` of kind `device` when the bundle was cut off, which says nothing about the bundle.
    func finish() throws(OffloadError) {
        guard let size, total >= size else {
            throw OffloadError(.device, "the other device stopped in the middle of what it sent")
        }
        guard isInPack else { throw Self.refusal }
    }

    /// - Returns: what belongs to the bundle; nil while its size was not said.
    private mutating func skipAnnouncement(_ piece: [UInt8]) throws(OffloadError) -> [UInt8]? {
        guard size == nil else { return piece }
        // Line feeds say that the other device is at work.
        announcement += announcement.isEmpty ? Array(piece.drop { $0 == UInt8(ascii: "\n") }) : piece
        guard let read = try BundleAnnouncement(announcement) else { return nil }
        size = read.size
        defer { announcement = [] }
        return Array(announcement[read.length...])
    }

    /// - Returns: what belongs to the pack.
    mutating func take(_ received: [UInt8]) throws(OffloadError) -> [UInt8] {
        guard let piece = try skipAnnouncement(received) else { return [] }
        total += Int64(piece.count)
        guard total <= limit else {
            throw OffloadError(.tooLarge, "the history that the other device sends is larger than \(limit) bytes")
        }
        guard !isInPack else { return piece }
        header += piece
        guard let read = try BundleHeader(header) else { return [] }
        let reference = BundleHeader.Reference(commit: base, name: ResultRepository.baseRef(base))
        // Whether what it builds upon is here, git finds out: that need not be what was named, but may lie below it.
        guard read.references == [reference] else { throw Self.refusal }
        isInPack = true
        defer { header = [] }
        return Array(header[read.length...])
    }
}
