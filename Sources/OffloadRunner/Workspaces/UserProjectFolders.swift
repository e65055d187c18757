package import OffloadDomain

/// The user's project folders on this device.
package struct UserProjectFolders: ProjectFolders {
    private let repositories: ResultRepositories
    private let git: Git
    private let dataFolder: String
    private let loadSettings: @Sendable (String) throws -> ProjectSettings

    /// - Parameters:
    ///   - dataFolder: the device's data folder; no project may contain it or lie in it.
    ///   - loadSettings: reads the `offload.yml` of the folder with this path.
    package init(
        dataFolder: String, repositories: ResultRepositories, git: Git,
        loadSettings: @escaping @Sendable (String) throws -> ProjectSettings
    ) {
        self.dataFolder = FileSystem.resolved(dataFolder) ?? dataFolder
        self.repositories = repositories
        self.git = git
        self.loadSettings = loadSettings
    }

    package func inspect(path: String) async throws -> (path: String, versionControl: Project.VersionControl) {
        guard path.hasPrefix("/"), !path.utf8.contains(0), path.utf8.count <= 4_096 else {
            throw OffloadError.invalid("path", "an absolute path of at most 4096 bytes")
        }
        guard let resolved = FileSystem.resolved(path) else {
            throw OffloadError(.unprocessable, "there is nothing at \(path); name an existing folder")
        }
        guard FileSystem.kind(of: resolved) == .folder else {
            throw OffloadError(.unprocessable, "\(resolved) is not a folder; name the project's folder")
        }
        guard !Self.overlap(resolved, dataFolder) else {
            throw OffloadError(.unprocessable, "\(resolved) and Offload's own data folder \(dataFolder) overlap")
        }
        return (resolved, try await versionControl(of: resolved))
    }

    private func versionControl(of folder: String) async throws -> Project.VersionControl {
        let repository = ProjectRepository(git: git, folder: folder)
        switch try await repository.kind() {
        case .workTree:
            _ = try await repository.head()
            return .git
        case .inside(let top):
            throw OffloadError(.unprocessable, "\(folder) lies inside the git repository \(top); register \(top)")
        case .bare:
            throw OffloadError(.unprocessable, "\(folder) is a bare git repository; register a clone with files")
        case .none:
            if let top = try await repository.enclosingTop() {
                throw OffloadError(.unprocessable, "\(folder) lies inside the git repository \(top); register \(top)")
            }
            // A damaged repository or one of another user is none to git, and yet no folder without git.
            guard FileSystem.kind(of: "\(folder)/.git") == .missing else {
                let words = await repository.complaint()
                throw OffloadError(.unprocessable, "git can't use the repository in \(folder): \(words)")
            }
            return .none
        }
    }

    private static func overlap(_ left: String, _ right: String) -> Bool {
        left == right || left == "/" || (left + "/").hasPrefix(right + "/") || (right + "/").hasPrefix(left + "/")
    }

    package func settings(of project: Project) async throws -> ProjectSettings {
        try loadSettings(project.path)
    }

    package func template(of project: Project, settings: ProjectSettings) async throws -> String? {
        guard let name = settings.template else { return nil }
        let path = "\(project.path)/\(name)"
        guard let resolved = FileSystem.resolved(path), resolved.hasPrefix(project.path + "/"),
            FileSystem.kind(of: resolved) == .file, let bytes = FileSystem.read(resolved),
            bytes.count <= RequirementTemplate.limit
        else {
            throw OffloadError(
                .unprocessable,
                "the requirement template \(name) of \(project.name) must be a file in the project of at most \(RequirementTemplate.limit) bytes"
            )
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    package func pinBase(of project: Project) async throws -> CommitHash? {
        guard FileSystem.kind(of: project.path) == .folder else {
            throw OffloadError(
                .unprocessable,
                "the folder \(project.path) of project \(project.name) is gone; put it back or remove the project")
        }
        guard project.versionControl == .git else { return nil }
        let users = repositories.project(project)
        let head = try await users.head()
        try await repositories.repository(of: project).pin(head, from: users)
        return head
    }

    package func write(_ requirement: Requirement, into project: Project) async throws {
        try RequirementFile.write(requirement, into: project.path)
    }
}
