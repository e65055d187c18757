package import OffloadDomain

/// Results of projects without git: compared with the folder as it is, taken into it as a whole, and put back.
package struct FolderResultIntegration: ResultIntegration {
    private let dataFolder: String
    private let folders: FolderIntegration
    private let patches: FolderPatches
    private let work = BlockingWork(label: "offload.folders")

    /// - Parameters:
    ///   - dataFolder: the device's data folder, absolute.
    ///   - git: finds the differences between two files.
    package init(dataFolder: String, git: Git, tools: any ToolRunner) {
        self.dataFolder = dataFolder
        folders = FolderIntegration(dataFolder: dataFolder)
        patches = FolderPatches(dataFolder: dataFolder, git: git, tools: tools)
    }

    /// A folder has no position that could be compared with an earlier one.
    package func position(of project: Project) async throws -> ProjectPosition {
        ProjectPosition(branch: nil, commit: nil)
    }

    // MARK: - Forecast

    package func forecast(
        _ results: [TaskResult], of project: Project, at position: ProjectPosition
    ) async throws -> Forecast {
        let plans = try await work.run { [folders] in
            try results.map { try $0.storage == .changeSet ? folders.plan($0.key, project: project) : nil }
        }
        var forecast = Forecast(position: position, items: results.map { Forecast.Item($0.key) })
        // Who else changes a path, and to what.
        var writers: [ExactText: [(index: Int, content: FileContent?)]] = [:]
        for (index, plan) in plans.enumerated() {
            forecast.items[index].clashes = plan?.clashes ?? []
            for item in plan?.items ?? [] {
                let path = item.change.path.exact
                for other in writers[path] ?? [] where other.content != item.change.theirs {
                    if forecast.items[index].rivals.last != results[other.index].key {
                        forecast.items[index].rivals.append(results[other.index].key)
                        forecast.items[other.index].rivals.append(results[index].key)
                    }
                }
                writers[path, default: []].append((index, item.change.theirs))
            }
        }
        for index in forecast.items.indices {
            var seen: Set<AttemptKey> = []
            forecast.items[index].rivals.removeAll { !seen.insert($0).inserted }
        }
        return forecast
    }

    package func publish(_ result: TaskResult, of project: Project) async throws -> String? { nil }

    package func withdraw(_ result: TaskResult, of project: Project) async {}

    // MARK: - Merging

    /// What clashes is kept beside what the project has, but only when a person could know that it clashes.
    package func plan(
        _ result: TaskResult, as mode: Integration.Mode, message: String, of project: Project
    ) async throws -> Integration {
        let plan = try await work.run { [folders] in try folders.plan(result.key, project: project) }
        guard plan.clashes.isEmpty || result.state == .conflict else {
            let names = plan.clashes.prefix(5).map { "\($0.path) (\($0.kind.rawValue))" }.joined(separator: ", ")
            throw OffloadError(
                .conflict,
                "the result clashes with what the project has now in \(names); look at it again, then merge it to get its version beside yours"
            )
        }
        return Integration(mode: .files, target: project.path, move: nil)
    }

    package func perform(_ integration: Integration, of result: TaskResult, in project: Project) async throws {
        try await work.run { [folders] in
            let plan = try folders.plan(result.key, project: project)
            // What an earlier attempt of the task brought stays; only the way back to before it ends.
            try folders.forget(result.key.task)
            _ = try folders.apply(plan, keepBoth: true, idea: result.ideaID)
        }
    }

    package func reverse(_ integration: Integration, of result: TaskResult, in project: Project) async throws {
        try await work.run { [folders] in
            guard try folders.attempt(of: result.key.task) == result.key.number else {
                throw OffloadError(
                    .conflict, "a later attempt of task \(result.key.task) was taken since; this one can't be taken out"
                )
            }
            _ = try folders.undo(result.key.task, project: project)
        }
    }

    package func isInProject(
        _ integration: Integration, of result: TaskResult, in project: Project
    ) async throws -> Bool {
        try await work.run { [folders] in
            // An earlier attempt of the same task may be in the project.
            guard try folders.attempt(of: result.key.task) == result.key.number else { return false }
            return try folders.settle(result.key.task, project: project).outcome == .done
        }
    }

    // MARK: - Reading

    private func checked(_ key: AttemptKey) throws -> [CheckedChange] {
        try StoredChangeSet(dataFolder: dataFolder, key).changes()
    }

    package func changes(
        of result: TaskResult, in project: Project, page: Page
    ) async throws -> (changes: [ResultChange], total: Int) {
        guard result.storage == .changeSet else { return ([], 0) }
        let changes = try await work.run { try checked(result.key) }
        return (changes.dropFirst(page.offset).prefix(page.limit).map(\.shown), changes.count)
    }

    package func patch(
        of result: TaskResult, path: String?, in project: Project, limit: Int
    ) async throws -> (text: [UInt8], isCut: Bool) {
        guard result.storage == .changeSet else { return ([], false) }
        let changes = try await work.run { try checked(result.key).filter { path == nil || $0.path.text == path } }
        return try await patches.patch(of: changes, result.key, project: project, limit: limit)
    }

    /// What the attempt started from is not kept, so there is nothing to compare with.
    package func patchOfProject(
        since result: TaskResult, paths: [String], in project: Project, limit: Int
    ) async throws -> (text: [UInt8], isCut: Bool) { ([], false) }
}

extension StoredChangeSet {
    init(dataFolder: String, _ key: AttemptKey) {
        self.init(folder: "\(dataFolder)/change-sets/\(key.task)/\(key.number)")
    }
}

extension FolderPlan {
    fileprivate var clashes: [Clash] {
        items.compactMap { item in
            guard case .conflict(let conflict) = item.comparison else { return nil }
            return Clash(path: item.path, kind: conflict.kind)
        }
    }
}

extension FolderConflict {
    fileprivate var kind: Clash.Kind {
        switch self {
        case .bothChanged: .content
        case .changedHereDeletedThere, .deletedHereChangedThere: .deletedAndModified
        case .bothAdded: .bothAdded
        case .somethingInTheWay: .kind
        }
    }
}

extension CheckedChange {
    fileprivate var shown: ResultChange {
        let kind: ResultChange.Kind =
            if theirs == nil { .deleted } else if base == nil { .added } else if let baseKind, baseKind != theirs?.kind
            {
                .typeChanged
            } else { .modified }
        return ResultChange(path: path.text, kind: kind, insertions: nil, deletions: nil)
    }
}
