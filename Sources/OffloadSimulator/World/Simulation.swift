import OffloadDomain
import OffloadTesting

/// A device, its ledger, its user and the rest of the world, driven step by step by what a seed decides.
///
/// Everything is one value and one loop. What the device decides is the domain's own code; what it does between the
/// decisions is modelled here, in steps small enough that a crash can fall between any two.
struct Simulation: Sendable {
    let seed: UInt64
    let fault: PlantedFault?
    let temperament: Temperament
    let clock: SimulatedClock
    let identifiers = SequentialIdentifiers()

    var random: SplitMix64
    /// Milliseconds since the beginning, on the clock that never jumps.
    var time: Int64 = 0
    var store = SimulatedStore()
    var surroundings = Surroundings()
    /// Nil while the device does not run.
    var device: SimulatedDevice?
    var history = History()
    var statistics = Statistics()
    var trace = Trace()
    /// No more faults happen, and agents behave.
    var isCalm = false
    var lastSubmission = 0
    private var judgedRevision = -1
    /// Reports that attempts sent lately, in this run of the device or an earlier one.
    var sentReports: [SimulatedStore.Submission] = []

    static let mostLanes = 4

    init(seed: UInt64, clock: SimulatedClock, fault: PlantedFault? = nil) {
        self.seed = seed
        self.fault = fault
        self.clock = clock
        // Neighbouring seeds must not make similar simulations.
        random = SplitMix64(seed: SplitMix64.mixed(seed &+ 0x5EED))
        temperament = Temperament(random: &random)
        prepareProjects()
    }

    private mutating func prepareProjects() {
        for number in 1...temperament.projects {
            let project = Project(
                id: identifiers.make(ProjectID.self), name: "Project \(number)", path: "/projects/\(number)",
                versionControl: .git, createdAt: Timestamp(milliseconds: 0))
            store.overwrite { $0.projectRows.set(project, for: project.id) }
            var settings = ProjectSettings(slots: random.pick([nil, nil, 1, 2]) ?? nil)
            settings.setup = random.happens(300) ? "setup" : nil
            settings.check = random.happens(600) ? "check" : nil
            settings.workspace = random.happens(200) ? .none : .isolated
            surroundings.folders.append(Surroundings.ProjectFolder(project: project, settings: settings))
            history.limits.set(settings.slots, for: project.id)
        }
    }

    // MARK: - Moves

    /// What may happen next.
    enum Move: Sendable {
        case store, answer, execution, process, start
        case person, messenger, settings, crash, stop
        case beginStart, wait
    }

    /// One step of the world.
    /// - Returns: false when nothing can happen any more.
    mutating func step() throws(Violation) -> Bool {
        statistics[.steps] += 1
        time += Int64(random.below(1_500))
        guard let move = accident() ?? choose(possibleMoves()) else { return false }
        try perform(move)
        try checkWorld()
        return true
    }

    /// Accidents come as often in busy times as in quiet ones.
    private mutating func accident() -> Move? {
        guard !isCalm, let device else { return nil }
        if random.happens(temperament.crashes) { return .crash }
        if device.isUp, random.happens(temperament.stops) { return .stop }
        return nil
    }

    private func possibleMoves() -> [(move: Move, weight: Int)] {
        var moves: [(move: Move, weight: Int)] = []
        if surroundings.processes.contains(where: { !$0.hasExited && ($0.endsAt ?? .max) <= time }) {
            moves.append((.process, 15))
        }
        if let next = nextDueTime(), next > time { moves.append((.wait, 2)) }
        guard let device else {
            moves.append((.beginStart, 20))
            if !isCalm { moves.append((.settings, 1)) }
            return moves
        }
        if !store.waiting.isEmpty || !store.group.isEmpty { moves.append((.store, 30)) }
        if !store.answers.isEmpty { moves.append((.answer, 30)) }
        if device.executions.contains(where: { isRunnable($0) }) { moves.append((.execution, 40)) }
        if canContinueStart { moves.append((.start, 30)) }
        if isCalm { return moves }
        if !device.isStopping {
            moves.append((.person, temperament.people))
            moves.append((.settings, 1))
        }
        if device.isUp, !sentReports.isEmpty { moves.append((.messenger, temperament.messengers)) }
        return moves
    }

