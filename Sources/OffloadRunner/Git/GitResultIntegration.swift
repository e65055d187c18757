package import OffloadDomain

/// Results as commits: forecast and merged in our own repository, and only then brought into the user's.
package struct GitResultIntegration: ResultIntegration {
    private let repositories: ResultRepositories
    private let home: String?

    /// - Parameter home: where the user's own git settings are; only name and address are read from there.
    package init(repositories: ResultRepositories, home: String?) {
        self.repositories = repositories
        self.home = home
    }

    package func position(of project: Project) async throws -> ProjectPosition {
        guard project.versionControl == .git else { return ProjectPosition(branch: nil, commit: nil) }
        return try await repositories.project(project).position()
    }

    // MARK: - Forecast

    package func forecast(
        _ results: [TaskResult], of project: Project, at position: ProjectPosition
    ) async throws -> Forecast {
        var forecast = Forecast(position: position, items: results.map { Forecast.Item($0.key) })
        guard let head = position.commit else { return forecast }
        let repository = try await repositories.repository(of: project)
        try await repository.pin(head, from: repositories.project(project))
        // What was made on what is checked out now can't be in it.
        let isYounger = results.allSatisfy { $0.storage?.base == head }
        let merged = isYounger ? [] : try await repository.results(in: head)
        for index in results.indices { forecast.items[index].isInProject = merged.contains(results[index].key) }
        let commits = results.enumerated().compactMap { index, result in
            merged.contains(result.key) ? nil : result.commit.map { (index, $0) }
        }
        do {
            try await weigh(commits, against: head, in: repository, &forecast)
        } catch let error as OffloadError where error.kind == .unprocessable {
            // git gives up on all of them because of one that has nothing to do with what is checked out.
            var related: [(Int, CommitHash)] = []
            for (index, commit) in commits {
                if try await repository.areRelated(head, commit) {
                    related.append((index, commit))
                } else {
                    forecast.items[index].clashes = [Clash(path: ".", kind: .history)]
                }
            }
            guard related.count < commits.count else { throw error }
            try await weigh(related, against: head, in: repository, &forecast)
        }
        return forecast
    }

    /// Notes where results, named by their places in the forecast, clash with the project and with each other.
    private func weigh(
        _ commits: [(Int, CommitHash)], against head: CommitHash, in repository: ResultRepository,
        _ forecast: inout Forecast
    ) async throws {
        var pairs: [(left: Int?, right: Int)] = commits.map { (nil, $0.0) }
        for (place, left) in commits.enumerated() {
            for right in commits.dropFirst(place + 1) { pairs.append((left.0, right.0)) }
        }
        let hashes = Dictionary(uniqueKeysWithValues: commits)
        let questions = pairs.compactMap { pair -> (CommitHash, CommitHash)? in
            guard let right = hashes[pair.right], let left = pair.left.map({ hashes[$0] }) ?? head else { return nil }
            return (left, right)
        }
        for (pair, merge) in zip(pairs, try await repository.mergeForecasts(questions)) where !merge.clashes.isEmpty {
            guard let left = pair.left else {
                forecast.items[pair.right].clashes = merge.clashes
                continue
            }
            forecast.items[left].rivals.append(forecast.items[pair.right].key)
            forecast.items[pair.right].rivals.append(forecast.items[left].key)
        }
    }

    // MARK: - Branches

    package func publish(_ result: TaskResult, of project: Project) async throws -> String? {
        guard case .commit(let commit, let base) = result.storage else { return nil }
        let repository = try await repositories.repository(of: project)
        return try await repositories.project(project).publish(
            commit, on: base, ref: ResultRepository.resultRef(result.key), from: repository.gitFolder,
            slug: Slug.make(from: result.title, fallback: "idea"))
    }

    package func withdraw(_ result: TaskResult, of project: Project) async {
        guard let commit = result.commit, let branch = result.branch, branch.hasPrefix("offload/") else { return }
        // A branch that stays does no harm.
        try? await repositories.project(project).remove(branch, at: commit)
    }

    // MARK: - Merging

    package func plan(
        _ result: TaskResult, as mode: Integration.Mode, message: String, of project: Project
    ) async throws -> Integration {
        guard let commit = result.commit else {
            throw OffloadError(.unprocessable, "the result of task \(result.key.task) is no commit")
        }
        let users = repositories.project(project)
        let (branch, head) = try await users.readyForMerge()
        let repository = try await repositories.repository(of: project)
        try await repository.pin(head, from: users)
        guard try await repository.areRelated(head, commit) else {
            throw OffloadError(
                .conflict,
                "\(ProjectRepository.name(of: branch)) and the result have no history in common; check out the branch that the work was meant for, or send it back to be done again"
            )
        }
        guard let forecast = try await repository.mergeForecasts([(head, commit)]).first else {
            throw OffloadError(.device, "git has no opinion about the merge")
        }
        guard forecast.clashes.isEmpty else { throw Self.refusal(forecast.clashes, of: result) }
        let parents = mode == .squash ? [head] : [head, commit]
        let merged = try await repository.mergeCommit(
            forecast.tree, on: parents, key: result.key, message: message, author: await users.author(home: home))
        return Integration(mode: mode, target: branch, move: Integration.Move(before: head, after: merged))
    }

    private static func refusal(_ clashes: [Clash], of result: TaskResult) -> OffloadError {
        let names = clashes.prefix(5).map { "\($0.path) (\($0.kind.rawValue))" }.joined(separator: ", ")
        return OffloadError(
            .conflict,
            "the result clashes with what the project has now in \(names)\(clashes.count > 5 ? ", …" : ""); merge its branch by hand, or send it back to be done again"
        )
    }

    package func perform(_ integration: Integration, of result: TaskResult, in project: Project) async throws {
        let (users, move) = try await self.ready(integration, in: project) { $0.before }
        let repository = try await repositories.repository(of: project)
        try await users.fetch(ResultRepository.mergeRef(result.key), from: repository.gitFolder)
        try await users.advance(integration.target, to: move.after)
    }

    package func reverse(_ integration: Integration, of result: TaskResult, in project: Project) async throws {
        let (users, move) = try await self.ready(integration, in: project) { $0.after }
        try await users.retreat(integration.target, to: move.before)
    }

    /// - Parameter expected: where the branch has to be.
    private func ready(
        _ integration: Integration, in project: Project, _ expected: (Integration.Move) -> CommitHash
    ) async throws -> (ProjectRepository, Integration.Move) {
        guard let move = integration.move else {
            throw OffloadError(.device, "a merge of commits that names none")
        }
        let users = repositories.project(project)
        let (branch, commit) = try await users.readyForMerge()
        guard branch == integration.target else {
            throw OffloadError(
                .conflict,
                "\(ProjectRepository.name(of: integration.target)) is not checked out in \(project.path); check it out first"
            )
        }
        guard commit == expected(move) else {
            throw OffloadError(
                .conflict,
                "\(ProjectRepository.name(of: branch)) has moved to \(commit.short) since; to take the merge out, revert \(move.after.short)"
            )
        }
        return (users, move)
    }

    package func isInProject(
        _ integration: Integration, of result: TaskResult, in project: Project
    ) async throws -> Bool {
        guard let move = integration.move else { return false }
        return try await repositories.project(project).has(move.after, in: integration.target)
    }

    // MARK: - Reading

    package func changes(
        of result: TaskResult, in project: Project, page: Page
    ) async throws -> (changes: [ResultChange], total: Int) {
        guard case .commit(let commit, let base) = result.storage else { return ([], 0) }
        let repository = try await repositories.repository(of: project)
        let entries = try await repository.difference(of: commit, from: base).entries
        return (entries.dropFirst(page.offset).prefix(page.limit).map(\.change), entries.count)
    }

    package func patch(
        of result: TaskResult, path: String?, in project: Project, limit: Int
    ) async throws -> (text: [UInt8], isCut: Bool) {
        guard case .commit(let commit, let base) = result.storage else { return ([], false) }
        return try await repositories.repository(of: project).patch(
            from: base, to: commit, paths: path.map { [$0] } ?? [], limit: limit)
    }

    package func patchOfProject(
        since result: TaskResult, paths: [String], in project: Project, limit: Int
    ) async throws -> (text: [UInt8], isCut: Bool) {
        guard case .commit(_, let base) = result.storage else { return ([], false) }
        let users = repositories.project(project)
        let head = try await users.head()
        let repository = try await repositories.repository(of: project)
        try await repository.pin(head, from: users)
        return try await repository.patch(from: base, to: head, paths: paths, limit: limit)
    }
}

extension TaskResult {
    fileprivate var commit: CommitHash? {
        if case .commit(let commit, _) = storage { commit } else { nil }
    }
}
