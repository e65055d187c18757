import OffloadCrypto
package import OffloadDomain

/// Results as git bundles: made from our own bare repository on the target; on the source kept in a file until they are whole,
/// then looked at by us, and then by git in a quarantine.
package struct GitResultTransfer: ResultTransfer {
    private let repositories: ResultRepositories
    private let incoming: String
    private let scratchFolder: String
    private let files: FileSystem

    /// - Parameter dataFolder: the device's data folder, absolute.
    package init(dataFolder: String, repositories: ResultRepositories, tools: any ToolRunner) {
        self.repositories = repositories
        incoming = "\(dataFolder)/incoming"
        scratchFolder = "\(dataFolder)/scratch"
        files = FileSystem(tools: tools)
    }

    // MARK: - Target

    package func pack(
        _ key: AttemptKey, commit: CommitHash, base: CommitHash, of project: Project
    ) async throws -> PackedResult {
        let repository = try await repositories.repository(of: project)
        let folder = try makeFolder()
        do {
            let path = "\(folder)/bundle"
            try await repository.bundle(key, commit: commit, base: base, to: path)
            let pack = FilePack(path: path, size: FileSystem.size(of: path), folder: folder, files: files)
            return PackedResult(pack: pack, digest: try Self.digest(of: path))
        } catch {
            await files.remove(folder)
            throw error
        }
    }

    private func makeFolder() throws -> String {
        try FileSystem.makeFolder(scratchFolder)
        let folder = "\(scratchFolder)/result-\(UInt64.random(in: .min ... .max))"
        try FileSystem.makeEmptyFolder(folder)
        return folder
    }

    private static func digest(of path: String) throws -> String {
        var digest = ContentDigest()
        var offset: Int64 = 0
        while true {
            let piece = try FileSystem.read(path, from: offset, limit: 1 << 20)
            guard !piece.isEmpty else { return digest.hex() }
            digest.update(piece)
            offset += Int64(piece.count)
        }
    }

    // MARK: - Source

    private func path(of key: AttemptKey) -> String { "\(incoming)/\(key.task).\(key.number).bundle" }

    package func received(of key: AttemptKey) -> Int64 { FileSystem.size(of: path(of: key)) }

    package func take(_ bytes: [UInt8], at offset: Int64, of key: AttemptKey) throws -> Int64 {
        let present = received(of: key)
        guard offset == present, !bytes.isEmpty else { return present }
        try FileSystem.makeFolder(incoming)
        let file = try AppendingFile(continuing: path(of: key))
        try file.append(bytes)
        try file.close()
        return present + Int64(bytes.count)
    }

    package func forget(_ key: AttemptKey) async { await files.remove(path(of: key)) }

    package func adopt(
        _ announcement: ResultAnnouncement, of project: Project
    ) async throws -> ResultMachine.Arrival {
        let repository = try await repositories.repository(of: project)
        let ref = ResultRepository.resultRef(announcement.key)
        if try await repository.points(ref, to: announcement.tip) {
            let difference = try await repository.difference(of: announcement.tip, from: announcement.base)
            await forget(announcement.key)
            return try await arrival(announcement, difference, in: repository)
        }
        let path = path(of: announcement.key)
        guard received(of: announcement.key) == announcement.size,
            try Self.digest(of: path) == announcement.digest
        else {
            await forget(announcement.key)
            throw OffloadError(.conflict, "what arrived is not what was announced; send it again")
        }
        let start = try Self.packStart(announcement, ref: ref, path: path)
        let folder = try makeFolder()
        do {
            let difference = try await repository.adopt(
                announcement, pack: path, from: start, through: "\(folder)/objects")
            await files.remove(folder)
            await forget(announcement.key)
            return try await arrival(announcement, difference, in: repository)
        } catch {
            await files.remove(folder)
            throw error
        }
    }

    /// - Returns: where the pack begins.
    private static func packStart(_ announcement: ResultAnnouncement, ref: String, path: String) throws -> Int64 {
        let beginning = try FileSystem.read(path, from: 0, limit: BundleHeader.limit)
        let expected = BundleHeader.Reference(commit: announcement.tip, name: ref)
        guard let header = try BundleHeader(beginning), header.prerequisites == [announcement.base],
            header.references == [expected]
        else {
            throw OffloadError(
                .unprocessable, "the result was not taken over: its bundle holds something else than the result")
        }
        return Int64(header.length)
    }

    private func arrival(
        _ announcement: ResultAnnouncement, _ difference: TreeDifference, in repository: ResultRepository
    ) async throws -> ResultMachine.Arrival {
        var notes: [String] = []
        for (path, twin) in try await repository.twins(of: difference, in: announcement.tip) {
            notes.append("\(path) and \(twin) are one file on file systems that do not tell cases apart")
        }
        let links = difference.entries.filter { $0.modeAfter == "120000" }.map(\.path)
        let sensitive = difference.entries.map(\.path).filter(SensitivePaths.contains)
        return ResultMachine.Arrival(
            storage: .commit(announcement.tip, base: announcement.base), branch: nil, extent: difference.extent,
            sensitivePaths: sensitive + links.filter { !sensitive.contains($0) }, notes: notes)
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
}
