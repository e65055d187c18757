package import OffloadDomain

/// Brings results of projects without git into the project's own folder: all or nothing, and to be undone.
///
/// What the caller has to see to: that for one project only one of these calls runs at a time, and that after a start of the
/// device `settle` comes before everything else for each task whose integration may have been broken off. Everything here is
/// file work that blocks its thread, `apply` and `undo` for as long as it takes to copy what changes.
package struct FolderIntegration: Sendable {
    private let dataFolder: String
    private let plainly: Bool
    private let reached: @Sendable (IntegrationPlace) throws -> Void

    /// - Parameter dataFolder: the device's data folder, absolute.
    package init(dataFolder: String) { self.init(dataFolder: dataFolder) { _ in } }

    /// - Parameters:
    ///   - plainly: does without what not every file system can.
    ///   - reached: is told of every place on the way. What it throws ends everything right there, as a crash would.
    init(
        dataFolder: String, plainly: Bool = false, reached: @escaping @Sendable (IntegrationPlace) throws -> Void
    ) {
        self.dataFolder = dataFolder
        self.plainly = plainly
        self.reached = reached
    }

    private func changeSet(_ key: AttemptKey) -> StoredChangeSet {
        StoredChangeSet(dataFolder: dataFolder, key)
    }

    private func record(_ task: TaskID) -> IntegrationRecord { IntegrationRecord(dataFolder: dataFolder, task: task) }

    private func moves(_ task: TaskID, _ path: String) throws -> FolderMoves {
        try FolderMoves(projectPath: path, record: record(task), plainly: plainly, reached: reached)
    }

    // MARK: - Taking

    /// Compares what an attempt changed with the project as it is now. Changes nothing.
    /// - Throws: `OffloadError` of kind `unprocessable` when the change set is missing or breaks the rules for paths, links
    ///   and kinds, or when the project can't be read.
    package func plan(_ key: AttemptKey, project: Project) throws -> FolderPlan {
        let changes = try changeSet(key).changes()
        return try .make(key, changes, projectPath: project.path, tree: ProjectTree(path: project.path))
    }

    /// Makes the changes of a plan. Durable when it returns; when it throws, the project is as it was.
    /// - Parameters:
    ///   - keepBoth: writes the result's version of files with conflicts beside them, as `<name>.offload-<idea>`.
    ///   - idea: whose result it is.
    /// - Throws: `OffloadError` of kind `conflict` that names the files, when there are conflicts and `keepBoth` is false,
    ///   or when something has changed since the plan was made, also when the task's result is in the project already or
    ///   an integration of it has to be settled first; `unprocessable` when the content of the change set is not what its
    ///   list says; `device` when the machine fails. Where it fails on the way back, too, `settle` puts the rest right.
    package func apply(_ plan: FolderPlan, keepBoth: Bool, idea: IdeaID) throws -> Integrated {
        let record = record(plan.key.task)
        if let journal = try record.journal() {
            guard journal.phase == .done else { throw Self.unsettled(plan.key.task) }
            throw OffloadError(.conflict, "a result of \(plan.key.task) is in the project already")
        }
        let moves = try moves(plan.key.task, plan.projectPath)
        let tree = try ProjectTree(path: plan.projectPath)
        let draft = try IntegrationDraft(plan, keepBoth: keepBoth, idea: idea, tree: tree)
        let folders = try FolderSteps(for: draft.steps, in: tree)
        let journal = IntegrationJournal(
            .taking, attempt: plan.key.number.value, steps: draft.steps, emptied: folders.emptied,
            created: folders.created)
        let changeSet = changeSet(plan.key)
        let settled = try run(journal, moves) { try changeSet.content($1, for: ChangePath($0.path)) }
        return Integrated(
            taken: plan.items.filter { $0.comparison == .take }.map(\.path), beside: draft.beside,
            leftAlone: settled.leftAlone)
    }

    private func run(
        _ journal: IntegrationJournal, _ moves: FolderMoves,
        content: (IntegrationStep, String) throws -> ReadableFile
    ) throws -> Settled {
        var journal = journal
        let record = moves.record
        do {
            try record.makeFolders()
            try record.keepBefore(of: journal.steps, root: moves.root)
            try reached(.keptBefore)
            try record.write(journal)
        } catch let error as OffloadError {
            if journal.direction == .taking { try? record.remove() }
            throw error
        }
        do {
            try reached(.journalWritten)
            try moves.stage(journal, content: content)
            journal.phase = .moving
            try record.write(journal)
            try reached(.allStaged)
            try moves.makeSteps(of: journal)
        } catch let error as OffloadError {
            let settled = try giveUp(journal, moves)
            guard !settled.leftAlone.isEmpty else { throw error }
            let kept = settled.kept.map { ", what was there before is in \($0)" } ?? ""
            throw OffloadError(
                error.kind, "\(error.message); left as they are: \(ShownPath.list(settled.leftAlone))\(kept)")
        }
        return try finish(journal, moves)
    }

    /// After the last step.
    private func finish(_ journal: IntegrationJournal, _ moves: FolderMoves) throws -> Settled {
        var journal = journal
        // In the record first: from here on it counts as done, and what is left is to tidy up.
        if journal.direction == .taking {
            journal.phase = .done
            try moves.record.write(journal)
            try reached(.recorded)
        }
        let left = (try? moves.clear(journal)) ?? [journal.staging]
        try reached(.cleared)
        if journal.direction == .undoing { try moves.record.remove() }
        return Settled(outcome: journal.direction == .taking ? .done : .notDone, leftAlone: left)
    }

    /// Puts everything back.
    private func giveUp(_ journal: IntegrationJournal, _ moves: FolderMoves) throws -> Settled {
        var left = journal.phase == .staging ? [] : try moves.moveBack(journal)
        left += try moves.clear(journal)
        try reached(.cleared)
        switch journal.direction {
        case .taking:
            guard left.isEmpty else {
                return Settled(outcome: .notDone, leftAlone: left, kept: try moves.record.setAside())
            }
            try moves.record.remove()
            return Settled(outcome: .notDone, leftAlone: [])
        case .undoing:
            var original = journal.reversed(staging: journal.staging)
            original.phase = .done
            try moves.record.write(original)
            return Settled(outcome: .done, leftAlone: left)
        }
    }

    /// Ends the possibility to undo, so that a later attempt of the task can be taken. Does nothing when there is none.
    /// - Throws: `OffloadError` of kind `conflict` when an integration of the task has to be settled first.
    package func forget(_ task: TaskID) throws {
        guard let journal = try record(task).journal() else { return }
        guard journal.phase == .done else { throw Self.unsettled(task) }
        try record(task).remove()
    }

    private static func unsettled(_ task: TaskID) -> OffloadError {
        OffloadError(.conflict, "an integration of \(task) was broken off and has to be settled first")
    }

    /// Whose result an integration of the task concerns, finished or broken off; nil when there is none.
    package func attempt(of task: TaskID) throws -> AttemptNumber? {
        try record(task).journal().map { AttemptNumber(value: $0.attempt) }
    }

    // MARK: - After a crash

    /// Brings an integration, or the undoing of one, to an end: where all steps had been made it is done, otherwise
    /// everything is put back. May be called at any time and again; for a task of which nothing is known it says so.
    /// - Throws: `OffloadError` of kind `unprocessable` or `device` when the project or the journal can't be read or
    ///   written. Nothing is lost then; call again.
    package func settle(_ task: TaskID, project: Project) throws -> Settled {
        guard let journal = try record(task).journal() else { return Settled(outcome: .notDone, leftAlone: []) }
        if journal.phase == .done {
            // The project may be gone meanwhile.
            let left = try? moves(task, project.path).clear(journal)
            return Settled(outcome: .done, leftAlone: left ?? [])
        }
        let moves = try moves(task, project.path)
        switch journal.phase {
        case .moving where try moves.isComplete(journal):
            try moves.flush(journal)
            return try finish(journal, moves)
        default: return try giveUp(journal, moves)
        }
    }

    // MARK: - Undoing

    /// Puts back what was in the project before the task's result. Durable when it returns; when it throws, the project is
    /// as it was.
    /// - Throws: `OffloadError` of kind `conflict` that names the files, when any of them has changed since; also when an
    ///   integration of the task has to be settled first; `notFound` when there is nothing to undo.
    package func undo(_ task: TaskID, project: Project) throws -> Settled {
        guard let journal = try record(task).journal() else {
            throw OffloadError(.notFound, "no result of \(task) is in the project")
        }
        guard journal.phase == .done else { throw Self.unsettled(task) }
        let moves = try moves(task, project.path)
        _ = try moves.clear(journal)
        let (steps, changed) = try stepsBack(of: journal, moves)
        guard changed.isEmpty else {
            throw OffloadError(.conflict, "changed since the result was taken: \(ShownPath.list(changed))")
        }
        // Only folders that came with the result go with it: others may have been empty before.
        let missing = try FolderSteps(for: steps, in: ProjectTree(path: project.path)).created
        let known = Set(missing.map { ExactText($0) })
        let back = IntegrationJournal(
            .undoing, attempt: journal.attempt, steps: steps, emptied: journal.created.reversed(),
            created: missing + journal.emptied.reversed().filter { !known.contains(ExactText($0)) })
        return try run(back, moves) { try moves.record.content($1) }
    }

    /// The way back, without what is as before already.
    private func stepsBack(
        of journal: IntegrationJournal, _ moves: FolderMoves
    ) throws -> (steps: [IntegrationStep], changed: [String]) {
        var (steps, changed) = ([IntegrationStep](), [String]())
        let twins = journal.twins
        for step in journal.steps {
            let now = try moves.entry(at: step, twins: twins)
            if now.isLike(step.after) {
                steps.append(step.reversed)
            } else if !now.isLike(step.before) {
                changed.append(step.path)
            }
        }
        return (steps, changed)
    }
}
