/// The durable record of this device: backlog, queue, attempts, lanes and events.
///
/// A change is all or nothing, and durable before `change` returns: what was acknowledged survives a power cut.
/// Bodies are synchronous and must not block on anything but the ledger. Changes are run one after another; several that
/// wait at the same time may share one commit, each still all or nothing on its own.
package protocol Ledger: Sendable {
    /// Runs one transaction.
    /// - Throws: what `body` throws (nothing is then changed), or `OffloadError` of kind `device` when the store fails.
    ///   Cancelling the calling task does not undo or skip the change.
    func change<Value: Sendable>(
        _ body: @escaping @Sendable (inout any LedgerTransaction) throws -> Value
    ) async throws -> Value

    /// Reads a consistent snapshot that includes every change acknowledged before the call.
    func read<Value: Sendable>(_ body: @escaping @Sendable (any LedgerReader) throws -> Value) async throws -> Value

    /// The events that each commit recorded, in order; never an empty list. A listener that is slow misses the oldest of
    /// them: positions have no gaps, so it sees that it did, and reads what it missed. The stream ends when the ledger
    /// closes.
    func commits() -> AsyncStream<[RecordedEvent]>
}

/// What can be asked of the ledger. Lists come in a stated order; nothing depends on hashing.
package protocol LedgerReader {
    func project(_ id: ProjectID) throws -> Project?
    func project(path: String) throws -> Project?
    /// In order of creation. There are few projects; the list is whole.
    func projects() throws -> [Project]

    func idea(_ id: IdeaID) throws -> Idea?
    /// Newest first.
    func ideas(_ filter: IdeaFilter, page: Page) throws -> [Idea]
    func ideaCount(_ filter: IdeaFilter) throws -> Int

    func requirement(_ id: RequirementID) throws -> Requirement?
    /// Whether a requirement of this project has that file name already.
    func requirementExists(fileName: String, in project: ProjectID) throws -> Bool

    func task(_ id: TaskID) throws -> OffloadTask?
    /// The task of this device's own idea that is not final, if there is one. There is never more than one.
    func openTask(of idea: IdeaID) throws -> OffloadTask?
    /// The newest task of this device's own idea.
    func latestTask(of idea: IdeaID) throws -> OffloadTask?
    /// Newest first.
    func tasks(_ filter: TaskFilter, page: Page) throws -> [OffloadTask]
    func taskCount(_ filter: TaskFilter) throws -> Int
    /// How many tasks are in each state.
    func taskCounts() throws -> [(OffloadTask.Status, Int)]
    /// Every task that a lane holds, in queue order. There are at most as many as lanes.
    func heldTasks() throws -> [OffloadTask]
    /// Every task that a paired device has claimed or holds, oldest first. There are at most as many as those devices have
    /// lanes.
    func awayTasks() throws -> [OffloadTask]
    /// The waiting tasks that the device of a pair takes next, in queue order: those of the project that are for it or for any
    /// device. Its cost does not grow with the backlog.
    func claimable(by pair: PairID, in project: ProjectID, limit: Int) throws -> [OffloadTask]
    /// Waiting tasks that are for this device alone, in queue order.
    func waiting(for pair: PairID, limit: Int) throws -> [OffloadTask]
    /// How many tasks wait for whichever lane is free first, counted up to `limit`.
    func waitingCount(upTo limit: Int) throws -> Int
    /// The waiting task that `lane` takes next: highest priority, then smallest position, among those that wait for this
    /// lane or for any, leaving out tasks of the given projects. Its cost does not grow with the backlog.
    func nextPending(for lane: BatchID, excluding projects: [ProjectID]) throws -> OffloadTask?
    /// Tasks waiting for this lane alone, in queue order.
    func pending(assignedTo lane: BatchID, page: Page) throws -> [OffloadTask]

    func attempt(_ key: AttemptKey) throws -> Attempt?
    /// In order of their numbers.
    func attempts(of task: TaskID) throws -> [Attempt]
    /// Attempts in lanes that have not ended, oldest first.
    func unfinishedAttempts() throws -> [Attempt]

    func batch(_ id: BatchID) throws -> Batch
    /// Lanes 1 to `count`, in order; a lane never touched is idle.
    func batches(count: Int) throws -> [Batch]

    /// Recorded events after `position`, oldest first, at most `limit`.
    func events(after position: Int64, limit: Int) throws -> [RecordedEvent]
    /// Position of the newest event ever recorded; 0 before the first.
    func newestEventPosition() throws -> Int64
    /// Position of the oldest event that is still kept; 1 before the first.
    func oldestEventPosition() throws -> Int64

    func devicePair(_ id: PairID) throws -> DevicePair?
    /// Devices that take work from this one, oldest first, disconnected ones too. There are few; the list is whole.
    func devicePairs() throws -> [DevicePair]
    func joinedPair(_ id: PairID) throws -> JoinedPair?
    /// Devices that this one takes work from, oldest first, disconnected ones too. There are few; the list is whole.
    func joinedPairs() throws -> [JoinedPair]

    /// The hand-over by which a paired device got this attempt.
    func handover(_ key: AttemptKey) throws -> Handover?
    /// The hand-over of a task that is for a certain device and was not pulled. There is never more than one.
    func waitingHandover(of task: TaskID) throws -> Handover?

    /// The result of an attempt of one of this device's own tasks.
    func result(_ key: AttemptKey) throws -> TaskResult?
    /// The result of the task's latest attempt that left one.
    func result(of task: TaskID) throws -> TaskResult?
    /// Newest first.
    func results(_ filter: ResultFilter, page: Page) throws -> [TaskResult]
    func resultCount(_ filter: ResultFilter) throws -> Int
    /// Results that a merge could bring into the project now, oldest first: those that are ready or in conflict.
    func mergeable(in project: ProjectID, limit: Int) throws -> [TaskResult]
    /// Results of which the project has to be asked whether they are in it, oldest first.
    func unsettledResults() throws -> [TaskResult]

    func inboxEntry(_ key: AttemptKey) throws -> InboxEntry?
    /// Attempts of which the source does not know everything, oldest first.
    func undelivered(through pair: PairID) throws -> [InboxEntry]
    /// Attempts whose result the source does not have, oldest first.
    func owed(through pair: PairID, limit: Int) throws -> [InboxEntry]
    /// The oldest reports that are not acknowledged.
    func outbox(through pair: PairID, limit: Int) throws -> [OutboxMessage]

    /// A small durable value of the device's own, such as its id.
    func note(_ key: DeviceNote) throws -> String?
}

