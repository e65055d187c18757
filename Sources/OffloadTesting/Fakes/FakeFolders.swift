package import OffloadDomain
import Synchronization

/// Project folders that exist in memory only.
package final class FakeFolders: ProjectFolders {
    private struct State {
        var settings: [ProjectID: ProjectSettings] = [:]
        var problems: [ProjectID: OffloadError] = [:]
        var templates: [ProjectID: String] = [:]
        var written: [Requirement] = []
        var writeProblem: OffloadError?
    }

    private let state = Mutex(State())

    package init() {}

    // MARK: - For tests

    package func set(_ settings: ProjectSettings, for project: ProjectID) {
        state.withLock { $0.settings[project] = settings }
    }

    /// Lets everything about the project's settings fail; nil lets it work again.
    package func fail(_ project: ProjectID, with error: OffloadError?) {
        state.withLock { $0.problems[project] = error }
    }

    package func setTemplate(_ template: String?, for project: ProjectID) {
        state.withLock { $0.templates[project] = template }
    }

    package func failWriting(with error: OffloadError?) { state.withLock { $0.writeProblem = error } }

    /// The requirement files that were written, in order.
    package var written: [Requirement] { state.withLock { $0.written } }

    // MARK: - ProjectFolders

    package func inspect(path: String) async throws -> (path: String, versionControl: Project.VersionControl) {
        guard path.hasPrefix("/") else { throw OffloadError(.unprocessable, "\(path) is no folder") }
        return (path, .git)
    }

    package func settings(of project: Project) async throws -> ProjectSettings {
        try state.withLock { state in
            if let problem = state.problems[project.id] { throw problem }
            return state.settings[project.id] ?? .defaults
        }
    }

    package func template(of project: Project, settings: ProjectSettings) async throws -> String? {
        state.withLock { $0.templates[project.id] }
    }

    package func pinBase(of project: Project) async throws -> CommitHash? {
        project.versionControl == .git ? Samples.commit(0) : nil
    }

    package func write(_ requirement: Requirement, into project: Project) async throws {
        try state.withLock { state in
            if let problem = state.writeProblem { throw problem }
            state.written.append(requirement)
        }
    }
}
