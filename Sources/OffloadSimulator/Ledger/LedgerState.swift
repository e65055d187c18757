import OffloadDomain

/// Everything that a ledger holds, as one value: a copy is a snapshot, and a crash loses a copy that nobody keeps.
///
/// It makes the refusals that the real ledger's tables make; the tests hold it against the same conformance suite.
struct LedgerState: Sendable {
    struct StoredRequirement: Sendable {
        let requirement: Requirement
        let projectID: ProjectID
    }

    /// A class, because events are large, never change and are copied with every state.
    final class StoredEvent: Sendable {
        let position: Int64
        let event: BridgeEvent
        let time: Timestamp

        init(position: Int64, event: BridgeEvent, time: Timestamp) {
            self.position = position
            self.event = event
            self.time = time
        }
    }

    typealias Encode = @Sendable (BridgeEvent, Timestamp) throws -> [UInt8]

    private let encode: Encode
    var projectRows = Rows<ProjectID, Project>()
    var ideaRows = Rows<IdeaID, Idea>()
    var requirementRows = Rows<RequirementID, StoredRequirement>()
    var taskRows = Rows<TaskID, OffloadTask>()
    var attemptRows = Rows<AttemptKey, Attempt>()
    var batchRows = Rows<BatchID, Batch>()
    var devicePairRows = Rows<PairID, DevicePair>()
    var joinedPairRows = Rows<PairID, JoinedPair>()
    var noteRows = Rows<DeviceNote, String>()
    var events: [StoredEvent] = []
    var newestPosition: Int64 = 0
    /// What was written since the last `forgetChanges`.
    private(set) var changes: [LedgerChange] = []

    /// - Parameter encode: how an event becomes bytes. In a simulation nobody reads them, and JSON is slow.
    init(encode: @escaping Encode = { event, _ in Array(event.name.utf8) }) {
        self.encode = encode
    }

    mutating func note(_ change: LedgerChange) { changes.append(change) }

    mutating func forgetChanges() { changes = [] }
}

extension LedgerState: LedgerReader {
    func project(_ id: ProjectID) throws -> Project? { projectRows[id] }

    func project(path: String) throws -> Project? { projectRows.all.first { $0.path.hasBytes(of: path) } }

    func projects() throws -> [Project] { projectRows.all }

    func idea(_ id: IdeaID) throws -> Idea? { ideaRows[id] }

    func ideas(_ filter: IdeaFilter, page: Page) throws -> [Idea] { page.cut(matching(filter).reversed()) }

    func ideaCount(_ filter: IdeaFilter) throws -> Int { matching(filter).count }

    private func matching(_ filter: IdeaFilter) -> [Idea] {
        ideaRows.all.filter { idea in
            (filter.projectID.map { idea.projectID == $0 } ?? true)
                && (filter.status.map { idea.status == $0 } ?? true)
                && (filter.text.map { idea.title.containsWithoutCase($0) } ?? true)
        }
    }

    func requirement(_ id: RequirementID) throws -> Requirement? { requirementRows[id]?.requirement }

    func requirementExists(fileName: String, in project: ProjectID) throws -> Bool {
        requirementRows.all.contains { $0.projectID == project && $0.requirement.fileName.hasBytes(of: fileName) }
    }

    func task(_ id: TaskID) throws -> OffloadTask? { taskRows[id] }

    func openTask(of idea: IdeaID) throws -> OffloadTask? {
        taskRows.all.first { $0.ideaID == idea && !$0.state.status.isFinal }
    }

    func latestTask(of idea: IdeaID) throws -> OffloadTask? { taskRows.all.last { $0.ideaID == idea } }

    func tasks(_ filter: TaskFilter, page: Page) throws -> [OffloadTask] { page.cut(matching(filter).reversed()) }

    func taskCount(_ filter: TaskFilter) throws -> Int { matching(filter).count }

    private func matching(_ filter: TaskFilter) -> [OffloadTask] {
        taskRows.all.filter { task in
            (filter.projectID.map { task.projectID == $0 } ?? true)
                && (filter.status.map { task.state.status == $0 } ?? true)
                && !(filter.openOnly && task.state.status.isFinal)
        }
    }

    func taskCounts() throws -> [(OffloadTask.Status, Int)] {
        OffloadTask.Status.allCases.map { status in (status, taskRows.all.count { $0.state.status == status }) }
    }

    func heldTasks() throws -> [OffloadTask] { taskRows.all.filter { $0.state.holding != nil }.inQueueOrder() }

    func nextPending(for lane: BatchID, excluding projects: [ProjectID]) throws -> OffloadTask? {
        waiting(for: lane, excluding: projects).min { $0.goesBefore($1) }
    }

    /// What the lane could take, oldest first.
    func waiting(for lane: BatchID, excluding projects: [ProjectID]) -> [OffloadTask] {
        taskRows.all.filter { task in
            task.state == .pending && (task.lane == nil || task.lane == lane) && !projects.contains(task.projectID)
        }
    }

    func pending(assignedTo lane: BatchID, page: Page) throws -> [OffloadTask] {
        page.cut(taskRows.all.filter { $0.state == .pending && $0.lane == lane }.inQueueOrder())
    }

    func attempt(_ key: AttemptKey) throws -> Attempt? { attemptRows[key] }

    func attempts(of task: TaskID) throws -> [Attempt] {
        attemptRows.all.filter { $0.key.task == task }.sorted { $0.key.number < $1.key.number }
    }

    func unfinishedAttempts() throws -> [Attempt] { attemptRows.all.filter { !$0.hasEnded } }

    func batch(_ id: BatchID) throws -> Batch { batchRows[id] ?? Batch(id: id) }

    func batches(count: Int) throws -> [Batch] {
        try (0..<max(0, count)).compactMap { BatchID(number: $0 + 1) }.map(batch)
    }

    func events(after position: Int64, limit: Int) throws -> [RecordedEvent] {
        try events.lazy.filter { $0.position > position }.prefix(max(0, limit)).map { stored in
            RecordedEvent(
                position: stored.position, name: stored.event.name, projectID: stored.event.projectID,
                payload: try encode(stored.event, stored.time))
        }
    }

    func newestEventPosition() throws -> Int64 { newestPosition }

    func oldestEventPosition() throws -> Int64 { events.first?.position ?? newestPosition + 1 }

    func devicePair(_ id: PairID) throws -> DevicePair? { devicePairRows[id] }

    func devicePairs() throws -> [DevicePair] { devicePairRows.all }

    func joinedPair(_ id: PairID) throws -> JoinedPair? { joinedPairRows[id] }

    func joinedPairs() throws -> [JoinedPair] { joinedPairRows.all }

    func note(_ key: DeviceNote) throws -> String? { noteRows[key] }
}

extension Attempt {
    var hasEnded: Bool {
        if case .ended = state { true } else { false }
    }
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
