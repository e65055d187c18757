import OffloadDomain
import OffloadEngine
import OffloadTesting
import ServiceLifecycleTestKit
import Testing

/// What a start puts right after the device went away in the middle.
@Suite(.timeLimit(.minutes(1))) struct RecoveryTests {
    private static let holding = OffloadTask.Holding(batch: Samples.batch(1))

    struct Cut: Sendable, CustomTestStringConvertible {
        let task: OffloadTask.State
        let attempt: Attempt.State
        let testDescription: String
    }

    static let cuts = [
        Cut(task: .synced(holding), attempt: .starting, testDescription: "starting"),
        Cut(task: .running(holding), attempt: .running(startedAt: Samples.time(1)), testDescription: "running"),
    ]

    @Test(arguments: cuts) func anAttemptThatWasCutOffIsKeptAndTheNextOneRuns(_ cut: Cut) async throws {
        let bench = try Workbench()
        let key = try bench.leave(1, task: cut.task, attempt: cut.attempt)
        bench.workspaces.leave(key)
        bench.runner.leaveSurvivors(2)
        try await bench.whileRunning { bench in
            let run = try await bench.runner.starts.take()
            #expect(run.order.key == Workbench.key(1, 2), "the attempt itself is never started again")
            run.end(.succeeded)
            try await bench.wait(for: .completed, of: 1)
        }
        let ending = try #require(try bench.ending(1))
        #expect(ending.outcome == .interrupted(orderly: false))
        #expect(ending.report.processesEnded == 2)
        #expect(ending.result == FakeWorkspaces.result(of: key), "what the agent had done is kept")
        #expect(!bench.workspaces.exists(key))
        #expect(bench.runner.surveys == 1)
        #expect(try bench.task(1)?.interruptions == 1)
    }

    @Test(arguments: cuts) func theSecondCutIsAFailureAndTheLaneGoesOn(_ cut: Cut) async throws {
        let bench = try Workbench()
        _ = try bench.leave(1, task: cut.task, attempt: cut.attempt, interruptions: 1)
        try bench.memory.changeNow { try $0.insertWork(Samples.task(2)) }
        try await bench.whileRunning { bench in
            let run = try await bench.runner.starts.take()
            #expect(run.order.key == Workbench.key(2))
            run.end(.succeeded)
            try await bench.wait(for: .completed, of: 2)
        }
        guard case .failed(let failure) = try bench.task(1)?.state else {
            Issue.record("the task did not fail")
            return
        }
        #expect(failure.kind == .interrupted)
    }

    @Test func aTaskThatWasBeingCancelledIsCancelled() async throws {
        let bench = try Workbench()
        let cancelling = OffloadTask.Holding(batch: Samples.batch(1), phase: .cancelling)
        _ = try bench.leave(1, task: .running(cancelling), attempt: .running(startedAt: Samples.time(1)))
        try await bench.whileRunning { try await $0.wait(for: .cancelled, of: 1) }
        #expect(bench.runner.starts.all.isEmpty)
    }

    // MARK: - Sealed

    private func leaveSealed(_ bench: Workbench) throws -> AttemptKey {
        let ending = Samples.ending(
            .completed, report: RunReport(summary: "Did it."), result: FakeWorkspaces.result(of: Workbench.key(1)))
        let sealed = OffloadTask.Holding(batch: Samples.batch(1), phase: .sealed)
        return try bench.leave(1, task: .running(sealed), attempt: .sealed(ending))
    }

    @Test func aSealedAttemptGetsItsBranchAndNoOtherAgent() async throws {
        let bench = try Workbench()
        let key = try leaveSealed(bench)
        bench.workspaces.leave(key)
        try await bench.whileRunning { try await $0.wait(for: .completed, of: 1) }
        let ending = try #require(try bench.ending(1))
        #expect(ending.outcome == .completed)
        #expect(ending.report.summary == "Did it.")
        #expect(ending.result?.branch == "offload/idea-1")
        #expect(bench.workspaces.calls.map(\.step) == [.publish, .remove])
        #expect(bench.runner.starts.all.isEmpty)
    }

    @Test func aSealedAttemptIsCompletedAlsoWithoutItsBranch() async throws {
        let bench = try Workbench()
        _ = try leaveSealed(bench)
        bench.workspaces.fail(.publish, with: OffloadError(.conflict, "the repository is locked"))
        try await bench.whileRunning { try await $0.wait(for: .completed, of: 1) }
        #expect(try bench.ending(1)?.result?.notes == ["no branch was written: the repository is locked"])
    }

    // MARK: - What comes beside it

    @Test func workThatCannotBeSavedDoesNotStopTheStart() async throws {
        let bench = try Workbench(runner: FakeAgentRunner { _ in .succeeded })
        let key = try bench.leave(1, task: .synced(Self.holding), attempt: .starting)
        bench.workspaces.leave(key)
        let gate = bench.workspaces.hold(.snapshot)
        bench.workspaces.fail(.snapshot, with: OffloadError(.device, "the disk is full"))
        try await bench.whileRunning { bench in
            _ = try await gate.reached.wait()
            gate.open()
            bench.workspaces.fail(.snapshot, with: nil)
            try await bench.wait(for: .completed, of: 1)
        }
        #expect(try bench.ending(1)?.outcome == .interrupted(orderly: false))
    }

    @Test func whatIsAssignedMeanwhileIsNotTakenForARemainder() async throws {
        let bench = try Workbench(runner: FakeAgentRunner { _ in .succeeded }, identifiers: CountingIdentifiers())
        let key = try bench.leave(9, task: .synced(Self.holding), attempt: .starting)
        bench.workspaces.leave(key)
        let gate = bench.workspaces.hold(.snapshot)
        try bench.write(1...1)
        try await bench.whileRunning { bench in
            _ = try await gate.reached.wait()
            try await bench.start(lanes: 1...2)
            try await bench.assign(1...1)
            #expect(try bench.status(1) == .pending, "nothing is handed out before everything is put right")
            gate.open()
            try await bench.wait(for: .completed, of: 1)
            try await bench.wait(for: .completed, of: 9)
        }
        #expect(try bench.memory.snapshot().attempts(of: TaskID(unchecked: "t-1")).map(\.status) == [.completed])
    }

    @Test func slotLimitsAreKnownBeforeAnythingIsHandedOut() async throws {
        let bench = try Workbench()
        bench.folders.set(ProjectSettings(slots: 1), for: Samples.project(1).id)
        _ = try bench.leave(1, task: .synced(Self.holding), attempt: .starting)
        try bench.memory.changeNow { transaction in
            for number in 2...3 { try transaction.insertWork(Samples.task(number)) }
            for lane in 2...3 { try transaction.save(Batch(id: Samples.batch(lane), state: .running)) }
        }
        try await bench.whileRunning { bench in
            for expected in [Workbench.key(1, 2), Workbench.key(2), Workbench.key(3)] {
                let run = try await bench.runner.starts.take()
                #expect(run.order.key == expected)
                #expect(try bench.memory.snapshot().heldTasks().count == 1)
                run.end(.succeeded)
            }
            try await bench.wait(for: .completed, of: 3)
        }
    }

    @Test func aRecordThatCannotBeReadKeepsTheDeviceFromStarting() async throws {
        let bench = try Workbench()
        _ = try bench.leave(1, task: .synced(Self.holding), attempt: .starting)
        bench.ledger.failReads(1)
        await #expect(throws: OffloadError(.device, "the disk is full")) {
            try await testGracefulShutdown { _ in try await bench.supervisor.run() }
        }
        #expect(try bench.attempt(1)?.status == .starting)
        #expect(bench.runner.starts.all.isEmpty)
    }

    @Test func aCrashDuringTheRecoveryIsPutRightByTheNextStart() async throws {
        let bench = try Workbench()
        let key = try bench.leave(1, task: .synced(Self.holding), attempt: .starting)
        bench.workspaces.leave(key)
        bench.ledger.failChanges(1)
        await #expect(throws: OffloadError.self) {
            try await testGracefulShutdown { _ in try await bench.supervisor.run() }
        }
        let next = try Workbench(memory: bench.memory)
        try await next.whileRunning { bench in
            let run = try await bench.runner.starts.take()
            #expect(run.order.key == Workbench.key(1, 2))
            run.end(.succeeded)
            try await bench.wait(for: .completed, of: 1)
        }
        #expect(try next.task(1)?.interruptions == 1)
    }

    @Test func whereNothingIsLeftNothingIsDone() async throws {
        let bench = try Workbench()
        try await bench.whileRunning { _ in }
        #expect(try bench.memory.snapshot().newestEventPosition() == 0)
        #expect(bench.workspaces.calls == [])
    }
}
