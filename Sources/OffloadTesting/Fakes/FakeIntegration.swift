package import OffloadDomain
import Synchronization

/// A project that exists in memory only: what is merged stands in a list.
package final class FakeIntegration: ResultIntegration {
    private struct State {
        var merged: [AttemptKey] = []
        var performed = 0
        var clashes: [AttemptKey: [Clash]] = [:]
        var rivals: [AttemptKey: [AttemptKey]] = [:]
        var position = ProjectPosition(branch: "refs/heads/main", commit: Samples.commit(1))
        var problem: OffloadError?
        var forecasts = 0
        var withdrawn: [AttemptKey] = []
        var paths: [String] = ["a.txt"]
        var isForgetful = false
    }

    private let state = Mutex(State())

    package init() {}

    // MARK: - For tests

    /// What is in the project, as often as it was put there.
    package var merged: [AttemptKey] { state.withLock { $0.merged } }
    /// How often the project was changed.
    package var performed: Int { state.withLock { $0.performed } }
    package var forecasts: Int { state.withLock { $0.forecasts } }
    package var withdrawn: [AttemptKey] { state.withLock { $0.withdrawn } }

    package func clash(_ key: AttemptKey, in clashes: [Clash], with rivals: [AttemptKey] = []) {
        state.withLock { state in
            state.clashes[key] = clashes
            state.rivals[key] = rivals
        }
    }

    /// The branch has moved.
    package func move(to commit: CommitHash) {
        state.withLock { $0.position = ProjectPosition(branch: "refs/heads/main", commit: commit) }
    }

    /// Lets changes of the project fail; nil lets them work again.
    package func fail(with error: OffloadError?) { state.withLock { $0.problem = error } }

    /// What every result changes.
    package func change(_ paths: [String]) { state.withLock { $0.paths = paths } }

    /// Says of nothing that it is in the project: the mistake that merges twice.
    package func forgetEverything() { state.withLock { $0.isForgetful = true } }

    // MARK: - ResultIntegration

    package func position(of project: Project) async throws -> ProjectPosition { state.withLock { $0.position } }

    package func forecast(
        _ results: [TaskResult], of project: Project, at position: ProjectPosition
    ) async throws -> Forecast {
        state.withLock { state in
            state.forecasts += 1
            return Forecast(
                position: position,
                items: results.map {
                    Forecast.Item($0.key, clashes: state.clashes[$0.key] ?? [], rivals: state.rivals[$0.key] ?? [])
                })
        }
    }

    package func publish(_ result: TaskResult, of project: Project) async throws -> String? {
        "offload/\(result.key.task)"
    }

    package func withdraw(_ result: TaskResult, of project: Project) async {
        state.withLock { $0.withdrawn.append(result.key) }
    }

    package func plan(
        _ result: TaskResult, as mode: Integration.Mode, message: String, of project: Project
    ) async throws -> Integration {
        try state.withLock { state in
            guard let before = state.position.commit, state.clashes[result.key] ?? [] == [] else {
                throw OffloadError(.conflict, "it clashes")
            }
            return Integration(
                mode: mode, target: "refs/heads/main",
                move: Integration.Move(before: before, after: Samples.commit(state.merged.count + 2)))
        }
    }

    package func perform(_ integration: Integration, of result: TaskResult, in project: Project) async throws {
        try state.withLock { state in
            if let problem = state.problem { throw problem }
            state.performed += 1
            state.merged.append(result.key)
        }
    }

    package func reverse(_ integration: Integration, of result: TaskResult, in project: Project) async throws {
        try state.withLock { state in
            if let problem = state.problem { throw problem }
            state.merged.removeAll { $0 == result.key }
        }
    }

    package func isInProject(
        _ integration: Integration, of result: TaskResult, in project: Project
    ) async throws -> Bool {
        state.withLock { !$0.isForgetful && $0.merged.contains(result.key) }
    }

    package func changes(
        of result: TaskResult, in project: Project, page: Page
    ) async throws -> (changes: [ResultChange], total: Int) {
        state.withLock { state in
            let changes = state.paths.map { ResultChange(path: $0, kind: .modified, insertions: 1, deletions: 1) }
            return (Array(changes.dropFirst(page.offset).prefix(page.limit)), changes.count)
        }
    }

    package func patch(
        of result: TaskResult, path: String?, in project: Project, limit: Int
    ) async throws -> (text: [UInt8], isCut: Bool) {
        (Array("+```` work of \(result.key.task)\n".utf8), false)
    }

    package func patchOfProject(
        since result: TaskResult, paths: [String], in project: Project, limit: Int
    ) async throws -> (text: [UInt8], isCut: Bool) {
        (Array("+what the project gained\n".utf8), false)
    }
}
