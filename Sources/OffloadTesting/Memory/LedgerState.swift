package import OffloadDomain

/// Everything that a ledger holds, as one value: a copy is a snapshot, and a crash loses a copy that nobody keeps.
///
/// It makes the refusals that the real ledger's tables make; the tests hold it against the same conformance suite. Nothing
/// that it gives depends on hashing.
package struct LedgerState: Sendable {
    package struct StoredRequirement: Sendable {
        package let requirement: Requirement
        package let projectID: ProjectID
        package let origin: PairID?
    }

    package struct StoredReport: Sendable {
        package let position: Int64
        package let pairID: PairID
        package let report: StatusReport
    }

    /// Something that a ledger must not do. With one of these the fake shows that the conformance suite would see it.
    package enum Fault: String, Sendable, CaseIterable {
        case keepsWorkOfFailedBodies
        case staysSilent
        case ignoresTheFence
        case allowsTwoOpenTasks
        case allowsTwoHeldTasksPerBatch
        case takesImpossibleStates
        case ignoresPriority
        case ignoresExclusions
        case reusesPositions
        case endsTextsAtNUL
        case leavesOrphans
    }

    /// A class, because events are large, never change and are copied with every state.
    package final class StoredEvent: Sendable {
        package let position: Int64
        package let event: BridgeEvent
        package let time: Timestamp

        init(position: Int64, event: BridgeEvent, time: Timestamp) {
            self.position = position
            self.event = event
            self.time = time
        }
    }

    /// How what was recorded becomes bytes.
    package struct Encoding: Sendable {
        let event: @Sendable (BridgeEvent, Timestamp) throws -> [UInt8]
        let report: @Sendable (StatusReport) throws -> [UInt8]

        package init(
            event: @escaping @Sendable (BridgeEvent, Timestamp) throws -> [UInt8],
            report: @escaping @Sendable (StatusReport) throws -> [UInt8]
        ) {
            self.event = event
            self.report = report
        }

        /// For simulations: nobody reads the bytes there, and JSON is slow.
        package static let names = Encoding { event, _ in
            Array(event.name.utf8)
        } report: { _ in
            []
        }
    }

    private let encoding: Encoding
    let fault: Fault?
    package var projectRows = Rows<ProjectID, Project>()
    package var ideaRows = Rows<IdeaID, Idea>()
    package var requirementRows = Rows<RequirementID, StoredRequirement>()
    package var taskRows = Rows<TaskID, OffloadTask>()
    package var attemptRows = Rows<AttemptKey, Attempt>()
    package var batchRows = Rows<BatchID, Batch>()
    package var devicePairRows = Rows<PairID, DevicePair>()
    package var joinedPairRows = Rows<PairID, JoinedPair>()
    package var handoverRows = Rows<HandoverID, Handover>()
    package var resultRows = Rows<AttemptKey, TaskResult>()
    package var inboxRows = Rows<AttemptKey, InboxEntry>()
    /// In the order in which they were written.
    package var outbox: [StoredReport] = []
    package var newestReport: Int64 = 0
    package var noteRows = Rows<DeviceNote, String>()
    package var events: [StoredEvent] = []
    package var newestPosition: Int64 = 0
    /// What was written since the last `forgetChanges`.
    package private(set) var changes: [LedgerChange] = []

    package init(fault: Fault? = nil, encoding: Encoding = .names) {
        self.fault = fault
        self.encoding = encoding
    }

    package mutating func note(_ change: LedgerChange) { changes.append(change) }

    package mutating func forgetChanges() { changes = [] }
}

extension LedgerState: LedgerReader {
    package func project(_ id: ProjectID) throws -> Project? { projectRows[id] }

    package func project(path: String) throws -> Project? { projectRows.all.first { $0.path.hasBytes(of: path) } }

    package func projects() throws -> [Project] { projectRows.all }

    package func idea(_ id: IdeaID) throws -> Idea? { ideaRows[id] }

    package func ideas(_ filter: IdeaFilter, page: Page) throws -> [Idea] { page.cut(matching(filter).reversed()) }

    package func ideaCount(_ filter: IdeaFilter) throws -> Int { matching(filter).count }

    private func matching(_ filter: IdeaFilter) -> [Idea] {
        ideaRows.all.filter { idea in
            (filter.projectID.map { idea.projectID == $0 } ?? true)
                && (filter.status.map { idea.status == $0 } ?? true)
                && (filter.text.map { idea.title.containsWithoutCase($0) } ?? true)
        }
    }

