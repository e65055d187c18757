package import OffloadDomain

/// What differs between results of projects with git and of those without, on their way between devices.
protocol ResultForm: Sendable {
    /// Target: as in `ResultTransfer`.
    func pack(
        _ key: AttemptKey, _ content: ResultAnnouncement.Content, of project: Project
    ) async throws -> PackedResult

    /// Source: as in `ResultTransfer`. What has come is forgotten by the caller.
    /// - Parameter incoming: has what was announced, unless it was taken over before.
    func adopt(
        _ announcement: ResultAnnouncement, from incoming: IncomingResults, of project: Project
    ) async throws -> ResultMachine.Arrival
}

/// Results of every project on their way between devices: by git where there is git, by files where there is none. What comes in is
/// kept in the same way, whatever it is.
package struct ProjectResultTransfer: ResultTransfer {
    private let git: GitResultTransfer
    private let folders: FolderResultTransfer
    private let incoming: IncomingResults

    /// - Parameter dataFolder: the device's data folder, absolute.
    package init(dataFolder: String, repositories: ResultRepositories, tools: any ToolRunner) {
        let files = FileSystem(tools: tools)
        let scratch = ScratchFiles(dataFolder: dataFolder, files: files)
        git = GitResultTransfer(repositories: repositories, scratch: scratch)
        folders = FolderResultTransfer(dataFolder: dataFolder, scratch: scratch)
        incoming = IncomingResults(dataFolder: dataFolder, files: files)
    }

    private func form(of project: Project) -> any ResultForm {
        switch project.versionControl {
        case .git: git
        case .none: folders
        }
    }

    package func pack(
        _ key: AttemptKey, _ content: ResultAnnouncement.Content, of project: Project
    ) async throws -> PackedResult {
        try await form(of: project).pack(key, content, of: project)
    }

    package func received(of key: AttemptKey) -> Int64 { incoming.received(of: key) }

    package func take(_ bytes: [UInt8], at offset: Int64, of key: AttemptKey) throws -> Int64 {
        try incoming.take(bytes, at: offset, of: key)
    }

    package func forget(_ key: AttemptKey) async { await incoming.forget(key) }

    package func adopt(
        _ announcement: ResultAnnouncement, of project: Project
    ) async throws -> ResultMachine.Arrival {
        let arrival = try await form(of: project).adopt(announcement, from: incoming, of: project)
        await forget(announcement.key)
        return arrival
    }
}
