package import OffloadDomain

/// One repository of ours per project, made when it is first needed.
package actor ResultRepositories {
    private let folder: String
    private let scratchFolder: String
    private let git: Git
    private let files: FileSystem
    private var opening: [ProjectID: Task<ResultRepository, any Error>] = [:]

    /// - Parameter dataFolder: the device's data folder, absolute.
    package init(dataFolder: String, git: Git, tools: any ToolRunner) {
        folder = "\(dataFolder)/repositories"
        scratchFolder = "\(dataFolder)/scratch"
        self.git = git
        files = FileSystem(tools: tools)
    }

    /// Removes what a crash left of folders that were for a moment; to be called once, before anything is done.
    package nonisolated func clearScratch() async {
        for name in FileSystem.names(in: scratchFolder) { await files.remove("\(scratchFolder)/\(name)") }
    }

    package nonisolated func project(_ project: Project) -> ProjectRepository {
        ProjectRepository(git: git, folder: project.path)
    }

    /// Several callers at once wait for the same making.
    package func repository(of project: Project) async throws -> ResultRepository {
        if let task = opening[project.id] { return try await task.value }
        let task = Task { try await open(project) }
        opening[project.id] = task
        do {
            return try await task.value
        } catch {
            opening[project.id] = nil
            throw error
        }
    }

    private nonisolated func open(_ project: Project) async throws -> ResultRepository {
        let path = "\(folder)/\(project.id).git"
        if FileSystem.kind(of: path) != .folder {
            let unfinished = "\(path).new"
            await files.remove(unfinished)
            try FileSystem.makeFolder(folder)
            try await ResultRepository.create(at: unfinished, like: self.project(project), git: git)
            try FileSystem.move(unfinished, to: path)
        }
        return ResultRepository(git: git, gitFolder: path, scratchFolder: scratchFolder, files: files)
    }
}
