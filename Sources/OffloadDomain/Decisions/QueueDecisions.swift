/// What a person may do with the queue, each as one step inside a transaction: load, ask the machine, record the answer.
package struct QueueDecisions: Sendable {
    package let lanes: LaneFilling

    package init(lanes: LaneFilling) { self.lanes = lanes }

    // MARK: - Assigning

    /// What a transaction needs to know of a project and cannot look up itself.
    package enum Plan: Sendable {
        case ready(Project, ProjectSettings, RequirementTemplate, base: CommitHash?)
        case refused(OffloadError)
    }

    /// A task that was made, or the open one that the idea had already.
    package struct Taken: Sendable, Equatable {
        package let task: OffloadTask
        /// The new requirement; nil when nothing was made.
        package let requirement: Requirement?
    }

    /// A result that is to be done again, because the project has changed since.
    package struct Redo: Sendable, Equatable {
        package let result: AttemptKey
        /// What the next agent is told of it, behind its requirement.
        package let supplement: String

        package init(result: AttemptKey, supplement: String) {
            self.result = result
            self.supplement = supplement
        }
    }

    /// Makes a task of an accepted idea. Taking it twice is the same as once; taken for other devices while it waits for a
    /// lane here, or the other way round, it goes there.
    /// - Parameters:
    ///   - untriedOnly: whether to refuse an idea that had a task already, however it ended.
    ///   - redo: the idea's result that is thrown away for the new task; nil for an idea that has none.
    /// - Throws: `OffloadError` saying why this idea can't be worked on now; nothing was changed then.
    package func take(
        _ id: IdeaID, for destination: OffloadTask.Destination, plan: Plan?, untriedOnly: Bool = false,
        redo: Redo? = nil, identifiers: any IdentifierSource, at now: Timestamp,
        in transaction: inout any LedgerTransaction
    ) throws -> Taken {
        guard let idea = try transaction.idea(id) else { throw OffloadError.missing(id) }
        if let open = try transaction.openTask(of: id) {
            guard redo == nil else {
                throw OffloadError(.conflict, "idea \(id) is being worked on by task \(open.id) already")
            }
            guard Self.isElsewhere(open, than: destination) else { return Taken(task: open, requirement: nil) }
            guard open.state == .pending else {
                let place = open.isOffloaded ? "on another device" : "in a batch here"
                throw OffloadError(.conflict, "task \(open.id) of idea \(id) is at work already, \(place)")
            }
            let sent = try HandoverDecisions.redirect(
                open, to: destination, identifiers: identifiers, at: now, in: &transaction)
            return Taken(task: sent, requirement: nil)
        }
        guard idea.status == .accepted else {
            throw OffloadError(.conflict, "idea \(id) is \(idea.status.rawValue); accept it first")
        }
        if redo == nil, let latest = try transaction.latestTask(of: id), untriedOnly || latest.state == .completed {
            let ending = latest.state == .completed ? "was done" : "was tried"
            throw OffloadError(.conflict, "idea \(id) \(ending) by task \(latest.id); retry that to do it again")
        }
        let requirement: Requirement
        switch plan {
        case .ready(let project, let settings, let template, let base):
            requirement = Requirement(
                id: identifiers.make(RequirementID.self), ideaID: idea.id,
                fileName: try Self.fileName(for: idea, in: transaction),
                content: template.render(idea, project: project, base: base, check: idea.check ?? settings.check)
                    + (redo?.supplement ?? ""),
                base: base, createdAt: now)
        case .refused(let error): throw error
        case nil: throw OffloadError.missing(idea.projectID)
        }
        guard requirement.content.utf8.count <= Offer.contentLimit else {
            throw OffloadError(
                .unprocessable,
                "the requirement of idea \(id) has more than \(Offer.contentLimit) bytes; shorten it or its template")
        }
        try transaction.insert(requirement, of: idea.projectID)
        let task = OffloadTask(
            id: identifiers.make(TaskID.self), projectID: idea.projectID, ideaID: idea.id,
            requirementID: requirement.id, title: idea.title, destination: destination, priority: idea.priority,
            position: try transaction.nextTaskPosition(), createdAt: now, updatedAt: now)
        try transaction.insert(task)
        if case .device(let pair?) = destination {
            try transaction.insert(
                HandoverDecisions.handover(of: task, to: pair, identifiers: identifiers, in: transaction))
        }
        try transaction.record(.queued(task), at: now)
        if let redo { _ = try ResultDecisions().discard(redo.result, at: now, in: &transaction) }
        return Taken(task: task, requirement: requirement)
    }

    /// Whether a task that waits is to be sent on. One that is bound to a lane stays there when another lane is named, and
    /// one that is meant for a certain device stays when any would do.
    private static func isElsewhere(_ task: OffloadTask, than destination: OffloadTask.Destination) -> Bool {
        switch (task.destination, destination) {
        case (.lane, .device), (.device, .lane): true
        case (.device(let old), .device(let new?)): old != new
        case (.device, .device(nil)), (.lane, .lane): false
        }
    }

    /// The idea's own id in the name makes it unique at once, however many ideas have the same title.
    private static func fileName(for idea: Idea, in reader: any LedgerReader) throws -> String {
        let slug = Slug.make(from: idea.title, fallback: "idea")
        let unique = idea.id.rawValue.drop(while: { $0 != "-" }).dropFirst()
        let name = try Slug.firstFree("\(slug)-\(unique)") { candidate in
            try reader.requirementExists(fileName: "\(candidate).md", in: idea.projectID)
        }
        return "\(name).md"
    }

    // MARK: - Lanes

    /// What steering a lane brought about.
    package struct Steered: Sendable, Equatable {
        package let batch: Batch
        package let answer: BatchMachine.Answer
        package var started: [HandedOut] = []
        /// An attempt that has to be ended.
        package var stop: AttemptKey?
    }

    /// - Throws: `OffloadError` of kind `conflict` when the action makes no sense now.
    package func control(
        _ lane: BatchID, _ action: BatchMachine.Action, limits: ProjectSlots, at now: Timestamp,
        in transaction: inout any LedgerTransaction
    ) throws -> Steered {
        var machine = BatchMachine(try transaction.batch(lane))
        let answer = machine.apply(action)
        if case .refused(let reason) = answer { throw OffloadError(.conflict, reason) }
        try transaction.save(machine.batch)
        let running = try transaction.heldTasks().first { $0.state.holding?.batch == lane }
        try transaction.record(.batchProgress(machine.batch, running: running?.id), at: now)
        var steered = Steered(batch: machine.batch, answer: answer)
        switch answer {
        case .fill:
            steered.started = try lanes.fill(&transaction, limits: limits, at: now)
        case .empty:
            // A sealed task is as good as completed; stopping its lane lets it finish.
            if let running, case .stop(let key) = try request(cancelOf: running, at: now, in: &transaction) {
                steered.stop = key
            }
        case .hold, .refused: break
        }
        return steered
    }

    /// Gives tasks that wait for a stopped lane back to the backlog; their ideas can be assigned anew.
    /// - Returns: how many; fewer than `limit` when none is left.
    package func returnToBacklog(
        from lane: BatchID, limit: Int, at now: Timestamp, in transaction: inout any LedgerTransaction
    ) throws -> Int {
        let waiting = try transaction.pending(assignedTo: lane, page: try Page(limit: limit, offset: 0))
        for task in waiting { _ = try request(cancelOf: task, at: now, in: &transaction) }
        return waiting.count
    }

    // MARK: - Single tasks

    /// - Returns: the task as it is now, and the attempt that has to be ended, if one runs.
    /// - Throws: `OffloadError` of kind `notFound`, or `conflict` when the task is final already.
    package func cancel(
        _ id: TaskID, at now: Timestamp, in transaction: inout any LedgerTransaction
    ) throws -> (task: OffloadTask, stop: AttemptKey?) {
        guard let task = try transaction.task(id) else { throw OffloadError.missing(id) }
        let answer = try request(cancelOf: task, at: now, in: &transaction)
        let changed = try transaction.task(id) ?? task
        switch answer {
        case .cancelled: return (changed, nil)
        case .stop(let key): return (changed, key)
        case .refused(let status):
            throw OffloadError(.conflict, "task \(id) is \(status.rawValue) already")
        }
    }

    private func request(
        cancelOf task: OffloadTask, at now: Timestamp, in transaction: inout any LedgerTransaction
    ) throws -> TaskMachine.Cancel {
        var machine = TaskMachine(task)
        let answer = machine.cancel(at: now)
        if machine.task != task { try transaction.update(machine.task, from: task) }
        if answer == .cancelled { try recordCancel(of: machine.task, before: task, at: now, in: &transaction) }
        return answer
    }

    private func recordCancel(
        of task: OffloadTask, before: OffloadTask, at now: Timestamp, in transaction: inout any LedgerTransaction
    ) throws {
        if task.isOffloaded {
            try HandoverDecisions.close(
                task.attemptKey, wasClaimed: before.state.holder != nil, at: now, in: &transaction)
        }
        if task.origin != nil {
            // The device that gave it wants to know.
            let waiting = AttemptKey(task: task.id, number: task.attempt.next)
            try InboxDecisions.report(.ended(.cancelled, RunReport(), nil), of: waiting, in: &transaction)
        }
        try transaction.record(.cancelled(task), at: now)
    }

    /// Queues a final task again; its next attempt has the next number.
    /// - Throws: `OffloadError` of kind `notFound`, or `conflict` when it is not final or its idea has another open task.
    package func retry(
        _ id: TaskID, limits: ProjectSlots, at now: Timestamp, in transaction: inout any LedgerTransaction
    ) throws -> (task: OffloadTask, started: [HandedOut]) {
        guard let task = try transaction.task(id) else { throw OffloadError.missing(id) }
        guard task.origin == nil else {
            throw OffloadError(.conflict, "task \(id) came from another device; retry it there")
        }
        if let open = try transaction.openTask(of: task.ideaID), open.id != id {
            throw OffloadError(.conflict, "task \(open.id) works on the same idea already")
        }
        var machine = TaskMachine(task)
        // A certain device may be gone for good; whoever asks first will do.
        let destination = task.isOffloaded ? .device(nil) : task.destination
        let answer = machine.retry(position: try transaction.nextTaskPosition(), destination: destination, at: now)
        if case .refused(let status) = answer {
            throw OffloadError(.conflict, "task \(id) is \(status.rawValue); there is nothing to retry")
        }
        try transaction.update(machine.task, from: task)
        try transaction.record(.queued(machine.task), at: now)
        let started = try lanes.fill(&transaction, limits: limits, at: now)
        return (try transaction.task(id) ?? machine.task, started)
    }
}