    package func requirement(_ id: RequirementID) throws -> Requirement? { requirementRows[id]?.requirement }

    package func requirementExists(fileName: String, in project: ProjectID) throws -> Bool {
        requirementRows.all.contains { $0.projectID == project && $0.requirement.fileName.hasBytes(of: fileName) }
    }

    package func task(_ id: TaskID) throws -> OffloadTask? { taskRows[id] }

    package func openTask(of idea: IdeaID) throws -> OffloadTask? {
        taskRows.all.first { $0.origin == nil && $0.ideaID == idea && !$0.state.status.isFinal }
    }

    package func latestTask(of idea: IdeaID) throws -> OffloadTask? {
        taskRows.all.last { $0.origin == nil && $0.ideaID == idea }
    }

    package func tasks(_ filter: TaskFilter, page: Page) throws -> [OffloadTask] {
        page.cut(matching(filter).reversed())
    }

    package func taskCount(_ filter: TaskFilter) throws -> Int { matching(filter).count }

    private func matching(_ filter: TaskFilter) -> [OffloadTask] {
        taskRows.all.filter { task in
            (filter.projectID.map { task.projectID == $0 } ?? true)
                && (filter.status.map { task.state.status == $0 } ?? true)
                && !(filter.openOnly && task.state.status.isFinal) && (task.isOffloaded || !filter.offloadedOnly)
        }
    }

    package func taskCounts() throws -> [(OffloadTask.Status, Int)] {
        OffloadTask.Status.allCases.map { status in (status, taskRows.all.count { $0.state.status == status }) }
    }

    package func heldTasks() throws -> [OffloadTask] {
        taskRows.all.filter { $0.state.holding?.batch != nil }.inQueueOrder()
    }

    package func awayTasks() throws -> [OffloadTask] { taskRows.all.filter { $0.state.holder?.device != nil } }

    package func claimable(by pair: PairID, in project: ProjectID, limit: Int) throws -> [OffloadTask] {
        let waiting = taskRows.all.filter { task in
            task.state == .pending && task.projectID == project
                && (task.destination == .device(nil) || task.destination == .device(pair))
        }
        return Array(waiting.inQueueOrder().prefix(max(0, limit)))
    }

    package func waiting(for pair: PairID, limit: Int) throws -> [OffloadTask] {
        let waiting = taskRows.all.filter { $0.state == .pending && $0.destination == .device(pair) }
        return Array(waiting.inQueueOrder().prefix(max(0, limit)))
    }

    package func waitingCount(upTo limit: Int) throws -> Int {
        min(max(0, limit), taskRows.all.count { $0.state == .pending && $0.destination == .lane(nil) })
    }

    package func nextPending(for lane: BatchID, excluding projects: [ProjectID]) throws -> OffloadTask? {
        let waiting = waiting(for: lane, excluding: fault == .ignoresExclusions ? [] : projects)
        return fault == .ignoresPriority
            ? waiting.min { $0.position < $1.position } : waiting.min { $0.goesBefore($1) }
    }

    /// What the lane could take, oldest first.
    package func waiting(for lane: BatchID, excluding projects: [ProjectID]) -> [OffloadTask] {
        taskRows.all.filter { task in
            task.state == .pending && (task.destination == .lane(nil) || task.destination == .lane(lane))
                && !projects.contains(task.projectID)
        }
    }

    package func pending(assignedTo lane: BatchID, page: Page) throws -> [OffloadTask] {
        page.cut(taskRows.all.filter { $0.state == .pending && $0.destination == .lane(lane) }.inQueueOrder())
    }

    package func attempt(_ key: AttemptKey) throws -> Attempt? { attemptRows[key] }

    package func attempts(of task: TaskID) throws -> [Attempt] {
        attemptRows.all.filter { $0.key.task == task }.sorted { $0.key.number < $1.key.number }
    }

    package func unfinishedAttempts() throws -> [Attempt] {
        attemptRows.all.filter { !$0.hasEnded && $0.holder.batch != nil }
    }

    package func batch(_ id: BatchID) throws -> Batch { batchRows[id] ?? Batch(id: id) }

    package func batches(count: Int) throws -> [Batch] {
        try (0..<max(0, count)).compactMap { BatchID(number: $0 + 1) }.map(batch)
    }

