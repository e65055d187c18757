import Logging
package import OffloadDomain

/// Assigning ideas, steering lanes, cancelling and retrying tasks.
package struct TaskQueue: Sendable {
    private let context: EngineContext
    private let folders: any ProjectFolders
    private let lanes: LaneFilling
    private let limits: SlotLimits
    private let dispatcher: AttemptDispatcher

    /// Most ideas in one assignment.
    package static let assignLimit = 1_000
    /// Tasks given back to the backlog in one transaction when a lane is stopped.
    private static let returnedAtOnce = 200

    package init(
        context: EngineContext, folders: any ProjectFolders, limits: SlotLimits, dispatcher: AttemptDispatcher
    ) {
        self.context = context
        self.folders = folders
        self.limits = limits
        self.lanes = LaneFilling(slots: context.device.slots, limits: limits)
        self.dispatcher = dispatcher
    }

    // MARK: - Assigning

    package struct Assignment: Sendable, Equatable {
        package struct Refusal: Sendable, Equatable {
            package let ideaID: IdeaID
            package let error: OffloadError
        }

        /// A task for each idea that was taken; the one it has already when it was assigned before.
        package var tasks: [OffloadTask] = []
        package var refused: [Refusal] = []
    }

    /// Makes tasks of accepted ideas and queues them for a lane, or for any lane. Assigning twice is the same as once.
    /// - Throws: `OffloadError` of kind `invalidRequest` when the list is empty or too long, or `notFound` for a lane that
    ///   this device does not have. What is wrong with one idea is said in `refused` and keeps no other from being taken.
    package func assign(_ ideaIDs: [IdeaID], to lane: BatchID?) async throws -> Assignment {
        guard (1...Self.assignLimit).contains(ideaIDs.count) else {
            throw OffloadError.invalid("ideaIds", "1 to \(Self.assignLimit) at a time")
        }
        if let lane { try check(lane) }
        let plans = try await plans(for: ideaIDs)
        let now = context.clock.now()
        let identifiers = context.identifiers
        let crashPoint = context.crashPoint
        let (assignment, written, started) = try await context.ledger.change { [lanes] transaction in
            var assignment = Assignment()
            var written: [(Requirement, Project)] = []
            for id in ideaIDs {
                do {
                    let taken = try Self.take(
                        id, lane: lane, plans: plans, identifiers: identifiers, at: now, in: &transaction)
                    assignment.tasks.append(taken.task)
                    if let file = taken.file { written.append(file) }
                } catch let error as OffloadError where error.kind != .device {
                    assignment.refused.append(Assignment.Refusal(ideaID: id, error: error))
                }
            }
            let started = try lanes.fill(&transaction, at: now)
            crashPoint.reached(.assignBeforeCommit)
            return (assignment, written, started)
        }
        context.crashPoint.reached(.assignAfterCommit)
        dispatcher.start(started)
        await write(written)
        return assignment
    }

    /// What the transaction needs to know of a project and cannot look up itself.
    private enum Plan: Sendable {
        case ready(Project, ProjectSettings, RequirementTemplate, base: CommitHash?)
        case refused(OffloadError)
    }

    private func plans(for ideaIDs: [IdeaID]) async throws -> [ProjectID: Plan] {
        let projects = try await context.ledger.read { reader in
            var projects: [ProjectID: Project] = [:]
            for id in ideaIDs {
                guard let projectID = try reader.idea(id)?.projectID, projects[projectID] == nil else { continue }
                projects[projectID] = try reader.project(projectID)
            }
            return projects
        }
        var plans: [ProjectID: Plan] = [:]
        for (id, project) in projects {
            do {
                let settings = try await folders.settings(of: project)
                limits.set(settings.slots, for: id)
                let template = try RequirementTemplate(try await folders.template(of: project, settings: settings))
                let base = settings.workspace == .none ? nil : try await folders.pinBase(of: project)
                plans[id] = .ready(project, settings, template, base: base)
            } catch let error as OffloadError {
                plans[id] = .refused(error)
            }
        }
        return plans
    }

    private static func take(
        _ id: IdeaID, lane: BatchID?, plans: [ProjectID: Plan], identifiers: any IdentifierSource, at now: Timestamp,
        in transaction: inout any LedgerTransaction
    ) throws -> (task: OffloadTask, file: (Requirement, Project)?) {
        guard let idea = try transaction.idea(id) else { throw OffloadError.missing(id) }
        if let open = try transaction.openTask(of: id) { return (open, nil) }
        guard idea.status == .accepted else {
            throw OffloadError(.conflict, "idea \(id) is \(idea.status.rawValue); accept it first")
        }
        if let latest = try transaction.latestTask(of: id), latest.state == .completed {
            throw OffloadError(.conflict, "idea \(id) was done by task \(latest.id); retry that to do it again")
        }
        guard let plan = plans[idea.projectID] else { throw OffloadError.missing(idea.projectID) }
        guard case .ready(let project, let settings, let template, let base) = plan else {
            if case .refused(let error) = plan { throw error }
            throw OffloadError.missing(idea.projectID)
        }
        let requirement = try self.requirement(
            for: idea, project: project, settings: settings, template: template, base: base, identifiers: identifiers,
            at: now, in: transaction)
        try transaction.insert(requirement, of: project.id)
        let task = OffloadTask(
            id: identifiers.make(TaskID.self), projectID: project.id, ideaID: idea.id, requirementID: requirement.id,
            title: idea.title, lane: lane, priority: idea.priority, position: try transaction.nextTaskPosition(),
            createdAt: now, updatedAt: now)
        try transaction.insert(task)
        try transaction.record(.taskQueued(task), at: now)
        return (task, settings.workspace == .none ? nil : (requirement, project))
    }

    private static func requirement(
        for idea: Idea, project: Project, settings: ProjectSettings, template: RequirementTemplate, base: CommitHash?,
        identifiers: any IdentifierSource, at now: Timestamp, in reader: any LedgerReader
    ) throws -> Requirement {
        let slug = Slug.make(from: idea.title, fallback: "idea")
        let unique = idea.id.rawValue.drop(while: { $0 != "-" }).dropFirst()
        let name = try Slug.firstFree("\(slug)-\(unique)") { candidate in
            try reader.requirementExists(fileName: "\(candidate).md", in: project.id)
        }
        let content = template.render(idea, project: project, base: base, check: idea.check ?? settings.check)
        return Requirement(
            id: identifiers.make(RequirementID.self), ideaID: idea.id, fileName: "\(name).md", content: content,
            base: base, createdAt: now)
    }

    /// The copy in the project's folder is for people; an attempt writes its own into its workspace.
    private func write(_ files: [(Requirement, Project)]) async {
        for (requirement, project) in files {
            do {
                try await folders.write(requirement, into: project)
            } catch {
                context.logger.warning("requirement file not written: \(error)", metadata: ["project": "\(project.id)"])
            }
        }
    }

    // MARK: - Steering lanes

    package func batches() async throws -> [(batch: Batch, running: OffloadTask?)] {
        let slots = context.device.slots
        return try await context.ledger.read { reader in
            let held = try reader.heldTasks()
            return try reader.batches(count: slots).map { batch in
                (batch, held.first { $0.state.holding?.batch == batch.id })
            }
        }
    }

    package func waiting(for lane: BatchID, page: Page) async throws -> [OffloadTask] {
        try check(lane)
        return try await context.ledger.read { try $0.pending(assignedTo: lane, page: page) }
    }

    /// - Throws: `OffloadError` of kind `conflict` when the action makes no sense now, `notFound` for an unknown lane.
    package func control(_ lane: BatchID, _ action: BatchMachine.Action) async throws -> Batch {
        try check(lane)
        let now = context.clock.now()
        let (batch, answer, started, stop) = try await context.ledger.change { [lanes] transaction in
            var machine = BatchMachine(try transaction.batch(lane))
            let answer = machine.apply(action)
            if case .refused(let reason) = answer { throw OffloadError(.conflict, reason) }
            try transaction.save(machine.batch)
            let running = try transaction.heldTasks().first { $0.state.holding?.batch == lane }
            try transaction.record(.batchProgress(machine.batch, running: running?.id), at: now)
            var stop: AttemptKey?
            var started: [HandedOut] = []
            switch answer {
            case .fill: started = try lanes.fill(&transaction, at: now)
            case .empty:
                // A sealed task is as good as completed; stopping its lane lets it finish.
                if let running, case .stop(let key) = try Self.cancel(running, at: now, in: &transaction) { stop = key }
            case .hold, .refused: break
            }
            return (machine.batch, answer, started, stop)
        }
        dispatcher.start(started)
        if let stop { dispatcher.stop(stop, .cancelled) }
        if answer == .empty { try await returnToBacklog(lane, at: now) }
        return batch
    }

    /// Waiting tasks of a stopped lane are given back; their ideas can be assigned anew.
    private func returnToBacklog(_ lane: BatchID, at now: Timestamp) async throws {
        var returned = Self.returnedAtOnce
        while returned == Self.returnedAtOnce {
            returned = try await context.ledger.change { transaction in
                let waiting = try transaction.pending(
                    assignedTo: lane, page: try Page(limit: Self.returnedAtOnce, offset: 0))
                for task in waiting { _ = try Self.cancel(task, at: now, in: &transaction) }
                return waiting.count
            }
        }
    }

    // MARK: - Single tasks

    /// - Returns: the task as it is now. A running one is asked to end and is cancelled once all its processes have ended.
    /// - Throws: `OffloadError` of kind `notFound`, or `conflict` when it is final already.
    package func cancel(_ id: TaskID) async throws -> OffloadTask {
        let now = context.clock.now()
        let (task, answer) = try await context.ledger.change { transaction in
            guard let task = try transaction.task(id) else { throw OffloadError.missing(id) }
            let answer = try Self.cancel(task, at: now, in: &transaction)
            if case .refused(let status) = answer {
                throw OffloadError(.conflict, "task \(id) is \(status.rawValue) already")
            }
            return (try transaction.task(id) ?? task, answer)
        }
        if case .stop(let key) = answer { dispatcher.stop(key, .cancelled) }
        return task
    }

    private static func cancel(
        _ task: OffloadTask, at now: Timestamp, in transaction: inout any LedgerTransaction
    ) throws -> TaskMachine.Cancel {
        var machine = TaskMachine(task)
        let answer = machine.cancel(at: now)
        if machine.task != task { try transaction.update(machine.task, from: task) }
        if answer == .cancelled { try transaction.record(.taskCancelled(machine.task, nil), at: now) }
        return answer
    }

    /// Queues a final task again; its next attempt has the next number.
    package func retry(_ id: TaskID) async throws -> OffloadTask {
        let now = context.clock.now()
        let (task, started) = try await context.ledger.change { [lanes] transaction in
            guard let task = try transaction.task(id) else { throw OffloadError.missing(id) }
            if let open = try transaction.openTask(of: task.ideaID), open.id != id {
                throw OffloadError(.conflict, "task \(open.id) works on the same idea already")
            }
            var machine = TaskMachine(task)
            switch machine.retry(position: try transaction.nextTaskPosition(), lane: task.lane, at: now) {
            case .waiting: break
            case .refused(let status): throw OffloadError(.conflict, "task \(id) is \(status.rawValue); nothing to retry")
            }
            try transaction.update(machine.task, from: task)
            try transaction.record(.taskQueued(machine.task), at: now)
            let started = try lanes.fill(&transaction, at: now)
            return (try transaction.task(id) ?? machine.task, started)
        }
        dispatcher.start(started)
        return task
    }

    private func check(_ lane: BatchID) throws(OffloadError) {
        guard lane.number <= context.device.slots else {
            throw OffloadError(
                .notFound, "this device has batch1 to batch\(context.device.slots); set OFFLOAD_SLOTS for more")
        }
    }
}
