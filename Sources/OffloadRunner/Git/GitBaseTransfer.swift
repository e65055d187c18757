package import OffloadDomain
import Synchronization

/// Bases as git bundles: made from our own bare repository on the source, looked at by us and then by git in a quarantine on
/// the target.
package struct GitBaseTransfer: BaseTransfer {
    private let repositories: ResultRepositories
    private let scratchFolder: String
    private let files: FileSystem
    private let limit: Int64

    /// - Parameters:
    ///   - dataFolder: the device's data folder, absolute.
    ///   - limit: the most bytes of a bundle that comes in.
    package init(
        dataFolder: String, repositories: ResultRepositories, tools: any ToolRunner, limit: Int64 = BaseLimits.bundle
    ) {
        self.repositories = repositories
        self.limit = limit
        scratchFolder = "\(dataFolder)/scratch"
        files = FileSystem(tools: tools)
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
        let folder = try makeFolder()
        do {
            let path = "\(folder)/bundle"
            try await repository.bundle(base, without: known, to: path)
            return FilePack(path: path, size: FileSystem.size(of: path), folder: folder, files: files)
        } catch {
            await files.remove(folder)
            throw error
        }
    }

    private struct FilePack: BasePack {
        let path: String
        let size: Int64
        let folder: String
        let files: FileSystem

        func read(from offset: Int64, limit: Int) throws -> [UInt8] {
            try FileSystem.read(path, from: offset, limit: limit)
        }

        func discard() async { await files.remove(folder) }
    }

    package func adopt(
        _ base: CommitHash, of project: Project, known: [CommitHash],
        from fill: (_ take: @Sendable ([UInt8]) throws -> Void) async throws -> Void
    ) async throws {
        let repository = try await repositories.repository(of: project)
        let folder = try makeFolder()
        do {
            let path = "\(folder)/pack"
            let reading = Mutex(Incoming(base: base, known: known, limit: limit))
            let file = try AppendingFile(path: path)
            try await fill { piece in
                let pack = try reading.withLock { reading in try reading.take(piece) }
                try file.append(pack)
            }
            try file.close()
            guard reading.withLock({ $0.isInPack }) else { throw Incoming.refusal }
            try await repository.adopt(base, pack: path, through: "\(folder)/objects")
            await files.remove(folder)
        } catch {
            await files.remove(folder)
            throw error
        }
    }

    private func makeFolder() throws -> String {
        try FileSystem.makeFolder(scratchFolder)
        let folder = "\(scratchFolder)/base-\(UInt64.random(in: .min ... .max))"
        try FileSystem.makeEmptyFolder(folder)
        return folder
    }
}

/// A bundle as it comes in: its header is judged as soon as it is whole.
private struct Incoming {
    let base: CommitHash
    let known: [CommitHash]
    let limit: Int64
    private var header: [UInt8] = []
    private var total: Int64 = 0
    private(set) var isInPack = false

    static let refusal = OffloadError(
        .unprocessable, "what the other device sent is not the commit that was asked for")

    init(base: CommitHash, known: [CommitHash], limit: Int64) {
        self.base = base
        self.known = known
        self.limit = limit
    }

    /// - Returns: what belongs to the pack.
    mutating func take(_ piece: [UInt8]) throws(OffloadError) -> [UInt8] {
        total += Int64(piece.count)
        guard total <= limit else {
            throw OffloadError(.tooLarge, "the history that the other device sends is larger than \(limit) bytes")
        }
        guard !isInPack else { return piece }
        header += piece
        guard let read = try BundleHeader(header) else { return [] }
        let reference = BundleHeader.Reference(commit: base, name: ResultRepository.baseRef(base))
        guard read.references == [reference], read.prerequisites.allSatisfy(known.contains) else { throw Self.refusal }
        isInPack = true
        defer { header = [] }
        return Array(header[read.length...])
    }
}
