package import OffloadDomain

/// The user's projects on this device.
package struct ProjectRegistry: Sendable {
    private let context: EngineContext
    private let folders: any ProjectFolders
    private let runner: any AgentRunner

    package static let nameLimit = 100

    package init(context: EngineContext, folders: any ProjectFolders, runner: any AgentRunner) {
        self.context = context
        self.folders = folders
        self.runner = runner
    }

    package func list() async throws -> [Project] {
        try await context.ledger.read { try $0.projects() }
    }

    /// - Throws: `OffloadError` of kind `notFound`.
    package func find(_ id: ProjectID) async throws -> Project {
        try await context.ledger.read { reader in
            guard let project = try reader.project(id) else { throw OffloadError.missing(id) }
            return project
        }
    }

    /// Registers a folder. Registering the same folder again answers with the project that it is already.
    /// - Parameter name: nil for the folder's own name.
    /// - Throws: `OffloadError` of kind `invalidRequest` or `unprocessable` with advice.
    package func add(name: String?, path: String) async throws -> Project {
        let inspected = try await folders.inspect(path: path)
        let folderName = inspected.path.split(separator: "/").last.map(String.init) ?? inspected.path
        let project = Project(
            id: context.identifiers.make(ProjectID.self), name: try Self.checked(name: name ?? folderName),
            path: inspected.path, versionControl: inspected.versionControl, createdAt: context.clock.now())
        _ = try await folders.settings(of: project)
        return try await context.ledger.change { transaction in
            if let existing = try transaction.project(path: project.path) { return existing }
            try transaction.insert(project)
            try transaction.record(.projectAdded(project), at: project.createdAt)
            return project
        }
    }

    /// Why the project's agent could not be started now, and what to do about it; nil when it could. Agents are installed and
    /// removed at any time, so this keeps nothing from being queued.
    package func problem(with project: Project) async -> String? {
        guard let settings = try? await folders.settings(of: project) else { return nil }
        return await runner.problem(withAgent: settings.agent ?? context.device.defaultAgent, settings: settings)
    }

    package func rename(_ id: ProjectID, to name: String) async throws -> Project {
        let name = try Self.checked(name: name)
        let now = context.clock.now()
        return try await context.ledger.change { transaction in
            guard var project = try transaction.project(id) else { throw OffloadError.missing(id) }
            guard project.name != name else { return project }
            project.name = name
            try transaction.update(project)
            try transaction.record(.projectUpdated(project), at: now)
            return project
        }
    }

    /// Forgets the project with its ideas and tasks. The folder, its branches and kept results stay as they are.
    /// - Throws: `OffloadError` of kind `conflict` while a task of the project waits or runs, or a device is paired for it.
    package func remove(_ id: ProjectID) async throws {
        let now = context.clock.now()
        try await context.ledger.change { transaction in
            guard let project = try transaction.project(id) else { throw OffloadError.missing(id) }
            let open = try transaction.taskCount(TaskFilter(projectID: id, openOnly: true))
            guard open == 0 else {
                throw OffloadError(
                    .conflict, "\(open) task(s) of project \(project.name) wait or run; cancel them first")
            }
            let pairs =
                try transaction.devicePairs().count { $0.projectID == id && !$0.status.isOver }
                + transaction.joinedPairs().count { $0.projectID == id && !$0.status.isOver }
            guard pairs == 0 else {
                throw OffloadError(
                    .conflict, "\(pairs) device(s) are paired for project \(project.name); disconnect them first")
            }
            try transaction.removeProject(id)
            try transaction.record(.projectRemoved(project), at: now)
        }
    }

    private static func checked(name: String) throws(OffloadError) -> String {
        let name = PlainText.trimmed(name)
        guard !name.isEmpty, name.utf8.count <= nameLimit, PlainText.isOneLine(name) else {
            throw .invalid("name", "one line of 1 to \(nameLimit) bytes")
        }
        return name
    }
}