    private mutating func choose(_ moves: [(move: Move, weight: Int)]) -> Move? {
        let sum = moves.reduce(0) { $0 + $1.weight }
        guard sum > 0 else { return nil }
        var left = random.below(sum)
        for (move, weight) in moves {
            if left < weight { return move }
            left -= weight
        }
        return nil
    }

    private mutating func perform(_ move: Move) throws(Violation) {
        switch move {
        case .store: try runStore()
        case .answer: try deliverAnswer()
        case .execution: try runExecution()
        case .process: endProcess()
        case .start: try continueStart()
        case .person: actAsPerson()
        case .messenger: repeatReport()
        case .settings: editSettings()
        case .wait: time = max(time, nextDueTime() ?? time)
        case .crash: crash()
        case .stop: stop()
        case .beginStart: beginStart()
        }
        try finishStopping()
    }

    /// When something that takes its time is over.
    private func nextDueTime() -> Int64? {
        var next: Int64?
        func consider(_ due: Int64?) {
            guard let due else { return }
            next = min(next ?? due, due)
        }
        for process in surroundings.processes where !process.hasExited { consider(process.endsAt) }
        for execution in device?.executions ?? [] { consider(dueTime(of: execution)) }
        return next
    }

    // MARK: - Checks

    private mutating func checkWorld() throws(Violation) {
        let durable = store.durable.ledger
        // What did not change since it was judged is as good as it was.
        if store.revision != judgedRevision {
            try history.checkNothingIsLost(in: durable)
            try StateChecks(ledger: durable).run()
            judgedRevision = store.revision
        }
        try checkProcesses(durable)
        guard let device, device.isUp else { return }
        try StateChecks(ledger: store.written.ledger)
            .checkNothingIsStuck(slots: device.slots, limits: store.written.limits)
        try checkExecutions(device, durable)
    }

    private func checkProcesses(_ durable: LedgerState) throws(Violation) {
        var tasks: [TaskID] = []
        for process in surroundings.processes {
            guard let attempt = durable.attemptRows[process.key] else {
                throw Violation(.startOnce, "a process of \(process.key) runs, and nothing of it is durable")
            }
            try require(
                !attempt.hasEnded, .quietEnd, "\(process.name) of \(process.key) runs, and the attempt has ended")
            guard process.isLeader, !process.hasExited else { continue }
            try require(!tasks.contains(process.key.task), .startOnce, "two agents work on task \(process.key.task)")
            tasks.append(process.key.task)
        }
    }

    private func checkExecutions(_ device: SimulatedDevice, _ durable: LedgerState) throws(Violation) {
        for attempt in durable.attemptRows.all where !attempt.hasEnded {
            guard !device.executions.contains(where: { $0.key == attempt.key }) else { continue }
            let isOnTheWay = store.answers.contains { $0.answer.started.contains { $0.key == attempt.key } }
            try require(isOnTheWay, .noStuckWork, "nobody runs \(attempt.key), which is \(attempt.status.rawValue)")
        }
        let agents = surroundings.processes.count { $0.isLeader }
        try require(agents <= device.slots, .bounds, "\(agents) agents run in \(device.slots) lanes")
        let executed = device.executions.count { !$0.isEnding }
        try require(
            executed <= device.slots, .bounds, "\(executed) attempts are executed in \(device.slots) lanes")
    }

    // MARK: - Words

    mutating func tell(_ text: @autoclosure () -> String) { trace.add(time, text()) }

    var now: Timestamp { clock.reading(at: time) }
}
