import Logging
import OffloadDomain
import OffloadEngine
import OffloadTesting
import ServiceLifecycleTestKit

/// A device of which everything is real but the disk, the agents and the clock.
struct Workbench: Sendable {
    let memory: InMemoryLedger
    let ledger: FaultyLedger
    let clock = FixedClock()
    let folders = FakeFolders()
    let workspaces = FakeWorkspaces()
    let runner: FakeAgentRunner
    let logs = FakeLogs()
    let dispatcher = AttemptDispatcher()
    let limits = SlotLimits()
    let progress = ProgressBoard {}
    let context: EngineContext
    let devices: PairedDevices
    let queue: TaskQueue
    let supervisor: AttemptSupervisor

    /// - Parameter memory: the record that an earlier run of the device left.
    init(
        slots: Int = 4, runner: FakeAgentRunner = FakeAgentRunner(), memory: InMemoryLedger = InMemoryLedger(),
        identifiers: CountingIdentifiers = CountingIdentifiers()
    ) throws {
        self.memory = memory
        self.runner = runner
        ledger = FaultyLedger(memory)
        var logger = Logger(label: "tests") { _ in SwiftLogNoOpLogHandler() }
        logger.logLevel = .critical
        context = EngineContext(
            device: Device(
                id: DeviceID(unchecked: "d-1"), name: "bench", version: "0", slots: slots, defaultAgent: "claude"),
            ledger: ledger, clock: clock, identifiers: identifiers, crashPoint: NoCrashPoint(), logger: logger)
        devices = PairedDevices(context: context, door: PeerDoor(isEnabled: true), time: MonotonicTime())
        queue = TaskQueue(
            context: context, folders: folders, limits: limits, dispatcher: dispatcher, devices: devices)
        supervisor = AttemptSupervisor(
            context: context, folders: folders, workspaces: workspaces, runner: runner, logs: logs,
            dispatcher: dispatcher, limits: limits, progress: progress)
        try memory.changeNow { transaction in
            if try transaction.project(Samples.project(1).id) == nil { try transaction.insert(Samples.project(1)) }
        }
    }

    // MARK: - Running

    /// Runs the supervisor while `body` runs, then shuts it down and waits until it has returned.
    func whileRunning(_ body: (Workbench) async throws -> Void) async throws {
        try await testGracefulShutdown { trigger in
            async let run: Void = supervisor.run()
            try await body(self)
            trigger.triggerGracefulShutdown()
            try await run
        }
    }

    // MARK: - Preparing

    func write(_ ideas: ClosedRange<Int>, of project: Int = 1) throws {
        try memory.changeNow { transaction in
            for number in ideas { try transaction.insert(Samples.idea(number, of: project)) }
        }
    }

    @discardableResult
    func assign(_ ideas: ClosedRange<Int>, to lane: Int? = nil) async throws -> TaskQueue.Assignment {
        try await queue.assign(ideas.map { IdeaID(unchecked: "i-\($0)") }, to: lane.map(Samples.batch))
    }

    func start(lanes: ClosedRange<Int>) async throws {
        for lane in lanes { _ = try await queue.control(Samples.batch(lane), .start) }
    }

    /// As if an earlier run of the device had left a task in this state, in a lane that runs.
    func leave(
        _ number: Int, task state: OffloadTask.State, attempt attemptState: Attempt.State, interruptions: Int = 0
    ) throws -> AttemptKey {
        var task = Samples.task(number, attempt: 1, state: state)
        task.interruptions = interruptions
        let left = task
        let batch = state.holding?.batch ?? Samples.batch(1)
        try memory.changeNow { transaction in
            try transaction.insertWork(left)
            try transaction.insert(
                Attempt(key: left.attemptKey, batch: batch, createdAt: Samples.time(), state: attemptState))
            try transaction.save(Batch(id: batch, state: .running))
        }
        return task.attemptKey
    }

    // MARK: - Looking

    func task(_ number: Int) throws -> OffloadTask? { try memory.snapshot().task(TaskID(unchecked: "t-\(number)")) }
    func status(_ number: Int) throws -> OffloadTask.Status? { try task(number)?.state.status }
    func attempt(_ task: Int, _ number: Int = 1) throws -> Attempt? {
        try memory.snapshot().attempt(Self.key(task, number))
    }

    func ending(_ task: Int, _ number: Int = 1) throws -> Attempt.Ending? {
        guard case .ended(let ending) = try attempt(task, number)?.state else { return nil }
        return ending
    }

    /// Waits until the task is in this state.
    func wait(for status: OffloadTask.Status, of number: Int) async throws {
        let id = TaskID(unchecked: "t-\(number)")
        _ = try await memory.wait { reader in try reader.task(id)?.state.status == status ? true : nil }
    }

    static func key(_ task: Int, _ number: Int = 1) -> AttemptKey {
        AttemptKey(task: TaskID(unchecked: "t-\(task)"), number: AttemptNumber(value: number))
    }
}
