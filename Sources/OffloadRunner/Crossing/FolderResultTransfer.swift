import OffloadDomain

/// Results of projects without git: change sets, written into one file on the target, and checked on the source before they
/// count as one.
struct FolderResultTransfer: ResultForm {
    let dataFolder: String
    let scratch: ScratchFiles
    private let work = BlockingWork(label: "offload.change-sets")

    /// - Parameter dataFolder: the device's data folder, absolute.
    init(dataFolder: String, scratch: ScratchFiles) {
        self.dataFolder = dataFolder
        self.scratch = scratch
    }

    // MARK: - Target

    func pack(
        _ key: AttemptKey, _ content: ResultAnnouncement.Content, of project: Project
    ) async throws -> PackedResult {
        let changes = StoredChangeSet(dataFolder: dataFolder, key)
        guard changes.isThere else {
            throw OffloadError(.notFound, "the result of attempt \(key) is not kept on this device any more")
        }
        return try await scratch.packedResult { path in
            try await work.run { try ChangeSetFile.write(changes, to: path) }
        }
    }

    // MARK: - Source

    func adopt(
        _ announcement: ResultAnnouncement, from incoming: IncomingResults, of project: Project
    ) async throws -> ResultMachine.Arrival {
        guard announcement.content == .changeSet else {
            throw OffloadError(.unprocessable, "the result is a commit, and the project here has no git")
        }
        let changes = StoredChangeSet(dataFolder: dataFolder, announcement.key)
        if !changes.isThere {
            let path = try await incoming.whole(announcement)
            try await scratch.withNew("change-set") { folder in
                try await work.run {
                    try ChangeSetFile.read(path, into: folder)
                    try StoredChangeSet(folder: folder).check()
                    try changes.takePlace(of: folder)
                }
            }
        }
        return try await work.run { Self.arrival(try changes.changes()) }
    }

    private static func arrival(_ changes: [CheckedChange]) -> ResultMachine.Arrival {
        let sensitive = changes.filter { $0.theirs?.kind == .link || SensitivePaths.contains($0.path.text) }
        return ResultMachine.Arrival(
            storage: .changeSet, branch: nil,
            extent: TaskResult.Extent(files: changes.count, insertions: 0, deletions: 0),
            sensitivePaths: sensitive.map(\.path.text))
    }
}
