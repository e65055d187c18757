/// What may happen to a result on its way into the user's project.
/// Drawn from the code in `docs/state-machines.md`.
package struct ResultMachine: Sendable, Equatable {
    package private(set) var result: TaskResult

    package init(_ result: TaskResult) { self.result = result }

    /// What came with a result that was taken over.
    package struct Arrival: Sendable, Equatable {
        package var storage: TaskResult.Storage
        package var branch: String?
        package var extent: TaskResult.Extent
        package var sensitivePaths: [String]
        package var notes: [String]

        package init(
            storage: TaskResult.Storage, branch: String?, extent: TaskResult.Extent, sensitivePaths: [String] = [],
            notes: [String] = []
        ) {
            self.storage = storage
            self.branch = branch
            self.extent = extent
            self.sensitivePaths = sensitivePaths
            self.notes = notes
        }
    }

    /// - Returns: false when it is not waited for (any more).
    package mutating func arrived(_ arrival: Arrival, at time: Timestamp) -> Bool {
        guard result.state == .uploading || result.state == .refused else { return false }
        result.storage = arrival.storage
        result.branch = arrival.branch
        result.extent = arrival.extent
        result.sensitivePaths = Array(arrival.sensitivePaths.prefix(TaskResult.listLimit))
        result.notes = Array(arrival.notes.prefix(TaskResult.listLimit))
        enter(.ready, at: time)
        return true
    }

    /// - Returns: false when it is not waited for (any more).
    package mutating func refused(because reason: String, at time: Timestamp) -> Bool {
        guard result.state == .uploading else { return false }
        result.notes = [reason]
        enter(.refused, at: time)
        return true
    }

    /// - Returns: false when nothing changed.
    package mutating func forecast(hasConflict: Bool, at time: Timestamp) -> Bool {
        switch (result.state, hasConflict) {
        case (.ready, true): enter(.conflict, at: time)
        case (.conflict, false): enter(.ready, at: time)
        default: return false
        }
        return true
    }

    /// Somebody has brought it into the project by hand.
    /// - Parameter position: what the project has since.
    /// - Returns: false when nothing changed.
    package mutating func found(in position: ProjectPosition, at time: Timestamp) -> Bool {
        guard result.state == .ready || result.state == .conflict, let branch = position.branch,
            let commit = position.commit
        else { return false }
        // Which commit did it nobody has told, so nothing is said of a way back.
        result.integration = Integration(
            mode: .merge, target: branch, move: Integration.Move(before: commit, after: commit))
        enter(.merged, at: time)
        return true
    }

    /// - Throws: `OffloadError` of kind `conflict` when this is not the time for a merge.
    package func checkMergeable() throws(OffloadError) {
        guard result.state == .ready || result.state == .conflict else { throw refusal("merged") }
    }

    /// The project is about to be changed.
    /// - Throws: `OffloadError` of kind `conflict` when this is not the time for it.
    package mutating func merge(as integration: Integration, at time: Timestamp) throws(OffloadError) {
        try checkMergeable()
        result.integration = integration
        enter(.merging, at: time)
    }

    /// The project is about to be changed back.
    /// - Returns: what was done to it.
    /// - Throws: `OffloadError` of kind `conflict` when it is not merged.
    package mutating func unmerge(at time: Timestamp) throws(OffloadError) -> Integration {
        guard result.state == .merged, let integration = result.integration else { throw refusal("taken out again") }
        guard integration.move.map({ $0.before != $0.after }) ?? true else {
            throw OffloadError(
                .conflict, "the result of task \(result.key.task) was merged by hand; take it out by hand, too")
        }
        enter(.unmerging, at: time)
        return integration
    }

    /// What the project says about a change that was begun.
    /// - Parameter isInProject: whether the result is in the project.
    /// - Returns: false when no change was under way.
    package mutating func settle(isInProject: Bool, at time: Timestamp) -> Bool {
        guard result.state == .merging || result.state == .unmerging else { return false }
        if !isInProject { result.integration = nil }
        enter(isInProject ? .merged : .ready, at: time)
        return true
    }

    /// - Throws: `OffloadError` of kind `conflict` when it is in the project, or on its way there.
    package mutating func discard(at time: Timestamp) throws(OffloadError) {
        switch result.state {
        case .discarded: return
        case .uploading, .refused, .ready, .conflict: enter(.discarded, at: time)
        case .merging, .merged, .unmerging: throw refusal("discarded")
        }
        result.branch = nil
    }

    /// A discarded result comes back.
    /// - Parameter branch: where it is in the user's repository now.
    /// - Throws: `OffloadError` of kind `conflict` when it is not discarded.
    package mutating func restore(branch: String?, at time: Timestamp) throws(OffloadError) {
        guard result.state == .discarded else { throw refusal("brought back") }
        result.branch = branch
        enter(result.storage == nil ? .uploading : .ready, at: time)
    }

    private mutating func enter(_ state: TaskResult.State, at time: Timestamp) {
        result.state = state
        result.updatedAt = time
    }

    private func refusal(_ wish: String) -> OffloadError {
        let task = result.key.task
        return switch result.state {
        case .uploading:
            OffloadError(.conflict, "the result of task \(task) is not here yet; it can't be \(wish) before it is")
        case .refused:
            OffloadError(.conflict, "the result of task \(task) was refused: \(result.notes.first ?? "it was damaged")")
        case .merging, .unmerging:
            OffloadError(.conflict, "the result of task \(task) is being merged or taken out just now; try again")
        case .merged: OffloadError(.conflict, "the result of task \(task) is merged; undo that first")
        case .discarded: OffloadError(.conflict, "the result of task \(task) was discarded; undo that first")
        case .ready, .conflict:
            OffloadError(.conflict, "the result of task \(task) waits to be merged; there is nothing to be \(wish)")
        }
    }
}
