import OffloadDomain
import OffloadTesting

/// One source and two to five targets, their ledgers and the network between them, driven step by step by what a seed decides.
///
/// What the devices decide is the domain's own code. Requests are lost, delayed, repeated and overtaken; answers are cut after
/// the commit; devices crash, and what was not durable is gone; nothing is heard of one for longer than any lease.
struct Fleet: Sendable {
    let seed: UInt64
    let fault: FleetFault?
    let clock: SimulatedClock
    let identifiers = SequentialIdentifiers()
    let project: Project

    var random: SplitMix64
    /// Milliseconds since the beginning, on the clock that never jumps.
    var time: Int64 = 0
    var source = FleetStore()
    var isSourceUp = true
    var leases = Leases()
    var targets: [FleetTarget] = []
    var network: [FleetParcel] = []
    var lastParcel = 0
    var history = FleetHistory()
    var statistics = Statistics()
    var trace = Trace()
    var isCalm = false

    private static let calmSteps = 40_000

    init(seed: UInt64, clock: SimulatedClock, fault: FleetFault? = nil) {
        self.seed = seed
        self.fault = fault
        self.clock = clock
        random = SplitMix64(seed: SplitMix64.mixed(seed &+ 0xF1EE7))
        project = Project(
            id: identifiers.make(ProjectID.self), name: "Project", path: "/project", versionControl: .git,
            createdAt: Timestamp(milliseconds: 0))
        for number in 1...random.within(2...5) { add(target: number) }
    }

    private mutating func add(target number: Int) {
        let (id, device) = (PairID(unchecked: "x-\(number)"), DeviceID(unchecked: "d-\(number)"))
        let pair = DevicePair(
            id: id, sourceDeviceID: DeviceID(unchecked: "d-0"), targetDeviceID: device, targetName: "Target \(number)",
            projectID: project.id, targetPath: "/", keyDigest: "digest-\(number)", status: .active,
            createdAt: Timestamp(milliseconds: 0))
        let joined = JoinedPair(
            id: id, sourceDeviceID: pair.sourceDeviceID, sourceName: "Source", sourceProject: "Project",
            projectID: project.id, fingerprint: "f", key: PairKey("k"), addresses: [], status: .active,
            createdAt: Timestamp(milliseconds: 0))
        var target = FleetTarget(pair: joined, slots: random.within(1...3))
        let project = project
        try? source.prepare { state in
            if state.projectRows[project.id] == nil { try state.insert(project) }
            try state.insert(pair)
        }
        try? target.store.prepare { [slots = target.slots] state in
            try state.insert(project)
            try state.insert(joined)
            for lane in 1...slots {
                if let batch = BatchID(number: lane) { try state.save(Batch(id: batch, state: .running)) }
            }
        }
        targets.append(target)
    }

    var now: Timestamp { clock.reading(at: time) }

    /// What leases are judged by.
    var leaseTime: Duration {
        fault == .leaseByWallClock ? .milliseconds(now.milliseconds) : .milliseconds(time)
    }

    mutating func tell(_ text: String) { trace.add(time, text) }

    // MARK: - The run

    mutating func run(steps: Int) -> SimulationOutcome {
        var violation: Violation?
        do {
            for _ in 0..<steps { try step() }
            try calmDown()
        } catch {
            violation = error
            tell("\(error)")
        }
        return SimulationOutcome(
            seed: seed, violation: violation, step: statistics[.steps], trace: trace, statistics: statistics)
    }

    private mutating func step() throws(Violation) {
        statistics[.steps] += 1
        time += Int64(random.below(1_500))
        // Somebody closes a lid.
        if !isCalm, random.happens(6) { time += Int64(random.within(30_000...800_000)) }
        let target = random.below(targets.count)
        switch random.below(100) {
        case 0..<5: if !isCalm { try actAsPerson() }
        case 5..<29: try deliver()
        case 29..<41: try commitSource()
        case 41..<47: try pull(target)
        case 47..<58: try report(target)
        case 58..<62: try beat(target)
        case 62..<72: try commit(target)
        case 72..<90: try work(target)
        case 90..<93: try lookAtLeases()
        default: try makeTrouble(target)
        }
        // What is under way goes on at once, so that the end comes soon.
        if isCalm {
            try deliver()
            try commitSource()
            try commit(target)
        }
        try history.checkNothingIsLost(in: source.durable)
        try checkQuiet()
    }