    package func events(after position: Int64, limit: Int) throws -> [RecordedEvent] {
        try events.lazy.filter { $0.position > position }.prefix(max(0, limit)).map { stored in
            RecordedEvent(
                position: stored.position, name: stored.event.name, projectID: stored.event.projectID,
                payload: try encoding.event(stored.event, stored.time))
        }
    }

    package func newestEventPosition() throws -> Int64 { newestPosition }

    package func oldestEventPosition() throws -> Int64 { events.first?.position ?? newestPosition + 1 }

    package func devicePair(_ id: PairID) throws -> DevicePair? { devicePairRows[id] }

    package func devicePairs() throws -> [DevicePair] { devicePairRows.all }

    package func joinedPair(_ id: PairID) throws -> JoinedPair? { joinedPairRows[id] }

    package func joinedPairs() throws -> [JoinedPair] { joinedPairRows.all }

    package func handover(_ key: AttemptKey) throws -> Handover? {
        handoverRows.all.first { $0.taskID == key.task && $0.attempt == key.number }
    }

    package func waitingHandover(of task: TaskID) throws -> Handover? {
        handoverRows.all.first { $0.taskID == task && $0.attempt == nil && !$0.status.isFinal }
    }

    package func result(_ key: AttemptKey) throws -> TaskResult? { resultRows[key] }

    package func result(of task: TaskID) throws -> TaskResult? {
        resultRows.all.filter { $0.key.task == task }.max { $0.key.number < $1.key.number }
    }

    package func results(_ filter: ResultFilter, page: Page) throws -> [TaskResult] {
        page.cut(matching(filter).reversed())
    }

    package func resultCount(_ filter: ResultFilter) throws -> Int { matching(filter).count }

    private func matching(_ filter: ResultFilter) -> [TaskResult] {
        resultRows.all.filter { result in
            (filter.projectID == nil || result.projectID == filter.projectID)
                && (filter.state == nil || result.state == filter.state)
        }
    }

    package func mergeable(in project: ProjectID, limit: Int) throws -> [TaskResult] {
        Array(
            resultRows.all.filter { $0.projectID == project && ($0.state == .ready || $0.state == .conflict) }
                .prefix(max(0, limit)))
    }

    package func unsettledResults() throws -> [TaskResult] {
        resultRows.all.filter { $0.state == .merging || $0.state == .unmerging }
    }

    package func owed(through pair: PairID, limit: Int) throws -> [InboxEntry] {
        Array(inboxRows.all.filter { $0.pairID == pair && $0.owesResult }.prefix(max(0, limit)))
    }

    package func inboxEntry(_ key: AttemptKey) throws -> InboxEntry? { inboxRows[key] }

    package func undelivered(through pair: PairID) throws -> [InboxEntry] {
        inboxRows.all.filter { $0.pairID == pair && $0.state != .delivered }
    }

    package func outbox(through pair: PairID, limit: Int) throws -> [OutboxMessage] {
        try outbox.lazy.filter { $0.pairID == pair }.prefix(max(0, limit)).map { stored in
            OutboxMessage(
                position: stored.position, key: stored.report.key, sequence: stored.report.sequence,
                payload: try encoding.report(stored.report))
        }
    }

    package func note(_ key: DeviceNote) throws -> String? { noteRows[key] }
}

extension OffloadTask {
    fileprivate func goesBefore(_ other: OffloadTask) -> Bool {
        priority != other.priority ? priority > other.priority : position < other.position
    }
}

extension [OffloadTask] {
    fileprivate func inQueueOrder() -> [OffloadTask] { sorted { $0.goesBefore($1) } }
}

extension Page {
    fileprivate func cut<Row>(_ rows: [Row]) -> [Row] { Array(rows.dropFirst(offset).prefix(limit)) }
}

extension String {
    /// Swift takes differently composed letters for equal; file systems and the real store do not.
    func hasBytes(of other: String) -> Bool { utf8.elementsEqual(other.utf8) }

    /// Whether the text stands somewhere in this one; `A` to `Z` count as `a` to `z`.
    fileprivate func containsWithoutCase(_ text: String) -> Bool {
        let (whole, part) = (utf8.map(\.lowercased), text.utf8.map(\.lowercased))
        guard part.count <= whole.count else { return false }
        return (0...(whole.count - part.count)).contains { start in whole[start...].starts(with: part) }
    }
}

extension UInt8 {
    fileprivate var lowercased: UInt8 {
        (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(self) ? self + 32 : self
    }
}
