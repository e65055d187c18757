import OffloadDomain
import Testing

@testable import OffloadSimulator

@Suite struct FleetTests {
    private static let steps = 300

    private static func range(_ count: Int, fault: FleetFault? = nil) -> SeedRange {
        SeedRange(first: 1, count: count, steps: steps, world: .fleet(fault))
    }

    @Test func everythingHoldsAndNothingIsBoring() async {
        let outcome = await Self.range(60).run()
        #expect(outcome.violation?.violation == nil)
        #expect(outcome.examined == 60)
        for count in Statistics.Count.ofFleets + Statistics.Count.ofFleetsToo {
            #expect(outcome.statistics[count] > 0, "60 seeds without \(count.rawValue)")
        }
    }

    /// The control of all checks: each mistake is found.
    @Test(arguments: FleetFault.allCases)
    func findsPlantedFault(_ fault: FleetFault) async throws {
        let outcome = await Self.range(400, fault: fault).run()
        let violation = try #require(outcome.violation?.violation, "\(fault.rawValue) was not found")
        #expect(Self.suspects(fault).contains(violation.invariant), "\(violation)")
        let seed = try #require(outcome.violation?.seed)
        let again = SeedExamination(seed: seed, steps: Self.steps, world: .fleet(fault)).run()
        #expect(again.violation?.description == violation.description)
        #expect(again.trace.lines == outcome.violation?.trace.lines)
        let without = SeedExamination(seed: seed, steps: Self.steps, world: .fleet(nil)).run()
        #expect(without.violation == nil)
    }

    private static func suspects(_ fault: FleetFault) -> [Invariant] {
        switch fault {
        case .attemptCheckDropped: [.fence, .idempotence, .truth]
        case .acknowledgedBeforeCommit: [.noLostTask, .durableFirst, .idempotence]
        case .outboxEmptiedEarly: [.durableFirst]
        case .cursorIgnored: [.idempotence, .order]
        case .leaseByWallClock: [.noWallClock]
        case .spawnedBeforeCommit: [.startOnce]
        case .attemptNumberReused: [.attempts, .startOnce, .noLostTask, .durableFirst]
        case .pairOfBodyTrusted: [.fence, .truth]
        case .flushOmitted: [.noLostTask, .durableFirst, .idempotence]
        }
    }

    @Test func theSameSeedGivesTheSameTrace() {
        for seed in 1...10 as ClosedRange<UInt64> {
            let digests = (0..<2).map { _ in
                SeedExamination(seed: seed, steps: Self.steps, world: .fleet(nil)).run().trace.digest
            }
            #expect(digests[0] == digests[1])
        }
    }
}
