/// What is simulated.
enum World: Sendable, Equatable {
    /// One device with its user.
    case device(PlantedFault?)
    /// A source and its targets.
    case fleet(FleetFault?)
}

/// One seed, under two wall clocks.
struct SeedExamination: Sendable {
    let seed: UInt64
    let steps: Int
    let world: World

    /// Runs the seed with a wall clock that goes with time, and again with one that jumps by years. The second shows
    /// whether anything was decided by the wall clock: both must do the same.
    func run() -> SimulationOutcome {
        let steady = run(under: .steady)
        guard steady.violation == nil else { return steady }
        let jumping = run(under: .jumping(seed: seed))
        guard jumping.violation != nil || jumping.trace.digest != steady.trace.digest else { return steady }
        let (violation, trace) = Self.difference(steady, jumping)
        return SimulationOutcome(
            seed: seed, violation: violation, step: jumping.step, trace: trace, statistics: steady.statistics)
    }

    private func run(under clock: SimulatedClock) -> SimulationOutcome {
        switch world {
        case .device(let fault):
            var simulation = Simulation(seed: seed, clock: clock, fault: fault)
            return simulation.run(steps: steps)
        case .fleet(let fault):
            var fleet = Fleet(seed: seed, clock: clock, fault: fault)
            return fleet.run(steps: steps)
        }
    }

    /// What the jumping clock changed, and its trace up to there.
    private static func difference(
        _ steady: SimulationOutcome, _ jumping: SimulationOutcome
    ) -> (Violation, Trace) {
        let pairs = zip(steady.trace.lines, jumping.trace.lines).enumerated()
        guard let (line, (expected, found)) = pairs.first(where: { $0.element.0 != $0.element.1 }) else {
            return (Violation(.noWallClock, "a clock that jumps makes another trace"), jumping.trace)
        }
        let message = "with a clock that jumps “\(found)” instead of “\(expected)”"
        return (Violation(.noWallClock, message), jumping.trace.cut(behind: line))
    }
}
