package import OffloadDomain

/// Workspaces as folders below the data folder, one per attempt.
///
/// ```
/// workspaces/<task>.<attempt>/<project's folder name>/   where the agent works
/// workspaces/<task>.<attempt>/ready                      there once everything is in place
/// workspaces/<task>.<attempt>/index                      what git knows of the files as they were checked out
/// workspaces/<task>.<attempt>/base.json                  what a project without git started from
/// ```
package struct FileWorkspaces: Workspaces {
    private let root: String
    private let repositories: ResultRepositories
    private let changeSets: ChangeSets
    private let bases: FolderBases
    private let indexes = KeptIndexes()
    private let work = BlockingWork(label: "offload.workspaces")
    private let files: FileSystem

    /// - Parameter dataFolder: the device's data folder, absolute.
    package init(dataFolder: String, repositories: ResultRepositories, tools: any ToolRunner) {
        root = "\(dataFolder)/workspaces"
        self.repositories = repositories
        files = FileSystem(tools: tools)
        changeSets = ChangeSets(folder: "\(dataFolder)/change-sets")
        bases = FolderBases(dataFolder: dataFolder)
    }

    private struct Layout {
        let folder: String
        let tree: String
        var ready: String { "\(folder)/ready" }
        var index: String { "\(folder)/index" }
        var baseManifest: String { "\(folder)/base.json" }
    }

    private func layout(_ key: AttemptKey, _ project: Project) -> Layout {
        let folder = "\(root)/\(key.task).\(key.number)"
        let name = project.path.split(separator: "/").last.map(String.init) ?? "project"
        return Layout(folder: folder, tree: "\(folder)/\(name)")
    }

    package func prepare(_ order: AttemptOrder) async throws -> Workspace {
        let layout = layout(order.key, order.project)
        guard order.settings.workspace == .isolated else {
            try FileSystem.makeEmptyFolder(layout.folder)
            return Workspace(key: order.key, path: layout.folder, requirementPath: nil)
        }
        try FileSystem.makeFolder(layout.tree)
        do {
            try await fill(layout, order)
            try await copyAllowed(order, into: layout.tree)
            try RequirementFile.write(order.requirement, into: layout.tree)
            try FileSystem.write([], to: layout.ready)
        } catch {
            await files.remove(layout.folder)
            throw error
        }
        return workspace(order, layout)
    }

    private func workspace(_ order: AttemptOrder, _ layout: Layout) -> Workspace {
        Workspace(
            key: order.key, path: layout.tree, requirementPath: "\(layout.tree)/\(order.requirement.path)")
    }

    private func fill(_ layout: Layout, _ order: AttemptOrder) async throws {
        switch order.project.versionControl {
        case .git:
            guard let base = order.requirement.base else {
                throw OffloadError(
                    .unprocessable, "the requirement names no base commit; retry the task to write it anew")
            }
            let repository = try await repositories.repository(of: order.project)
            indexes[order.key] = try await repository.checkOut(
                base, into: layout.tree, keepingIndexAt: layout.index)
        case .none:
            if order.origin == nil {
                try await copyProject(order.project, into: layout.tree)
            } else {
                try await work.run { [bases] in try bases.lay(order.key, of: order.project.id, into: layout.tree) }
            }
            try await work.run { [changeSets] in
                try changeSets.recordBase(of: layout.tree, at: layout.baseManifest)
            }
        }
    }

    private func copyProject(_ project: Project, into tree: String) async throws {
        try await files.copyContent(of: project.path, into: tree)
        for name in FileSystem.names(in: tree) where StagingName.isOne(name) { await files.remove("\(tree)/\(name)") }
    }

    /// Files that git ignores but the work needs, from the user's own folder.
    private func copyAllowed(_ order: AttemptOrder, into tree: String) async throws {
        for path in order.settings.copy {
            let source = "\(order.project.path)/\(path)"
            guard FileSystem.kind(of: source) != .missing else { continue }
            let parents = path.split(separator: "/").dropLast().map(String.init)
            // Entering without following links: a link in the checkout must not lead the copy outside.
            _ = try SafeFolder(path: tree).entering(path: parents)
            try await files.copy([source], into: ([tree] + parents).joined(separator: "/"))
        }
    }

    package func snapshot(_ workspace: Workspace, of order: AttemptOrder, message: String) async throws -> AttemptResult
    {
        let layout = layout(order.key, order.project)
        // An agent may have put a link to somewhere else in the place of its workspace; what is there is not its work.
        guard FileSystem.kind(of: layout.folder) == .folder, FileSystem.kind(of: layout.tree) == .folder else {
            throw OffloadError(.unprocessable, "the agent removed or replaced its workspace; there is nothing to keep")
        }
        switch order.project.versionControl {
        case .git:
            guard let base = order.requirement.base else {
                throw OffloadError(.unprocessable, "the requirement names no base commit")
            }
            let repository = try await repositories.repository(of: order.project)
            let change = try await repository.snapshot(
                layout.tree, base: base, key: order.key, from: indexes[order.key],
                excluding: [Requirement.folder] + order.settings.copy, message: message)
            return Self.result(change, base: base)
        case .none:
            return try await work.run { [changeSets] in
                try changeSets.keep(
                    order.key, tree: layout.tree, baseManifest: layout.baseManifest,
                    excluding: [Requirement.folder] + order.settings.copy)
            }
        }
    }

    private static func result(_ change: ResultRepository.Change?, base: CommitHash) -> AttemptResult {
        guard let change else {
            return AttemptResult(storage: .empty, filesChanged: 0, insertions: 0, deletions: 0)
        }
        let notes = change.nestedRepositories.map {
            "\($0) is a git repository of its own or a submodule, and what was done there was left out; move its files out of it"
        }
        return AttemptResult(
            storage: .commit(change.commit, base: base), filesChanged: change.filesChanged,
            insertions: change.insertions, deletions: change.deletions, paths: change.paths, notes: notes)
    }

    package func publish(_ result: AttemptResult, of order: AttemptOrder) async throws -> String? {
        guard case .commit(let commit, let base) = result.storage else { return nil }
        let repository = try await repositories.repository(of: order.project)
        let (ref, slug) = (ResultRepository.resultRef(order.key), Slug.make(from: order.title, fallback: "idea"))
        do {
            return try await repositories.project(order.project).publish(
                commit, on: base, ref: ref, from: repository.gitFolder, slug: slug)
        } catch let error as OffloadError {
            throw OffloadError(
                error.kind,
                "\(error.message). The work is kept; get it with: git fetch \(repository.gitFolder) \(ref):\(slug)")
        }
    }

    package func remove(_ workspace: Workspace) async { await remove(workspace.key) }

    package func remove(_ key: AttemptKey) async {
        indexes[key] = nil
        await files.remove("\(root)/\(key.task).\(key.number)")
        await bases.forget(key, files)
    }

    package func leftovers() async -> [AttemptKey] {
        FileSystem.names(in: root).compactMap(AttemptKey.init(folderName:)) + bases.keys()
    }

    package func leftover(_ order: AttemptOrder) async -> Workspace? {
        let layout = layout(order.key, order.project)
        guard FileSystem.kind(of: layout.tree) == .folder else { return nil }
        // What was never finished no agent has seen.
        guard FileSystem.kind(of: layout.ready) == .file else {
            await files.remove(layout.folder)
            return nil
        }
        return workspace(order, layout)
    }
}
