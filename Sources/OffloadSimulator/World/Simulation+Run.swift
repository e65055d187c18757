import OffloadDomain
import OffloadTesting

/// How a simulation went.
struct SimulationOutcome: Sendable {
    let seed: UInt64
    let violation: Violation?
    /// At which step the violation happened, counted from 1.
    let step: Int
    let trace: Trace
    let statistics: Statistics
}

extension Simulation {
    /// The most steps that a calm world needs to end everything that is open.
    private static let calmSteps = 20_000

    /// Runs so many steps with everything that can go wrong, then calms the world and waits for all work to end.
    mutating func run(steps: Int) -> SimulationOutcome {
        var violation: Violation?
        do {
            for _ in 0..<steps { _ = try step() }
            try calmDown()
        } catch {
            violation = error
        }
        if let violation { tell("\(violation)") } else { summarize() }
        return SimulationOutcome(
            seed: seed, violation: violation, step: statistics[.steps], trace: trace, statistics: statistics)
    }

    private mutating func calmDown() throws(Violation) {
        tell("the world calms down")
        isCalm = true
        for index in surroundings.folders.indices { surroundings.folders[index].isBroken = false }
        // Tasks may wait for lanes that this run of the device does not have.
        if let device, device.slots < Self.mostLanes || !device.isUp { crash() }
        var steps = 0
        var areLanesStarted = false
        while true {
            if device?.isUp == true, !areLanesStarted {
                for number in 1...Self.mostLanes {
                    if let lane = BatchID(number: number) { submit(.control(lane, .start), by: .person) }
                }
                areLanesStarted = true
            }
            guard try step() else { break }
            steps += 1
            let open = store.durable.ledger.taskRows.all.filter { !$0.state.status.isFinal }
            if areLanesStarted, open.isEmpty, surroundings.processes.isEmpty, store.isIdle,
                device?.executions.isEmpty == true
            {
                return
            }
            try require(steps < Self.calmSteps, .liveness, "after \(steps) calm steps \(open.map(\.id)) are still open")
        }
        let open = store.durable.ledger.taskRows.all.filter { !$0.state.status.isFinal }
        try require(open.isEmpty, .liveness, "nothing happens any more, and \(open.map(\.id)) are still open")
    }

    /// The last lines of a trace say where everything stands.
    private mutating func summarize() {
        for task in store.durable.ledger.taskRows.all {
            tell("\(task.id) of \(task.ideaID) is \(task.state.word), attempt \(task.attempt)")
        }
        for attempt in store.durable.ledger.attemptRows.all {
            if case .ended(let ending) = attempt.state {
                tell("\(attempt.key) ended \(ending.outcome.word)")
            } else {
                tell("\(attempt.key) is \(attempt.status.rawValue)")
            }
        }
    }
}
