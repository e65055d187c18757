import OffloadDomain

/// Results as git bundles: made from our own bare repository on the target; on the source kept in a file until they are whole,
/// then looked at by us, and then by git in a quarantine.
struct GitResultTransfer: ResultForm {
    let repositories: ResultRepositories
    let scratch: ScratchFiles

    // MARK: - Target

    func pack(
        _ key: AttemptKey, _ content: ResultAnnouncement.Content, of project: Project
    ) async throws -> PackedResult {
        guard case .commit(let commit, let base) = content else { throw Self.noCommit }
        let repository = try await repositories.repository(of: project)
        return try await scratch.packedResult { path in
            try await repository.bundle(key, commit: commit, base: base, to: path)
        }
    }

    private static let noCommit = OffloadError(
        .unprocessable, "the result is no commit, and the project here is a git repository")

    // MARK: - Source

    func adopt(
        _ announcement: ResultAnnouncement, from incoming: IncomingResults, of project: Project
    ) async throws -> ResultMachine.Arrival {
        guard case .commit(let tip, let base) = announcement.content else { throw Self.noCommit }
        let (result, key) = (ResultRepository.Incoming(key: announcement.key, tip: tip, base: base), announcement.key)
        let repository = try await repositories.repository(of: project)
        if try await repository.points(ResultRepository.resultRef(key), to: tip) {
            let difference = try await repository.difference(of: tip, from: base)
            return try await arrival(result, difference, in: repository)
        }
        let path = try await incoming.whole(announcement)
        let start = try Self.packStart(result, path: path)
        let difference = try await scratch.withNew("result") { folder in
            let difference = try await repository.adopt(result, pack: path, from: start, through: "\(folder)/objects")
            await scratch.remove(folder)
            return difference
        }
        await repositories.project(project).receive(pack: path, from: start)
        return try await arrival(result, difference, in: repository)
    }

    /// - Returns: where the pack begins.
    private static func packStart(_ result: ResultRepository.Incoming, path: String) throws -> Int64 {
        let beginning = try FileSystem.read(path, from: 0, limit: BundleHeader.limit)
        let expected = BundleHeader.Reference(commit: result.tip, name: ResultRepository.resultRef(result.key))
        guard let header = try BundleHeader(beginning), header.prerequisites == [result.base],
            header.references == [expected]
        else {
            throw OffloadError(
                .unprocessable, "the result was not taken over: its bundle holds something else than the result")
        }
        return Int64(header.length)
    }

    private func arrival(
        _ result: ResultRepository.Incoming, _ difference: TreeDifference, in repository: ResultRepository
    ) async throws -> ResultMachine.Arrival {
        var notes: [String] = []
        for (path, twin) in try await repository.twins(of: difference, in: result.tip) {
            notes.append("\(path) and \(twin) are one file on file systems that do not tell cases apart")
        }
        let links = difference.entries.filter { $0.modeAfter == "120000" }.map(\.path)
        let sensitive = difference.entries.map(\.path).filter(SensitivePaths.contains)
        return ResultMachine.Arrival(
            storage: .commit(result.tip, base: result.base), branch: nil, extent: difference.extent,
            sensitivePaths: sensitive + links.filter { !sensitive.contains($0) }, notes: notes)
    }
}
