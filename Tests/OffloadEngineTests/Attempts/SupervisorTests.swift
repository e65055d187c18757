import OffloadDomain
import OffloadEngine
import OffloadTesting
import Testing

@Suite(.timeLimit(.minutes(1))) struct SupervisorTests {
    @Test func runsWhatIsAssignedToItsEnd() async throws {
        let bench = try Workbench(slots: 2)
        try bench.write(1...3)
        try await bench.whileRunning { bench in
            try await bench.start(lanes: 1...2)
            try await bench.assign(1...3)
            let first = try await bench.runner.starts.take()
            let second = try await bench.runner.starts.take()
            #expect(Set([first, second].map(\.order.key)) == [Workbench.key(1), Workbench.key(2)])
            #expect(try bench.status(3) == .pending)
            first.end(.succeeded, report: RunReport(summary: "Did it."))
            let third = try await bench.runner.starts.take()
            #expect(third.order.key == Workbench.key(3))
            #expect(third.order.batch == first.order.batch)
            second.end(.succeeded)
            third.end(.failed(Failure(.agent, "It cannot be done.")))
            for (task, status) in [(1, OffloadTask.Status.completed), (2, .completed), (3, .failed)] {
                try await bench.wait(for: status, of: task)
            }
        }
        #expect(Set(bench.logs.finished) == [Workbench.key(1), Workbench.key(2), Workbench.key(3)])
        #expect(bench.runner.starts.all.count == 3)
    }

    @Test func aSuccessIsKeptPublishedAndRecorded() async throws {
        let bench = try Workbench()
        try bench.write(1...1)
        try await bench.whileRunning { bench in
            try await bench.start(lanes: 1...1)
            try await bench.assign(1...1)
            let run = try await bench.runner.starts.take()
            #expect(run.workspace == FakeWorkspaces.workspace(Workbench.key(1)))
            run.end(.succeeded, report: RunReport(summary: "Did it.", turns: 4))
            try await bench.wait(for: .completed, of: 1)
        }
        let key = Workbench.key(1)
        #expect(
            bench.workspaces.calls == [
                .init(.prepare, key), .init(.snapshot, key), .init(.publish, key), .init(.remove, key),
            ])
        #expect(!bench.workspaces.exists(key))
        let ending = try #require(try bench.ending(1))
        var result = FakeWorkspaces.result(of: key)
        result.branch = "offload/idea-1"
        #expect(ending.outcome == .completed)
        #expect(ending.report == RunReport(summary: "Did it.", turns: 4))
        #expect(ending.result == result)
        #expect(ending.startedAt == bench.clock.now())
        #expect(bench.workspaces.message(of: key) == "Idea 1\n\nDid it.\n\nOffload-Task: t-1\nOffload-Attempt: 1\n")
    }

    @Test func theAttemptIsDurableBeforeAnythingIsDoneForIt() async throws {
        let bench = try Workbench()
        try bench.write(1...1)
        let gate = bench.workspaces.hold(.prepare)
        try await bench.whileRunning { bench in
            try await bench.start(lanes: 1...1)
            try await bench.assign(1...1)
            #expect(try await gate.reached.wait() == Workbench.key(1))
            #expect(try bench.attempt(1)?.status == .starting)
            #expect(try bench.status(1) == .synced)
            gate.open()
            let run = try await bench.runner.starts.take()
            try await bench.wait(for: .running, of: 1)
            #expect(try bench.attempt(1)?.status == .running)
            run.end(.succeeded)
            try await bench.wait(for: .completed, of: 1)
        }
    }

    /// The place of a failed or cancelled attempt is cleared, but its work is kept.
    @Test(arguments: [AgentRun.Ending.failed(Failure(.timeLimit, "too long")), .stopped(.cancelled)])
    func whatDidNotSucceedIsKeptButNotPublished(_ ending: AgentRun.Ending) async throws {
        let bench = try Workbench()
        try bench.write(1...1)
        try await bench.whileRunning { bench in
            try await bench.start(lanes: 1...1)
            try await bench.assign(1...1)
            try await bench.runner.starts.take().end(ending)
            try await bench.wait(for: ending == .stopped(.cancelled) ? .cancelled : .failed, of: 1)
        }
        #expect(bench.workspaces.calls.map(\.step) == [.prepare, .snapshot, .remove])
        #expect(try bench.ending(1)?.result == FakeWorkspaces.result(of: Workbench.key(1)))
    }

    // MARK: - Set-up and check

    @Test func setUpAgentAndCheckRunInThisOrder() async throws {
        let bench = try Workbench()
        bench.folders.set(ProjectSettings(setup: "make setup", check: "make test"), for: Samples.project(1).id)
        try bench.write(1...1)
        try await bench.whileRunning { bench in
            try await bench.start(lanes: 1...1)
            try await bench.assign(1...1)
            #expect(try await bench.runner.starts.take().command == .init(name: "setup", text: "make setup"))
            let agent = try await bench.runner.starts.take()
            #expect(agent.command == nil)
            agent.end(.succeeded, report: RunReport(summary: "Did it."))
            #expect(try await bench.runner.starts.take().command == .init(name: "check", text: "make test"))
            try await bench.wait(for: .completed, of: 1)
        }
        #expect(try bench.ending(1)?.report.summary == "Did it.")
    }

    @Test func withoutItsSetUpNoAgentIsStarted() async throws {
        let failure = Failure(.setupFailed, "make: no rule")
        let bench = try Workbench(runner: FakeAgentRunner { _ in .failed(failure) })
        bench.folders.set(ProjectSettings(setup: "make setup"), for: Samples.project(1).id)
        try bench.write(1...1)
        try await bench.whileRunning { bench in
            try await bench.start(lanes: 1...1)
            try await bench.assign(1...1)
            try await bench.wait(for: .failed, of: 1)
        }
        #expect(bench.runner.starts.all.map(\.command?.name) == ["setup"])
        #expect(try bench.task(1)?.state == .failed(failure))
    }

    @Test func anAgentThatSucceedsButFailsTheCheckHasFailed() async throws {
        let failure = Failure(.checkFailed, "2 tests fail")
        let bench = try Workbench(runner: FakeAgentRunner { $0.command == nil ? .succeeded : .failed(failure) })
        bench.folders.set(ProjectSettings(check: "make test"), for: Samples.project(1).id)
        try bench.write(1...1)
        try await bench.whileRunning { bench in
            try await bench.start(lanes: 1...1)
            try await bench.assign(1...1)
            try await bench.wait(for: .failed, of: 1)
        }
        #expect(try bench.task(1)?.state == .failed(failure))
        #expect(!bench.workspaces.calls.map(\.step).contains(.publish))
    }

    @Test func aTaskWithoutAWorkspaceIsNeitherKeptNorPublished() async throws {
        let bench = try Workbench(runner: FakeAgentRunner { _ in .succeeded })
        bench.folders.set(ProjectSettings(workspace: .none), for: Samples.project(1).id)
        try bench.write(1...1)
        try await bench.whileRunning { bench in
            try await bench.start(lanes: 1...1)
            try await bench.assign(1...1)
            try await bench.wait(for: .completed, of: 1)
        }
        #expect(bench.workspaces.calls.map(\.step) == [.prepare, .remove])
        #expect(try bench.ending(1)?.result == nil)
        #expect(bench.folders.written == [])
    }

    // MARK: - What goes wrong

    @Test func aWorkspaceThatCannotBeMadeFailsTheTaskAndFreesTheLane() async throws {
        let bench = try Workbench(runner: FakeAgentRunner { _ in .succeeded })
        bench.workspaces.fail(.prepare, with: OffloadError(.unprocessable, "the base commit is missing"))
        try bench.write(1...2)
        try await bench.whileRunning { bench in
            try await bench.start(lanes: 1...1)
            try await bench.assign(1...2)
            try await bench.wait(for: .failed, of: 2)
        }
        #expect(try bench.task(1)?.state == .failed(Failure(.workspace, "the base commit is missing")))
        #expect(bench.runner.starts.all.isEmpty)
    }

    @Test func settingsThatCannotBeReadFailTheTask() async throws {
        let bench = try Workbench()
        try bench.write(1...1)
        try await bench.whileRunning { bench in
            try await bench.assign(1...1)
            bench.folders.fail(Samples.project(1).id, with: OffloadError(.unprocessable, "offload.yml: line 3"))
            try await bench.start(lanes: 1...1)
            try await bench.wait(for: .failed, of: 1)
        }
        #expect(try bench.task(1)?.state == .failed(Failure(.workspace, "offload.yml: line 3")))
    }

    @Test func workThatCannotBeKeptStaysInItsWorkspace() async throws {
        let bench = try Workbench(runner: FakeAgentRunner { _ in .succeeded })
        bench.workspaces.fail(.snapshot, with: OffloadError(.device, "the disk is full"))
        try bench.write(1...1)
        try await bench.whileRunning { bench in
            try await bench.start(lanes: 1...1)
            try await bench.assign(1...1)
            try await bench.wait(for: .failed, of: 1)
        }
        guard case .failed(let failure) = try bench.task(1)?.state else {
            Issue.record("the task did not fail")
            return
        }
        #expect(failure.kind == .device)
        #expect(failure.message.contains("the disk is full"))
        #expect(failure.message.contains("/workspaces/t-1/1"))
        #expect(bench.workspaces.exists(Workbench.key(1)))
    }

    @Test func aBranchThatCannotBeWrittenIsNotedAndTheWorkCounts() async throws {
        let bench = try Workbench(runner: FakeAgentRunner { _ in .succeeded })
        bench.workspaces.fail(.publish, with: OffloadError(.conflict, "the repository is locked"))
        try bench.write(1...1)
        try await bench.whileRunning { bench in
            try await bench.start(lanes: 1...1)
            try await bench.assign(1...1)
            try await bench.wait(for: .completed, of: 1)
        }
        let result = try #require(try bench.ending(1)?.result)
        #expect(result.branch == nil)
        #expect(result.notes == ["no branch was written: the repository is locked"])
    }

    // MARK: - A ledger that fails for a while

    @Test func anEndThatCannotBeRecordedIsTriedAgainAndTheLaneStaysTaken() async throws {
        let bench = try Workbench()
        bench.folders.set(ProjectSettings(workspace: .none), for: Samples.project(1).id)
        try bench.write(1...2)
        try await bench.whileRunning { bench in
            try await bench.start(lanes: 1...1)
            try await bench.assign(1...2)
            let run = try await bench.runner.starts.take()
            try await bench.wait(for: .running, of: 1)
            bench.ledger.failChanges(3)
            run.end(.succeeded, report: RunReport(summary: "Did it."))
            for _ in 1...3 {
                try await bench.ledger.failures.take()
                #expect(try bench.status(1) == .running)
                #expect(bench.runner.starts.all.count == 1, "nothing is started that could not be recorded either")
            }
            let next = try await bench.runner.starts.take()
            #expect(next.order.key == Workbench.key(2))
            next.end(.succeeded)
            try await bench.wait(for: .completed, of: 2)
        }
        #expect(try bench.ending(1)?.outcome == .completed)
        #expect(try bench.ending(1)?.report.summary == "Did it.")
    }

    @Test func aStartThatCouldNotBeRecordedDoesNotCostTheSuccess() async throws {
        let bench = try Workbench()
        try bench.write(1...1)
        let gate = bench.workspaces.hold(.prepare)
        try await bench.whileRunning { bench in
            try await bench.start(lanes: 1...1)
            try await bench.assign(1...1)
            _ = try await gate.reached.wait()
            bench.ledger.failChanges(1)
            gate.open()
            let run = try await bench.runner.starts.take()
            try await bench.ledger.failures.take()
            #expect(try bench.status(1) == .synced)
            run.end(.succeeded)
            _ = try await bench.memory.wait { reader in
                try reader.task(TaskID(unchecked: "t-1"))?.state.status.isFinal == true ? true : nil
            }
        }
        #expect(try bench.status(1) == .completed)
        #expect(try bench.ending(1)?.result?.branch == "offload/idea-1")
        let told = try bench.memory.snapshot().events(after: 0, limit: 100).map(\.name)
        #expect(told.filter { $0.hasPrefix("task_") } == ["task_queued", "task_started", "task_completed"])
    }

    @Test func aSealThatCannotBeRecordedCostsTheBranchButNotTheWork() async throws {
        let bench = try Workbench()
        try bench.write(1...1)
        try await bench.whileRunning { bench in
            try await bench.start(lanes: 1...1)
            try await bench.assign(1...1)
            let run = try await bench.runner.starts.take()
            try await bench.wait(for: .running, of: 1)
            bench.ledger.failChanges(1)
            run.end(.succeeded)
            try await bench.wait(for: .completed, of: 1)
        }
        #expect(!bench.workspaces.calls.map(\.step).contains(.publish), "no branch without a seal")
        #expect(try bench.ending(1)?.result?.notes == ["no branch was written: the disk is full"])
    }

    // MARK: - Progress

    @Test func whatAnAgentDoesIsShownWhileItRuns() async throws {
        let bench = try Workbench()
        try bench.write(1...1)
        try await bench.whileRunning { bench in
            try await bench.start(lanes: 1...1)
            try await bench.assign(1...1)
            let run = try await bench.runner.starts.take()
            run.say(.toolCall(name: "Edit", target: "main.swift"))
            #expect(bench.progress.current(TaskID(unchecked: "t-1"))?.action == "Edit main.swift")
            run.end(.succeeded)
            try await bench.wait(for: .completed, of: 1)
            #expect(bench.progress.current(TaskID(unchecked: "t-1")) == nil)
        }
    }
}
