import OffloadDomain

/// A store that forgets what was decided about a held task meanwhile: nobody sees `cancelling` or `sealed`.
struct PhaseBlindTransaction: ForwardingTransaction {
    var base: any LedgerTransaction

    func task(_ id: TaskID) throws -> OffloadTask? { try base.task(id).map(Self.blind) }

    func heldTasks() throws -> [OffloadTask] { try base.heldTasks().map(Self.blind) }

    /// Its fence does not look at the phase either.
    mutating func update(_ task: OffloadTask, from old: OffloadTask) throws {
        var known = old
        if let stored = try base.task(old.id), Self.blind(stored).state == old.state { known = stored }
        try base.update(task, from: known)
    }

    private static func blind(_ task: OffloadTask) -> OffloadTask {
        var task = task
        switch task.state {
        case .synced(let holding): task.state = .synced(OffloadTask.Holding(holding.holder))
        case .running(let holding): task.state = .running(OffloadTask.Holding(holding.holder))
        case .pending, .claimed, .completed, .failed, .cancelled: break
        }
        return task
    }
}

/// A store that gives out the task that waits longest by the wall clock.
struct WallClockTransaction: ForwardingTransaction {
    var base: any LedgerTransaction

    func nextPending(for lane: BatchID, excluding projects: [ProjectID]) throws -> OffloadTask? {
        var waiting: [OffloadTask] = []
        var page = try Page(limit: Page.largest)
        while true {
            let some = try base.tasks(TaskFilter(status: .pending), page: page)
            waiting += some
            guard some.count == page.limit else { break }
            page = try Page(limit: page.limit, offset: page.offset + page.limit)
        }
        return waiting.reversed()
            .filter { ($0.lane == nil || $0.lane == lane) && !projects.contains($0.projectID) }
            .min { $0.updatedAt < $1.updatedAt }
    }
}

/// A disk that becomes full in the middle of a transaction.
struct FullDiskTransaction: ForwardingTransaction {
    var base: any LedgerTransaction
    /// How many more records fit.
    var room: Int

    private mutating func takeRoom() throws {
        guard room > 0 else { throw OffloadError(.device, "the disk is full") }
        room -= 1
    }

    mutating func insert(_ idea: Idea) throws {
        try takeRoom()
        try base.insert(idea)
    }
    mutating func update(_ idea: Idea) throws {
        try takeRoom()
        try base.update(idea)
    }
    mutating func insert(_ requirement: Requirement, of project: ProjectID, from origin: PairID?) throws {
        try takeRoom()
        try base.insert(requirement, of: project, from: origin)
    }
    mutating func insert(_ task: OffloadTask) throws {
        try takeRoom()
        try base.insert(task)
    }
    mutating func update(_ task: OffloadTask, from old: OffloadTask) throws {
        try takeRoom()
        try base.update(task, from: old)
    }
    mutating func insert(_ attempt: Attempt) throws {
        try takeRoom()
        try base.insert(attempt)
    }
    mutating func update(_ attempt: Attempt) throws {
        try takeRoom()
        try base.update(attempt)
    }
    mutating func save(_ batch: Batch) throws {
        try takeRoom()
        try base.save(batch)
    }
    mutating func record(_ event: BridgeEvent, at time: Timestamp) throws -> Int64 {
        try takeRoom()
        return try base.record(event, at: time)
    }
}
