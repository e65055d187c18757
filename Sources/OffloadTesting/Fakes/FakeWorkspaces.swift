package import OffloadDomain
import Synchronization

/// Workspaces that exist in memory only. Tests can hold each step, let it fail, and see in which order what was done.
package final class FakeWorkspaces: Workspaces {
    package enum Step: String, Sendable, CaseIterable {
        case prepare, snapshot, publish, remove
    }

    package struct Call: Sendable, Equatable, CustomStringConvertible {
        package let step: Step
        package let key: AttemptKey

        package init(_ step: Step, _ key: AttemptKey) {
            self.step = step
            self.key = key
        }

        package var description: String { "\(step.rawValue) \(key)" }
    }

    /// A step at which whoever takes it waits.
    package struct Gate: Sendable {
        package let reached = Latch<AttemptKey>()
        private let latch = Latch<Void>()

        package func open() { latch.open() }
        fileprivate func pass(_ key: AttemptKey) async throws {
            reached.open(key)
            try await latch.wait()
        }
    }

    private struct State {
        var calls: [Call] = []
        var failures: [Step: OffloadError] = [:]
        var gates: [Step: Gate] = [:]
        var existing: [AttemptKey: Workspace] = [:]
        var branches: [AttemptKey: String] = [:]
        var messages: [AttemptKey: String] = [:]
    }

    private let state = Mutex(State())

    package init() {}

    // MARK: - For tests

    /// What was asked, in order.
    package var calls: [Call] { state.withLock { $0.calls } }
    /// The commit message of each snapshot.
    package func message(of key: AttemptKey) -> String? { state.withLock { $0.messages[key] } }
    /// Whether the workspace of this attempt exists.
    package func exists(_ key: AttemptKey) -> Bool { state.withLock { $0.existing[key] != nil } }

    /// Lets the step fail from now on; nil lets it work again.
    package func fail(_ step: Step, with error: OffloadError?) { state.withLock { $0.failures[step] = error } }

    /// Lets the next ones who take the step wait.
    package func hold(_ step: Step) -> Gate {
        let gate = Gate()
        state.withLock { $0.gates[step] = gate }
        return gate
    }

    /// As if an earlier process had left a workspace.
    package func leave(_ key: AttemptKey) { state.withLock { $0.existing[key] = Self.workspace(key) } }

    package static func result(of key: AttemptKey) -> AttemptResult {
        AttemptResult(
            storage: .commit(Samples.commit(key.number.value), base: Samples.commit(0)), filesChanged: 2,
            insertions: 30,
            deletions: 4)
    }

    package static func workspace(_ key: AttemptKey) -> Workspace {
        Workspace(key: key, path: "/workspaces/\(key)", requirementPath: "/workspaces/\(key)/requirement.md")
    }

    // MARK: - Workspaces

    package func prepare(_ order: AttemptOrder) async throws -> Workspace {
        try await take(.prepare, order.key)
        let workspace = Self.workspace(order.key)
        state.withLock { $0.existing[order.key] = workspace }
        return workspace
    }

    package func snapshot(
        _ workspace: Workspace, of order: AttemptOrder, message: String
    ) async throws -> AttemptResult {
        try await take(.snapshot, order.key)
        guard exists(order.key) else { throw OffloadError(.device, "there is no workspace of \(order.key)") }
        state.withLock { $0.messages[order.key] = message }
        return Self.result(of: order.key)
    }

    package func publish(_ result: AttemptResult, of order: AttemptOrder) async throws -> String? {
        try await take(.publish, order.key)
        guard case .commit = result.storage else { return nil }
        return state.withLock { state in
            if let branch = state.branches[order.key] { return branch }
            let slug = Slug.make(from: order.title, fallback: "idea")
            let branch = Slug.firstFree("offload/\(slug)") { state.branches.values.contains($0) }
            state.branches[order.key] = branch
            return branch
        }
    }

    package func remove(_ workspace: Workspace) async { await remove(workspace.key) }

    package func remove(_ key: AttemptKey) async {
        // What is asked to be removed cannot refuse; a gate that is given up on lets it pass.
        try? await take(.remove, key)
        state.withLock { $0.existing[key] = nil }
    }

    package func leftovers() async -> [AttemptKey] {
        state.withLock { state in state.existing.keys.sorted { $0.description < $1.description } }
    }

    package func leftover(_ order: AttemptOrder) async -> Workspace? { state.withLock { $0.existing[order.key] } }

    private func take(_ step: Step, _ key: AttemptKey) async throws {
        let (gate, failure) = state.withLock { state in
            state.calls.append(Call(step, key))
            return (state.gates.removeValue(forKey: step), state.failures[step])
        }
        try await gate?.pass(key)
        if let failure { throw failure }
    }
}