    private mutating func makeTrouble(_ target: Int) throws(Violation) {
        guard !isCalm else { return }
        switch random.below(20) {
        case 0..<2: crashSource()
        case 2..<5: crash(target)
        case 5..<9: if !isSourceUp { startSource() }
        case 9..<14: if !targets[target].isUp { try start(target) }
        case 14: if fault == .attemptNumberReused { source.keepBackup() }
        case 15: forge(target)
        case 16: _ = loseParcel()
        default: targets[target].waitingFor = []
        }
    }

    private mutating func calmDown() throws(Violation) {
        tell("the world calms down")
        isCalm = true
        if !isSourceUp { startSource() }
        for target in targets.indices {
            if !targets[target].isUp { try start(target) }
            // Whoever waits for an answer that was lost asks again.
            targets[target].waitingFor = []
        }
        for _ in 0..<Self.calmSteps {
            try step()
            if isOver { return }
        }
        let open = source.durable.taskRows.all.filter { !$0.state.status.isFinal }
        let undelivered = targets.flatMap { $0.store.durable.inboxRows.all.filter { $0.state != .delivered } }
        throw Violation(
            .liveness, "still open: \(open.map { "\($0.id) \($0.state)" }); not delivered: \(undelivered.map(\.key))")
    }

    /// Everything is final on the source, and the source knows everything.
    private var isOver: Bool {
        isSourceUp && source.isIdle && source.durable.taskRows.all.allSatisfy(\.state.status.isFinal)
            && targets.allSatisfy { target in
                target.isUp && target.store.isIdle && target.store.durable.outbox.isEmpty && target.processes.isEmpty
                    && target.store.durable.inboxRows.all.allSatisfy { $0.state == .delivered }
            }
    }

    /// When an attempt has ended on its target, none of its processes lives.
    private func checkQuiet() throws(Violation) {
        for target in targets where target.isUp {
            for key in target.processes {
                try require(
                    target.store.durable.attemptRows[key]?.hasEnded != true, .quietEnd,
                    "\(key) has ended and still runs")
            }
        }
    }

    // MARK: - The network

    mutating func send(_ content: FleetParcel.Content, _ target: Int) -> Int {
        lastParcel += 1
        network.append(
            FleetParcel(number: lastParcel, target: target, start: targets[target].starts, content: content))
        return lastParcel
    }

    private mutating func loseParcel() -> Bool {
        guard !network.isEmpty else { return false }
        let parcel = network.remove(at: random.below(network.count))
        statistics[.lostParcels] += 1
        tell("parcel \(parcel.number) is lost")
        return true
    }

    /// In any order.
    private mutating func deliver() throws(Violation) {
        guard !network.isEmpty else { return }
        let index = random.below(network.count)
        let parcel = network[index]
        // A request may come again; an answer belongs to one request alone.
        if isCalm || parcel.isAnswer || !random.happens(150) {
            network.remove(at: index)
        } else {
            statistics[.repeatedParcels] += 1
        }
        if parcel.isAnswer { try receive(parcel) } else { try serve(parcel) }
    }

    /// A paired device says something about attempts of others, under their pair's name.
    private mutating func forge(_ target: Int) {
        let attempts = source.durable.attemptRows.all.filter { $0.holder.device != targets[target].pair.id }
        guard let victim = random.pick(attempts), let pair = victim.holder.device,
            let task = source.durable.taskRows[victim.key.task]
        else { return }
        let cursor = (try? source.durable.handover(victim.key))?.cursor ?? 0
        let report = StatusReport(
            key: victim.key, ideaID: task.ideaID, sequence: cursor + 1,
            change: .ended(.completed, RunReport(summary: "forged"), nil))
        let message = OutboxMessage(position: 0, key: report.key, sequence: report.sequence, payload: [])
        statistics[.forgedReports] += 1
        tell("target \(target) forges a report about \(victim.key)")
        _ = send(.report([message], [report], named: pair), target)
    }
}
