import Logging
package import OffloadDomain

/// Assigning ideas, steering lanes, cancelling and retrying tasks.
package struct TaskQueue: Sendable {
    private let context: EngineContext
    private let folders: any ProjectFolders
    private let decisions: QueueDecisions
    private let attempts: AttemptDecisions
    private let limits: SlotLimits
    private let dispatcher: AttemptDispatcher
    private let stops: AttemptStops
    private let devices: PairedDevices

    /// Most ideas in one assignment.
    package static let assignLimit = 1_000
    /// Tasks given back to the backlog in one transaction when a lane is stopped.
    private static let returnedAtOnce = 200

    package init(
        context: EngineContext, folders: any ProjectFolders, limits: SlotLimits, dispatcher: AttemptDispatcher,
        devices: PairedDevices
    ) {
        self.context = context
        self.folders = folders
        self.limits = limits
        decisions = QueueDecisions(lanes: LaneFilling(slots: context.device.slots))
        attempts = AttemptDecisions(lanes: decisions.lanes)
        self.dispatcher = dispatcher
        self.devices = devices
        stops = AttemptStops(context: context, dispatcher: dispatcher, attempts: attempts)
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
        /// Of tasks for other devices: what each of `tasks` is about, in the same order.
        package var requirements: [Requirement] = []
    }

    /// Makes tasks of accepted ideas and queues them for a lane, or for any lane. Assigning twice is the same as once.
    /// - Parameter untriedOnly: refuses ideas that had a task already, however it ended.
    /// - Throws: `OffloadError` of kind `invalidRequest` when the list is empty or too long, or `notFound` for a lane that
    ///   this device does not have. What is wrong with one idea is said in `refused` and keeps no other from being taken.
    package func assign(_ ideaIDs: [IdeaID], to lane: BatchID?, untriedOnly: Bool = false) async throws -> Assignment {
        if let lane { try check(lane) }
        return try await take(ideaIDs, for: .lane(lane), untriedOnly: untriedOnly)
    }

    /// Makes tasks of accepted ideas for other devices: for the one of a pair, or for whichever asks first. Tasks that wait here
    /// go there. Doing it twice is the same as once.
    /// - Throws: `OffloadError` of kind `invalidRequest` when the list is empty or too long, or `notFound` for a pair that is not
    ///   there or is over. What is wrong with one idea is said in `refused` and keeps no other from being taken.
    package func offload(
        _ ideaIDs: [IdeaID], to pair: PairID?, untriedOnly: Bool = false
    ) async throws -> Assignment {
        if let pair, devices.pair(pair)?.status != .active { throw OffloadError.missing(pair) }
        let assignment = try await take(ideaIDs, for: .device(pair), untriedOnly: untriedOnly)
        devices.tell(.work, to: pair)
        return assignment
    }

    /// Queues the idea of a result anew, where it was done before, on what the project has now. The result is thrown away in the
    /// same step; it can be brought back.
    /// - Throws: `OffloadError` of kind `conflict` when the idea is at work or the result is in the project.
    package func redo(_ result: TaskResult, supplement: String) async throws -> OffloadTask {
        let isElsewhere = try await context.ledger.read { try $0.task(result.key.task)?.isOffloaded ?? false }
        let destination: OffloadTask.Destination =
            isElsewhere && devices.isThereAny(for: result.projectID) ? .device(nil) : .lane(nil)
        let redo = QueueDecisions.Redo(result: result.key, supplement: supplement)
        let assignment = try await take([result.ideaID], for: destination, untriedOnly: false, redo: redo)
        if case .device = destination { devices.tell(.work) }
        if let refusal = assignment.refused.first { throw refusal.error }
        guard let task = assignment.tasks.first else { throw OffloadError.missing(result.ideaID) }
        return task
    }

    private func take(
        _ ideaIDs: [IdeaID], for destination: OffloadTask.Destination, untriedOnly: Bool,
        redo: QueueDecisions.Redo? = nil
    ) async throws -> Assignment {
        guard (1...Self.assignLimit).contains(ideaIDs.count) else {
            throw OffloadError.invalid("ideaIds", "1 to \(Self.assignLimit) at a time")
        }
        let plans = try await plans(for: ideaIDs)
        let now = context.clock.now()
        let (assignment, made, started) = try await context.ledger.change {
            [context, decisions, limits, devices] transaction in
            var assignment = Assignment()
            var made: [Requirement] = []
            for id in ideaIDs {
                do {
                    let idea = try transaction.idea(id)
                    if let idea { try Self.check(destination, takes: idea.projectID, devices) }
                    let plan = idea.flatMap { plans[$0.projectID] }
                    let taken = try decisions.take(
                        id, for: destination, plan: plan, untriedOnly: untriedOnly, redo: redo,
                        identifiers: context.identifiers, at: now, in: &transaction)
                    if case .device = destination {
                        guard let requirement = try transaction.requirement(taken.task.requirementID) else {
                            throw OffloadError.missing(taken.task.requirementID)
                        }
                        assignment.requirements.append(requirement)
                    }
                    assignment.tasks.append(taken.task)
                    if let requirement = taken.requirement { made.append(requirement) }
                } catch let error as OffloadError where error.kind != .device {
                    assignment.refused.append(Assignment.Refusal(ideaID: id, error: error))
                }
            }
            let started = try decisions.lanes.fill(&transaction, limits: limits.current, at: now)
            context.crashPoint.reached(destination.isElsewhere ? .queueBeforeCommit : .assignBeforeCommit)
            return (assignment, made, started)
        }
        context.crashPoint.reached(destination.isElsewhere ? .queueAfterCommit : .assignAfterCommit)
        dispatcher.start(started)
        await write(made, plans, assignment.tasks)
        return assignment
    }

    private static func check(
        _ destination: OffloadTask.Destination, takes project: ProjectID, _ devices: PairedDevices
    ) throws(OffloadError) {
        guard case .device(let pair) = destination else { return }
        guard let pair else {
            guard devices.isThereAny(for: project) else {
                throw OffloadError(
                    .conflict, "no device is paired for this project; show a code with `offload pair`, type it there")
            }
            return
        }
        guard devices.pair(pair)?.projectID == project else {
            throw OffloadError(.conflict, "the device was paired for another project")
        }
    }

    private func plans(for ideaIDs: [IdeaID]) async throws -> [ProjectID: QueueDecisions.Plan] {
        let projects = try await context.ledger.read { reader in
            var projects: [ProjectID: Project] = [:]
            for id in ideaIDs {
                guard let projectID = try reader.idea(id)?.projectID, projects[projectID] == nil else { continue }
                projects[projectID] = try reader.project(projectID)
            }
            return projects
        }
        var plans: [ProjectID: QueueDecisions.Plan] = [:]
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

    /// The copy in the project's folder is for people; an attempt writes its own into its workspace.
    private func write(
        _ requirements: [Requirement], _ plans: [ProjectID: QueueDecisions.Plan], _ tasks: [OffloadTask]
    ) async {
        for (requirement, task) in requirements.compactMap({ made in
            tasks.first { $0.requirementID == made.id }.map { (made, $0) }
        }) {
            guard case .ready(let project, let settings, _, _) = plans[task.projectID], settings.workspace == .isolated
            else { continue }
            do {
                try await folders.write(requirement, into: project)
            } catch {
                context.logger.warning("requirement file not written: \(error)", metadata: ["project": "\(project.id)"])
            }
        }
    }

    // MARK: - Steering lanes

    /// Each lane with the task that it holds, and that one's attempt.
    package func batches() async throws -> [(batch: Batch, running: OffloadTask?, attempt: Attempt?)] {
        let slots = context.device.slots
        return try await context.ledger.read { reader in
            let held = try reader.heldTasks()
            return try reader.batches(count: slots).map { batch in
                let running = held.first { $0.state.holding?.batch == batch.id }
                return (batch, running, try running.flatMap { try reader.attempt($0.attemptKey) })
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
        let steered = try await context.ledger.change { [decisions, limits] transaction in
            try decisions.control(lane, action, limits: limits.current, at: now, in: &transaction)
        }
        dispatcher.start(steered.started)
        if let stop = steered.stop { try await stops.end(stop) }
        if steered.answer == .empty { try await returnToBacklog(lane, at: now) }
        return steered.batch
    }

    /// In several transactions, because a lane may hold very many.
    private func returnToBacklog(_ lane: BatchID, at now: Timestamp) async throws {
        var returned = Self.returnedAtOnce
        while returned == Self.returnedAtOnce {
            returned = try await context.ledger.change { [decisions] transaction in
                try decisions.returnToBacklog(from: lane, limit: Self.returnedAtOnce, at: now, in: &transaction)
            }
        }
    }

    // MARK: - Single tasks

    /// - Returns: the task as it is now. A running one is asked to end and is cancelled once all its processes have ended.
    /// - Throws: `OffloadError` of kind `notFound`, or `conflict` when it is final already.
    package func cancel(_ id: TaskID) async throws -> OffloadTask {
        let now = context.clock.now()
        let (task, stop) = try await context.ledger.change { [decisions] transaction in
            try decisions.cancel(id, at: now, in: &transaction)
        }
        if let pair = task.state.holder?.device {
            devices.tell(.cancel(task.attemptKey), to: pair)
        } else if let stop {
            try await stops.end(stop)
        }
        return task
    }

    /// Queues a final task again; its next attempt has the next number.
    /// - Throws: `OffloadError` of kind `notFound` or `conflict`.
    package func retry(_ id: TaskID) async throws -> OffloadTask {
        let now = context.clock.now()
        let (task, started) = try await context.ledger.change { [decisions, limits] transaction in
            try decisions.retry(id, limits: limits.current, at: now, in: &transaction)
        }
        dispatcher.start(started)
        if task.isOffloaded { devices.tell(.work) }
        return task
    }

    private func check(_ lane: BatchID) throws(OffloadError) {
        guard lane.number <= context.device.slots else {
            throw OffloadError(
                .notFound, "this device has batch1 to batch\(context.device.slots); set OFFLOAD_SLOTS for more")
        }
    }
}
