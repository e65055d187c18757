import OffloadDomain
import OffloadTesting
import Testing

@Suite struct InMemoryLedgerTests {
    @Test(arguments: LedgerConformance.checks)
    func conforms(_ check: LedgerConformance.Check) async throws {
        try await check.run(Self.subject(InMemoryLedger()))
    }

    /// The control of the suite itself: a ledger with a fault is found out, by the check that is about it.
    @Test(arguments: InMemoryLedger.Fault.allCases)
    func isFoundOutWhenFaulty(_ fault: InMemoryLedger.Fault) async throws {
        let check = try #require(LedgerConformance.checks.first { $0.name == Self.culprit(fault) })
        try await check.run(Self.subject(InMemoryLedger()))
        await #expect(throws: LedgerConformance.Violation.self) {
            try await check.run(Self.subject(InMemoryLedger(fault: fault)))
        }
    }

    @Test func snapshotsDoNotShowLaterChanges() throws {
        let ledger = InMemoryLedger()
        try ledger.changeNow { try $0.insert(Samples.project(1)) }
        let snapshot = try ledger.snapshot()
        try ledger.changeNow { try $0.insert(Samples.project(2)) }
        #expect(try snapshot.projects() == [Samples.project(1)])
        #expect(try ledger.snapshot().projects() == [Samples.project(1), Samples.project(2)])
    }

    private static func subject(_ ledger: InMemoryLedger) -> LedgerConformance.Subject {
        LedgerConformance.Subject(ledger) { ledger.close() }
    }

    private static func culprit(_ fault: InMemoryLedger.Fault) -> String {
        switch fault {
        case .keepsWorkOfFailedBodies: "a body that throws changes nothing"
        case .ignoresTheFence: "a writer that knows an older state is stale, and writes nothing"
        case .allowsTwoOpenTasks: "an idea has one open task at most"
        case .allowsTwoHeldTasksPerBatch: "a batch holds one task at most"
        case .takesImpossibleStates: "states that cannot be are refused"
        case .ignoresPriority: "the next task has the highest priority, then the smallest position"
        case .ignoresExclusions: "tasks of excluded projects are passed over"
        case .reusesPositions: "a position that was given back is given out again, one that was seen never"
        case .endsTextsAtNUL: "texts come back byte by byte"
        case .staysSilent: "a listener that is slow misses the oldest commits only, then finds the end"
        case .leavesOrphans: "a project goes with all that is its own; events stay"
        }
    }
}
