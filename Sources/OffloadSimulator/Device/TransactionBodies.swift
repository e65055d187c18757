import OffloadDomain

/// The bodies of the device's transactions: the domain's decisions, put together as the engine puts them together.
struct TransactionBodies: Sendable {
    /// How many lanes take tasks now; none while the device starts or stops.
    let fillableSlots: Int
    let limits: ProjectSlots
    let identifiers: any IdentifierSource
    let fault: PlantedFault?

    /// Tasks given back to the backlog in one transaction; small, so that a crash in between is likely.
    static let returnedAtOnce = 2

    func run(
        _ command: LedgerCommand, at now: Timestamp, in transaction: inout any LedgerTransaction
    ) throws -> LedgerAnswer {
        let lanes = LaneFilling(slots: fillableSlots)
        let queue = QueueDecisions(lanes: lanes)
        switch command {
        case .add(let ideas): return try add(ideas, at: now, in: &transaction)
        case .decide(let id, let action): return try decide(id, action, at: now, in: &transaction)
        case .remove(let id): return try remove(id, at: now, in: &transaction)
        case .assign(let ideas, let lane, let plans):
            return try assign(ideas, lane: lane, plans: plans, queue: queue, at: now, in: &transaction)
        case .control(let lane, let action):
            return .steered(try queue.control(lane, action, limits: limits, at: now, in: &transaction))
        case .returnToBacklog(let lane):
            return .returned(
                try queue.returnToBacklog(from: lane, limit: Self.returnedAtOnce, at: now, in: &transaction))
        case .cancel(let id):
            let (task, stop) = try queue.cancel(id, at: now, in: &transaction)
            return .cancelled(task, stop: stop)
        case .retry(let id):
            let (task, started) = try queue.retry(id, limits: limits, at: now, in: &transaction)
            return .queued(task, started: started)
        case .prune(let limit):
            return .pruned(try transaction.pruneEvents(keeping: limit))
        case .fill: return .handedOut(try lanes.fill(&transaction, limits: limits, at: now))
        case .started, .seal, .end: return try report(command, at: now, in: &transaction)
        }
    }

    // MARK: - Reports of attempts

    private func report(
        _ command: LedgerCommand, at now: Timestamp, in transaction: inout any LedgerTransaction
    ) throws -> LedgerAnswer {
        let slots = fault == .filledOutsideTransaction ? 0 : fillableSlots
        let attempts = AttemptDecisions(lanes: LaneFilling(slots: slots))
        switch try checked(command, in: transaction) {
        case .started(let key):
            return .start(try attempts.agentStarted(key, at: now, in: &transaction))
        case .seal(let key, let report, let result):
            return .sealed(try attempts.seal(key, report: report, result: result, at: now, in: &transaction))
        case .end(let key, let outcome, let report, let result):
            return .handedOut(
                try attempts.end(
                    key, outcome, report: report, result: result, limits: limits, at: now, in: &transaction))
        case .add, .decide, .remove, .assign, .control, .returnToBacklog, .cancel, .retry, .prune, .fill:
            throw OffloadError(.device, "\(command) is no report")
        }
    }

    private func checked(_ command: LedgerCommand, in reader: any LedgerReader) throws -> LedgerCommand {
        guard fault == .attemptCheckDropped, let key = command.report, let task = try reader.task(key.task) else {
            return command
        }
        return command.speaking(of: task.attemptKey)
    }

    // MARK: - Backlog

    private func add(
        _ ideas: [Idea], at now: Timestamp, in transaction: inout any LedgerTransaction
    ) throws -> LedgerAnswer {
        for idea in ideas {
            guard try transaction.project(idea.projectID) != nil else { throw OffloadError.missing(idea.projectID) }
            try transaction.insert(idea)
            try transaction.record(.ideaGenerated(idea), at: now)
        }
        return .ideas(ideas)
    }

    private func decide(
        _ id: IdeaID, _ action: IdeaMachine.Action, at now: Timestamp, in transaction: inout any LedgerTransaction
    ) throws -> LedgerAnswer {
        guard let idea = try transaction.idea(id) else { throw OffloadError.missing(id) }
        var machine = IdeaMachine(idea)
        let hasOpenTask = try transaction.openTask(of: id) != nil
        guard try machine.decide(action, hasOpenTask: hasOpenTask, at: now) else { return .decided(idea) }
        try transaction.update(machine.idea)
        try transaction.record(.ideaUpdated(machine.idea), at: now)
        return .decided(machine.idea)
    }

    private func remove(
        _ id: IdeaID, at now: Timestamp, in transaction: inout any LedgerTransaction
    ) throws -> LedgerAnswer {
        guard let idea = try transaction.idea(id) else { throw OffloadError.missing(id) }
        guard try transaction.latestTask(of: id) == nil else {
            throw OffloadError(.conflict, "idea \(id) has a task whose record is kept")
        }
        try transaction.removeIdea(id)
        try transaction.record(.ideaRemoved(idea), at: now)
        return .removed(id)
    }

    private func assign(
        _ ideas: [IdeaID], lane: BatchID?, plans: [LedgerCommand.ProjectPlan], queue: QueueDecisions,
        at now: Timestamp, in transaction: inout any LedgerTransaction
    ) throws -> LedgerAnswer {
        var tasks: [OffloadTask] = []
        var refused = 0
        for id in ideas {
            do {
                let project = try transaction.idea(id)?.projectID
                let plan = plans.first { $0.project == project }?.plan
                tasks.append(
                    try queue.take(
                        id, for: .lane(lane), plan: plan, identifiers: identifiers, at: now, in: &transaction
                    )
                    .task)
            } catch let error as OffloadError where error.kind != .device {
                refused += 1
            }
        }
        let started = try queue.lanes.fill(&transaction, limits: limits, at: now)
        return .assigned(tasks, refused: refused, started: started)
    }
}
