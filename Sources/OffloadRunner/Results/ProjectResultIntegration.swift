package import OffloadDomain

/// Results of every project: by git where there is git, by files where there is none.
package struct ProjectResultIntegration: ResultIntegration {
    private let git: GitResultIntegration
    private let folders: FolderResultIntegration

    package init(git: GitResultIntegration, folders: FolderResultIntegration) {
        self.git = git
        self.folders = folders
    }

    private func kind(_ project: Project) -> any ResultIntegration {
        switch project.versionControl {
        case .git: git
        case .none: folders
        }
    }

    package func position(of project: Project) async throws -> ProjectPosition {
        try await kind(project).position(of: project)
    }

    package func forecast(
        _ results: [TaskResult], of project: Project, at position: ProjectPosition
    ) async throws -> Forecast {
        try await kind(project).forecast(results, of: project, at: position)
    }

    package func publish(_ result: TaskResult, of project: Project) async throws -> String? {
        try await kind(project).publish(result, of: project)
    }

    package func withdraw(_ result: TaskResult, of project: Project) async {
        await kind(project).withdraw(result, of: project)
    }

    package func plan(
        _ result: TaskResult, as mode: Integration.Mode, message: String, of project: Project
    ) async throws -> Integration {
        try await kind(project).plan(result, as: mode, message: message, of: project)
    }

    package func perform(_ integration: Integration, of result: TaskResult, in project: Project) async throws {
        try await kind(project).perform(integration, of: result, in: project)
    }

    package func reverse(_ integration: Integration, of result: TaskResult, in project: Project) async throws {
        try await kind(project).reverse(integration, of: result, in: project)
    }

    package func isInProject(
        _ integration: Integration, of result: TaskResult, in project: Project
    ) async throws -> Bool {
        try await kind(project).isInProject(integration, of: result, in: project)
    }

    package func changes(
        of result: TaskResult, in project: Project, page: Page
    ) async throws -> (changes: [ResultChange], total: Int) {
        try await kind(project).changes(of: result, in: project, page: page)
    }

    package func patch(
        of result: TaskResult, path: String?, in project: Project, limit: Int
    ) async throws -> (text: [UInt8], isCut: Bool) {
        try await kind(project).patch(of: result, path: path, in: project, limit: limit)
    }

    package func patchOfProject(
        since result: TaskResult, paths: [String], in project: Project, limit: Int
    ) async throws -> (text: [UInt8], isCut: Bool) {
        try await kind(project).patchOfProject(since: result, paths: paths, in: project, limit: limit)
    }
}
