import OffloadDomain

/// Everything that a ledger holds, as one value. A change works on a copy that takes the original's place at the end.
struct InMemoryState: Sendable {
    struct StoredRequirement: Sendable {
        let requirement: Requirement
        let projectID: ProjectID
    }

    struct StoredEvent: Sendable {
        let event: RecordedEvent
        let time: Timestamp
    }

    let fault: InMemoryLedger.Fault?
    var projectTable = InMemoryTable<ProjectID, Project>()
    var ideaTable = InMemoryTable<IdeaID, Idea>()
    var requirementTable = InMemoryTable<RequirementID, StoredRequirement>()
    var taskTable = InMemoryTable<TaskID, OffloadTask>()
    var attemptTable = InMemoryTable<AttemptKey, Attempt>()
    var batchTable = InMemoryTable<BatchID, Batch>()
    var devicePairTable = InMemoryTable<PairID, DevicePair>()
    var joinedPairTable = InMemoryTable<PairID, JoinedPair>()
    var noteTable = InMemoryTable<DeviceNote, String>()
    var events: [StoredEvent] = []
    var newestPosition: Int64 = 0

    init(fault: InMemoryLedger.Fault?) { self.fault = fault }
}

extension InMemoryState: LedgerReader {
    func project(_ id: ProjectID) throws -> Project? { projectTable[id] }

    func project(path: String) throws -> Project? { projectTable.all.first { $0.path.hasBytes(of: path) } }

    func projects() throws -> [Project] { projectTable.all }

    func idea(_ id: IdeaID) throws -> Idea? { ideaTable[id] }

    func ideas(_ filter: IdeaFilter, page: Page) throws -> [Idea] { page.cut(matching(filter).reversed()) }

    func ideaCount(_ filter: IdeaFilter) throws -> Int { matching(filter).count }

    private func matching(_ filter: IdeaFilter) -> [Idea] {
        ideaTable.all.filter { idea in
            (filter.projectID.map { idea.projectID == $0 } ?? true)
                && (filter.status.map { idea.status == $0 } ?? true)
                && (filter.text.map { idea.title.containsWithoutCase($0) } ?? true)
        }
    }

    func requirement(_ id: RequirementID) throws -> Requirement? { requirementTable[id]?.requirement }

    func requirementExists(fileName: String, in project: ProjectID) throws -> Bool {
        requirementTable.contains { $0.projectID == project && $0.requirement.fileName.hasBytes(of: fileName) }
    }

    func task(_ id: TaskID) throws -> OffloadTask? { taskTable[id] }

    func openTask(of idea: IdeaID) throws -> OffloadTask? {
        taskTable.all.first { $0.ideaID == idea && !$0.state.status.isFinal }
    }

    func latestTask(of idea: IdeaID) throws -> OffloadTask? { taskTable.all.last { $0.ideaID == idea } }

    func tasks(_ filter: TaskFilter, page: Page) throws -> [OffloadTask] { page.cut(matching(filter).reversed()) }

    func taskCount(_ filter: TaskFilter) throws -> Int { matching(filter).count }

    private func matching(_ filter: TaskFilter) -> [OffloadTask] {
        taskTable.all.filter { task in
            (filter.projectID.map { task.projectID == $0 } ?? true)
                && (filter.status.map { task.state.status == $0 } ?? true)
                && !(filter.openOnly && task.state.status.isFinal)
        }
    }

    func taskCounts() throws -> [(OffloadTask.Status, Int)] {
        OffloadTask.Status.allCases.map { status in (status, matching(TaskFilter(status: status)).count) }
    }

    func heldTasks() throws -> [OffloadTask] { inQueueOrder(taskTable.all.filter { $0.state.holding != nil }) }

    func nextPending(for lane: BatchID, excluding projects: [ProjectID]) throws -> OffloadTask? {
        let excluded = fault == .ignoresExclusions ? [] : projects
        return inQueueOrder(
            taskTable.all.filter { task in
                task.state == .pending && (task.lane == nil || task.lane == lane) && !excluded.contains(task.projectID)
            }
        ).first
    }

    func pending(assignedTo lane: BatchID, page: Page) throws -> [OffloadTask] {
        page.cut(inQueueOrder(taskTable.all.filter { $0.state == .pending && $0.lane == lane }))
    }

    private func inQueueOrder(_ tasks: [OffloadTask]) -> [OffloadTask] {
        tasks.enumerated().sorted { left, right in
            let (first, second) = (left.element, right.element)
            if first.priority != second.priority, fault != .ignoresPriority { return first.priority > second.priority }
            return (first.position, left.offset) < (second.position, right.offset)
        }.map(\.element)
    }

    func attempt(_ key: AttemptKey) throws -> Attempt? { attemptTable[key] }

    func attempts(of task: TaskID) throws -> [Attempt] {
        attemptTable.all.filter { $0.key.task == task }.sorted { $0.key.number < $1.key.number }
    }

    func unfinishedAttempts() throws -> [Attempt] { attemptTable.all.filter { !$0.hasEnded } }

    func batch(_ id: BatchID) throws -> Batch { batchTable[id] ?? Batch(id: id) }

    func batches(count: Int) throws -> [Batch] {
        try (0..<max(0, count)).compactMap { BatchID(number: $0 + 1) }.map(batch)
    }

    func events(after position: Int64, limit: Int) throws -> [RecordedEvent] {
        events.lazy.map(\.event).filter { $0.position > position }.prefix(max(0, limit)).map { $0 }
    }

    func newestEventPosition() throws -> Int64 { newestPosition }

    func oldestEventPosition() throws -> Int64 { events.first?.event.position ?? newestPosition + 1 }

    func devicePair(_ id: PairID) throws -> DevicePair? { devicePairTable[id] }

    func devicePairs() throws -> [DevicePair] { devicePairTable.all }

    func joinedPair(_ id: PairID) throws -> JoinedPair? { joinedPairTable[id] }

    func joinedPairs() throws -> [JoinedPair] { joinedPairTable.all }

    func note(_ key: DeviceNote) throws -> String? { noteTable[key] }
}

extension Attempt {
    var hasEnded: Bool {
        if case .ended = state { true } else { false }
    }
}

extension Page {
    fileprivate func cut<Row>(_ rows: [Row]) -> [Row] { Array(rows.dropFirst(offset).prefix(limit)) }
}

extension String {
    /// Swift takes differently composed letters for equal; file systems and SQLite do not.
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
