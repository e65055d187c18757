import OffloadDomain

/// A transaction that hands everything on to another one; a fault changes the one answer that it is about.
protocol ForwardingTransaction: LedgerTransaction {
    var base: any LedgerTransaction { get set }
}

extension ForwardingTransaction {
    func project(_ id: ProjectID) throws -> Project? { try base.project(id) }
    func project(path: String) throws -> Project? { try base.project(path: path) }
    func projects() throws -> [Project] { try base.projects() }
    func idea(_ id: IdeaID) throws -> Idea? { try base.idea(id) }
    func ideas(_ filter: IdeaFilter, page: Page) throws -> [Idea] { try base.ideas(filter, page: page) }
    func ideaCount(_ filter: IdeaFilter) throws -> Int { try base.ideaCount(filter) }
    func requirement(_ id: RequirementID) throws -> Requirement? { try base.requirement(id) }
    func requirementExists(fileName: String, in project: ProjectID) throws -> Bool {
        try base.requirementExists(fileName: fileName, in: project)
    }
    func task(_ id: TaskID) throws -> OffloadTask? { try base.task(id) }
    func openTask(of idea: IdeaID) throws -> OffloadTask? { try base.openTask(of: idea) }
    func latestTask(of idea: IdeaID) throws -> OffloadTask? { try base.latestTask(of: idea) }
    func tasks(_ filter: TaskFilter, page: Page) throws -> [OffloadTask] { try base.tasks(filter, page: page) }
    func taskCount(_ filter: TaskFilter) throws -> Int { try base.taskCount(filter) }
    func taskCounts() throws -> [(OffloadTask.Status, Int)] { try base.taskCounts() }
    func heldTasks() throws -> [OffloadTask] { try base.heldTasks() }
    func nextPending(for lane: BatchID, excluding projects: [ProjectID]) throws -> OffloadTask? {
        try base.nextPending(for: lane, excluding: projects)
    }
    func awayTasks() throws -> [OffloadTask] { try base.awayTasks() }
    func claimable(by pair: PairID, in project: ProjectID, limit: Int) throws -> [OffloadTask] {
        try base.claimable(by: pair, in: project, limit: limit)
    }
    func waiting(for pair: PairID, limit: Int) throws -> [OffloadTask] { try base.waiting(for: pair, limit: limit) }
    func waitingCount(upTo limit: Int) throws -> Int { try base.waitingCount(upTo: limit) }
    func pending(assignedTo lane: BatchID, page: Page) throws -> [OffloadTask] {
        try base.pending(assignedTo: lane, page: page)
    }
    func attempt(_ key: AttemptKey) throws -> Attempt? { try base.attempt(key) }
    func attempts(of task: TaskID) throws -> [Attempt] { try base.attempts(of: task) }
    func unfinishedAttempts() throws -> [Attempt] { try base.unfinishedAttempts() }
    func batch(_ id: BatchID) throws -> Batch { try base.batch(id) }
    func batches(count: Int) throws -> [Batch] { try base.batches(count: count) }
    func events(after position: Int64, limit: Int) throws -> [RecordedEvent] {
        try base.events(after: position, limit: limit)
    }
    func newestEventPosition() throws -> Int64 { try base.newestEventPosition() }
    func oldestEventPosition() throws -> Int64 { try base.oldestEventPosition() }
    func devicePair(_ id: PairID) throws -> DevicePair? { try base.devicePair(id) }
    func devicePairs() throws -> [DevicePair] { try base.devicePairs() }
    func joinedPair(_ id: PairID) throws -> JoinedPair? { try base.joinedPair(id) }
    func joinedPairs() throws -> [JoinedPair] { try base.joinedPairs() }
    func handover(_ key: AttemptKey) throws -> Handover? { try base.handover(key) }
    func waitingHandover(of task: TaskID) throws -> Handover? { try base.waitingHandover(of: task) }
    func inboxEntry(_ key: AttemptKey) throws -> InboxEntry? { try base.inboxEntry(key) }
    func undelivered(through pair: PairID) throws -> [InboxEntry] { try base.undelivered(through: pair) }
    func owed(through pair: PairID, limit: Int) throws -> [InboxEntry] { try base.owed(through: pair, limit: limit) }
    func result(_ key: AttemptKey) throws -> TaskResult? { try base.result(key) }
    func result(of task: TaskID) throws -> TaskResult? { try base.result(of: task) }
    func results(_ filter: ResultFilter, page: Page) throws -> [TaskResult] { try base.results(filter, page: page) }
    func resultCount(_ filter: ResultFilter) throws -> Int { try base.resultCount(filter) }
    func mergeable(in project: ProjectID, limit: Int) throws -> [TaskResult] {
        try base.mergeable(in: project, limit: limit)
    }
    func unsettledResults() throws -> [TaskResult] { try base.unsettledResults() }
    func outbox(through pair: PairID, limit: Int) throws -> [OutboxMessage] {
        try base.outbox(through: pair, limit: limit)
    }
    func note(_ key: DeviceNote) throws -> String? { try base.note(key) }

