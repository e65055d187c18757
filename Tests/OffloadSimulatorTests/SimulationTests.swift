import OffloadDomain
import Testing

@testable import OffloadSimulator

@Suite struct SimulationTests {
    private static let steps = 200

    private static func range(_ count: Int, first: UInt64 = 1, fault: PlantedFault? = nil) -> SeedRange {
        SeedRange(first: first, count: count, steps: steps, world: .device(fault))
    }

    @Test func everythingHoldsAndNothingIsBoring() async {
        let outcome = await Self.range(60).run()
        #expect(outcome.violation?.violation == nil)
        #expect(outcome.examined == 60)
        for count in Statistics.Count.ofDevices {
            #expect(outcome.statistics[count] > 0, "60 seeds without \(count.rawValue)")
        }
    }

    /// The control of all checks: each mistake is found, and by a check that is about it.
    @Test(arguments: PlantedFault.allCases)
    func findsPlantedFault(_ fault: PlantedFault) async throws {
        let outcome = await Self.range(400, fault: fault).run()
        let violation = try #require(outcome.violation?.violation, "\(fault.rawValue) was not found")
        #expect(Self.suspects(fault).contains(violation.invariant), "\(violation)")
        // The same seed, examined alone, must show the same.
        let seed = try #require(outcome.violation?.seed)
        let again = SeedExamination(seed: seed, steps: Self.steps, world: .device(fault)).run()
        #expect(again.violation?.description == violation.description)
        #expect(again.trace.lines == outcome.violation?.trace.lines)
        let without = SeedExamination(seed: seed, steps: Self.steps, world: .device(nil)).run()
        #expect(without.violation == nil)
    }

    private static func suspects(_ fault: PlantedFault) -> [Invariant] {
        switch fault {
        case .attemptCheckDropped: [.fence]
        case .acknowledgedBeforeCommit: [.durableFirst, .noLostTask]
        case .spawnedBeforeCommit: [.startOnce]
        case .attemptNumberReused: [.attempts, .startOnce]
        case .phaseIgnored: [.cancelWins, .sealHolds]
        case .filledOutsideTransaction: [.noStuckWork]
        case .wallClockDecision: [.noWallClock]
        case .survivorsKept: [.quietEnd, .startOnce]
        case .sweepSkipped: [.quietEnd]
        case .recoveryHandsOut: [.noStuckWork, .slotLimits]
        case .limitsUnknownAtStart: [.slotLimits]
        case .stopHandsOut: [.noStuckWork]
        case .firstFillNotRepeated: [.noStuckWork]
        case .earlyStopForgotten: [.cancelWins]
        case .publishedUnsealed: [.sealHolds, .cancelWins]
        case .cleanedBeforeRecord: [.truth]
        }
    }

    @Test func theSameSeedGivesTheSameTrace() {
        for seed in 1...15 as ClosedRange<UInt64> {
            let (first, second) = (Self.trace(of: seed), Self.trace(of: seed))
            #expect(first.lines == second.lines)
            #expect(first.digest == second.digest)
        }
        #expect(Self.trace(of: 1).digest != Self.trace(of: 2).digest)
    }

    private static func trace(of seed: UInt64) -> Trace {
        var simulation = Simulation(seed: seed, clock: .steady)
        return simulation.run(steps: steps).trace
    }

    /// Without it, two runs under two clocks would prove nothing.
    @Test func theJumpingClockJumpsByYears() {
        let year: Int64 = 365 * 24 * 60 * 60 * 1_000
        let clock = SimulatedClock.jumping(seed: 7)
        let offsets = (0..<200).map { second in
            let time = Int64(second) * 1_000
            return clock.reading(at: time).milliseconds - SimulatedClock.steady.reading(at: time).milliseconds
        }
        #expect(offsets.contains { $0 > 5 * year })
        #expect(offsets.contains { $0 < -5 * year })
        #expect(offsets.allSatisfy { abs($0) < 10 * year })
    }

    @Test func rangesDoNotDependOnHowTheyAreCut() async {
        let whole = await Self.range(12).run()
        var parts = await Self.range(5).run()
        parts.add(await Self.range(7, first: 6).run())
        #expect(parts.digest == whole.digest)
        #expect(parts.statistics == whole.statistics)
        #expect(whole.digests.count == 12)
    }
}
