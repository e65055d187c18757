package import OffloadDomain

/// Results of every project on their way between devices: by git where there is git, by files where there is none.
package struct ProjectResultTransfer: ResultTransfer {
    private let git: GitResultTransfer
    private let folders: FolderResultTransfer
    private let incoming: IncomingResults

    /// - Parameter dataFolder: the device's data folder, absolute.
    package init(dataFolder: String, repositories: ResultRepositories, tools: any ToolRunner) {
        git = GitResultTransfer(dataFolder: dataFolder, repositories: repositories, tools: tools)
        folders = FolderResultTransfer(dataFolder: dataFolder, tools: tools)
        incoming = IncomingResults(dataFolder: dataFolder, files: FileSystem(tools: tools))
    }

    private func kind(_ project: Project) -> any ResultTransfer {
        switch project.versionControl {
        case .git: git
        case .none: folders
        }
    }

    package func pack(
        _ key: AttemptKey, _ content: ResultAnnouncement.Content, of project: Project
    ) async throws -> PackedResult {
        try await kind(project).pack(key, content, of: project)
    }

    // What comes in is kept in the same way, whatever it is.

    package func received(of key: AttemptKey) -> Int64 { incoming.received(of: key) }

    package func take(_ bytes: [UInt8], at offset: Int64, of key: AttemptKey) throws -> Int64 {
        try incoming.take(bytes, at: offset, of: key)
    }

    package func forget(_ key: AttemptKey) async { await incoming.forget(key) }

    package func adopt(
        _ announcement: ResultAnnouncement, of project: Project
    ) async throws -> ResultMachine.Arrival {
        try await kind(project).adopt(announcement, of: project)
    }
}