    mutating func insert(_ project: Project) throws { try base.insert(project) }
    mutating func update(_ project: Project) throws { try base.update(project) }
    mutating func removeProject(_ id: ProjectID) throws { try base.removeProject(id) }
    mutating func insert(_ idea: Idea) throws { try base.insert(idea) }
    mutating func update(_ idea: Idea) throws { try base.update(idea) }
    mutating func removeIdea(_ id: IdeaID) throws { try base.removeIdea(id) }
    mutating func insert(_ requirement: Requirement, of project: ProjectID, from origin: PairID?) throws {
        try base.insert(requirement, of: project, from: origin)
    }
    mutating func nextTaskPosition() throws -> Int64 { try base.nextTaskPosition() }
    mutating func insert(_ task: OffloadTask) throws { try base.insert(task) }
    mutating func update(_ task: OffloadTask, from old: OffloadTask) throws { try base.update(task, from: old) }
    mutating func insert(_ attempt: Attempt) throws { try base.insert(attempt) }
    mutating func update(_ attempt: Attempt) throws { try base.update(attempt) }
    mutating func save(_ batch: Batch) throws { try base.save(batch) }
    mutating func record(_ event: BridgeEvent, at time: Timestamp) throws -> Int64 {
        try base.record(event, at: time)
    }
    mutating func pruneEvents(keeping limit: Int) throws -> Int {
        try base.pruneEvents(keeping: limit)
    }
    mutating func insert(_ pair: DevicePair) throws { try base.insert(pair) }
    mutating func update(_ pair: DevicePair) throws { try base.update(pair) }
    mutating func removeDevicePair(_ id: PairID) throws { try base.removeDevicePair(id) }
    mutating func insert(_ pair: JoinedPair) throws { try base.insert(pair) }
    mutating func update(_ pair: JoinedPair) throws { try base.update(pair) }
    mutating func removeJoinedPair(_ id: PairID) throws { try base.removeJoinedPair(id) }
    mutating func insert(_ handover: Handover) throws { try base.insert(handover) }
    mutating func update(_ handover: Handover) throws { try base.update(handover) }
    mutating func insert(_ entry: InboxEntry) throws { try base.insert(entry) }
    mutating func update(_ entry: InboxEntry) throws { try base.update(entry) }
    mutating func insert(_ result: TaskResult) throws { try base.insert(result) }
    mutating func update(_ result: TaskResult) throws { try base.update(result) }
    mutating func send(_ report: StatusReport, through pair: PairID) throws { try base.send(report, through: pair) }
    mutating func removeFromOutbox(_ messages: [OutboxMessage]) throws { try base.removeFromOutbox(messages) }
    mutating func removeOutbox(of key: AttemptKey) throws { try base.removeOutbox(of: key) }
    mutating func setNote(_ key: DeviceNote, to value: String) throws { try base.setNote(key, to: value) }
}
