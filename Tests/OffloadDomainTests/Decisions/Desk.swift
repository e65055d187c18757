import OffloadDomain
import OffloadTesting

/// The decisions over a ledger in memory, with one project and whatever ideas a test writes down.
struct Desk {
    let ledger = InMemoryLedger()
    let identifiers = CountingIdentifiers()
    let clock = FixedClock()
    let queue: QueueDecisions
    let attempts: AttemptDecisions
    var limits = ProjectSlots()

    init(lanes: Int = 4) throws {
        queue = QueueDecisions(lanes: LaneFilling(slots: lanes))
        attempts = AttemptDecisions(lanes: LaneFilling(slots: lanes))
        try ledger.changeNow { try $0.insert(Samples.project(1)) }
    }

    // MARK: - What happens

    func write(_ ideas: Idea...) throws {
        try ledger.changeNow { transaction in
            for idea in ideas { try transaction.insert(idea) }
        }
    }

    @discardableResult
    func take(
        _ idea: Int, lane: Int? = nil, plan: QueueDecisions.Plan?? = .none, untriedOnly: Bool = false
    ) throws -> QueueDecisions.Taken {
        let plan = try plan ?? .ready(Samples.project(1), .defaults, RequirementTemplate(), base: Samples.commit(0))
        return try ledger.changeNow { transaction in
            try queue.take(
                IdeaID(unchecked: "i-\(idea)"), for: .lane(lane.map(Samples.batch)), plan: plan,
                untriedOnly: untriedOnly,
                identifiers: identifiers, at: clock.now(), in: &transaction)
        }
    }

    @discardableResult
    func fill() throws -> [HandedOut] {
        try ledger.changeNow { try queue.lanes.fill(&$0, limits: limits, at: clock.now()) }
    }

    @discardableResult
    func control(_ lane: Int, _ action: BatchMachine.Action) throws -> QueueDecisions.Steered {
        try ledger.changeNow { transaction in
            try queue.control(Samples.batch(lane), action, limits: limits, at: clock.now(), in: &transaction)
        }
    }

    /// Starts lane 1 and hands out the task of a new idea.
    func handOut(idea: Int = 1) throws -> AttemptKey {
        try write(Samples.idea(idea))
        try take(idea)
        return try control(1, .start).started.first?.key ?? Self.nothing
    }

    @discardableResult
    func start(_ key: AttemptKey) throws -> TaskMachine.Report {
        try ledger.changeNow { try attempts.agentStarted(key, at: clock.now(), in: &$0) }
    }

    func seal(_ key: AttemptKey, result: AttemptResult? = nil) throws -> TaskMachine.Seal {
        try ledger.changeNow {
            try attempts.seal(key, report: RunReport(summary: "Done."), result: result, at: clock.now(), in: &$0)
        }
    }

    @discardableResult
    func end(_ key: AttemptKey, _ outcome: Attempt.Outcome) throws -> [HandedOut] {
        try ledger.changeNow {
            try attempts.end(
                key, outcome, report: RunReport(), result: nil, limits: limits, at: clock.now(), in: &$0)
        }
    }

    @discardableResult
    func cancel(_ id: TaskID) throws -> (task: OffloadTask, stop: AttemptKey?) {
        try ledger.changeNow { try queue.cancel(id, at: clock.now(), in: &$0) }
    }

    @discardableResult
    func retry(_ id: TaskID) throws -> (task: OffloadTask, started: [HandedOut]) {
        try ledger.changeNow { try queue.retry(id, limits: limits, at: clock.now(), in: &$0) }
    }

    // MARK: - What is to be seen

    func task(_ id: TaskID) throws -> OffloadTask? { try ledger.snapshot().task(id) }
    func status(_ id: TaskID) throws -> OffloadTask.Status? { try task(id)?.state.status }
    func attempt(_ key: AttemptKey) throws -> Attempt? { try ledger.snapshot().attempt(key) }
    func batch(_ lane: Int) throws -> Batch { try ledger.snapshot().batch(Samples.batch(lane)) }

    /// The names of all events so far.
    func events() throws -> [String] {
        try ledger.snapshot().events(after: 0, limit: 1_000).map(\.name)
    }

    static let nothing = AttemptKey(task: TaskID(unchecked: "nothing"), number: .none)
}

/// The kind of the refusal that `body` ends with.
func refusal(_ body: () throws -> Void) -> OffloadError.Kind? {
    do {
        try body()
        return nil
    } catch {
        return (error as? OffloadError)?.kind
    }
}