/// Durable values of the device's own.
package enum DeviceNote: String, Sendable, CaseIterable {
    /// How often a device was started on this data folder.
    case startCount = "start_count"
}

/// What can be changed. Inserting something twice, or changing what is not there, throws `OffloadError` of kind `conflict`
/// or `notFound`.
package protocol LedgerTransaction: LedgerReader {
    mutating func insert(_ project: Project) throws
    mutating func update(_ project: Project) throws
    /// Removes the project with its ideas, requirements, tasks, and attempts.
    mutating func removeProject(_ id: ProjectID) throws

    mutating func insert(_ idea: Idea) throws
    mutating func update(_ idea: Idea) throws
    mutating func removeIdea(_ id: IdeaID) throws

    /// - Parameter origin: the pair through which it came; nil for one of this device's own ideas.
    mutating func insert(_ requirement: Requirement, of project: ProjectID, from origin: PairID?) throws

    /// A position behind every task that has one.
    mutating func nextTaskPosition() throws -> Int64
    mutating func insert(_ task: OffloadTask) throws
    /// Writes the task's new state. The store checks the fence once more: if the stored attempt, status, destination,
    /// position, holder or phase is not that of `old`, nothing is written and `OffloadError` of kind `stale` is thrown.
    mutating func update(_ task: OffloadTask, from old: OffloadTask) throws

    mutating func insert(_ attempt: Attempt) throws
    /// Throws `stale` when the stored attempt has ended already.
    mutating func update(_ attempt: Attempt) throws

    mutating func save(_ batch: Batch) throws

    /// Records an event; its bytes are made now and never again. Returns its position: one more than that of the event
    /// before it, and never one that was seen before.
    @discardableResult
    mutating func record(_ event: BridgeEvent, at time: Timestamp) throws -> Int64
    /// Forgets the oldest events: those beyond the newest `limit`. The newest stays whatever the limit, because the next
    /// position comes from it. Returns how many went.
    mutating func pruneEvents(keeping limit: Int) throws -> Int

    mutating func insert(_ pair: DevicePair) throws
    /// Writes status and time of the last contact.
    mutating func update(_ pair: DevicePair) throws
    mutating func removeDevicePair(_ id: PairID) throws
    mutating func insert(_ pair: JoinedPair) throws
    /// Writes status and addresses.
    mutating func update(_ pair: JoinedPair) throws
    mutating func removeJoinedPair(_ id: PairID) throws

    mutating func insert(_ handover: Handover) throws
    /// Writes attempt, status, cursor, times and summary.
    mutating func update(_ handover: Handover) throws

    mutating func insert(_ result: TaskResult) throws
    /// Writes everything but whose result it is.
    mutating func update(_ result: TaskResult) throws

    mutating func insert(_ entry: InboxEntry) throws
    /// Writes sequence, state and whether the result is owed.
    mutating func update(_ entry: InboxEntry) throws
    /// Puts a report behind all others; its bytes are made now and never again.
    mutating func send(_ report: StatusReport, through pair: PairID) throws
    /// Those that are gone already are passed over.
    mutating func removeFromOutbox(_ messages: [OutboxMessage]) throws
    /// Removes every report about the attempt.
    mutating func removeOutbox(of key: AttemptKey) throws

    mutating func setNote(_ key: DeviceNote, to value: String) throws
}

extension LedgerTransaction {
    /// Inserts the requirement of one of this device's own ideas.
    package mutating func insert(_ requirement: Requirement, of project: ProjectID) throws {
        try insert(requirement, of: project, from: nil)
    }
}
