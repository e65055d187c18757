import OffloadDomain
import OffloadEngine
import OffloadTesting
import ServiceLifecycleTestKit
import Testing

@Suite(.timeLimit(.minutes(1))) struct StoppingTests {
    // MARK: - Cancelling

    @Test func aCancelReachesTheAgentAndItsLaneIsFreeOnlyWhenItHasEnded() async throws {
        let bench = try Workbench()
        try bench.write(1...2)
        try await bench.whileRunning { bench in
            try await bench.start(lanes: 1...1)
            try await bench.assign(1...2)
            let run = try await bench.runner.starts.take()
            try await bench.wait(for: .running, of: 1)
            let answer = try await bench.queue.cancel(TaskID(unchecked: "t-1"))
            #expect(answer.state.holding?.phase == .cancelling)
            #expect(try await run.stopReason() == .cancelled)
            // The agent takes its time; its lane waits for it.
            #expect(try bench.status(1) == .running)
            #expect(try bench.status(2) == .pending)
            #expect(bench.runner.starts.all.count == 1)
            run.end(.stopped(.cancelled))
            let next = try await bench.runner.starts.take()
            #expect(next.order.key == Workbench.key(2))
            #expect(try bench.status(1) == .cancelled)
            next.end(.succeeded)
            try await bench.wait(for: .completed, of: 2)
        }
    }

    @Test func aSuccessThatComesAfterTheCancelDoesNotCount() async throws {
        let bench = try Workbench()
        try bench.write(1...1)
        try await bench.whileRunning { bench in
            try await bench.start(lanes: 1...1)
            try await bench.assign(1...1)
            let run = try await bench.runner.starts.take()
            _ = try await bench.queue.cancel(TaskID(unchecked: "t-1"))
            _ = try await run.stopReason()
            run.end(.succeeded)
            try await bench.wait(for: .cancelled, of: 1)
        }
        #expect(!bench.workspaces.calls.map(\.step).contains(.publish), "a cancelled task gets no branch")
        #expect(try bench.ending(1)?.outcome == .cancelled)
        #expect(try bench.ending(1)?.result != nil, "its work is kept all the same")
    }

    @Test func aTaskThatIsCancelledBeforeItsAgentStartsNeverGetsOne() async throws {
        let bench = try Workbench()
        try bench.write(1...1)
        let gate = bench.workspaces.hold(.prepare)
        try await bench.whileRunning { bench in
            try await bench.start(lanes: 1...1)
            try await bench.assign(1...1)
            _ = try await gate.reached.wait()
            _ = try await bench.queue.cancel(TaskID(unchecked: "t-1"))
            gate.open()
            try await bench.wait(for: .cancelled, of: 1)
        }
        #expect(bench.runner.starts.all.isEmpty)
        #expect(!bench.workspaces.exists(Workbench.key(1)))
        #expect(try bench.ending(1)?.startedAt == nil)
    }

    /// The hand-out is recorded, a person cancels, and only then the hand-out reaches the supervisor.
    @Test(arguments: [true, false]) func aCancelThatOvertakesTheHandOutIsNotLost(_ isCancelled: Bool) async throws {
        let bench = try Workbench()
        try bench.write(1...2)
        try await bench.whileRunning { bench in
            // The supervisor has started once it has run something.
            try await bench.start(lanes: 1...1)
            try await bench.assign(1...1)
            try await bench.runner.starts.take().end(.succeeded)
            try await bench.wait(for: .completed, of: 1)
            let orders = try bench.memory.changeNow { transaction in
                let queue = QueueDecisions(lanes: LaneFilling(slots: 1))
                let template = try RequirementTemplate()
                let plan = QueueDecisions.Plan.ready(Samples.project(1), .defaults, template, base: nil)
                _ = try queue.take(
                    Samples.idea(2).id, for: .lane(nil), plan: plan, identifiers: CountingIdentifiers(from: 2),
                    at: Samples.time(), in: &transaction)
                return try queue.lanes.fill(&transaction, limits: ProjectSlots(), at: Samples.time())
            }
            #expect(orders.map(\.key) == [Workbench.key(2)])
            if isCancelled { _ = try await bench.queue.cancel(TaskID(unchecked: "t-2")) }
            bench.dispatcher.start(orders)
            if !isCancelled { try await bench.runner.starts.take().end(.succeeded) }
            try await bench.wait(for: isCancelled ? .cancelled : .completed, of: 2)
        }
        #expect(bench.runner.starts.all.count == (isCancelled ? 1 : 2))
    }

    @Test func aWishThatWasForgottenStopsNothing() async throws {
        let bench = try Workbench()
        try bench.write(1...1)
        try await bench.whileRunning { bench in
            #expect(!bench.dispatcher.stop(Workbench.key(1), .cancelled), "nobody runs it")
            bench.dispatcher.forget(Workbench.key(1))
            try await bench.start(lanes: 1...1)
            try await bench.assign(1...1)
            try await bench.runner.starts.take().end(.succeeded)
            try await bench.wait(for: .completed, of: 1)
        }
    }

    @Test func aCancelDuringTheSetUpEndsTheSetUp() async throws {
        let bench = try Workbench(runner: FakeAgentRunner { _ in nil })
        bench.folders.set(ProjectSettings(setup: "make setup"), for: Samples.project(1).id)
        try bench.write(1...1)
        try await bench.whileRunning { bench in
            try await bench.start(lanes: 1...1)
            try await bench.assign(1...1)
            let setup = try await bench.runner.starts.take()
            _ = try await bench.queue.cancel(TaskID(unchecked: "t-1"))
            #expect(try await setup.stopReason() == .cancelled)
            setup.end(.stopped(.cancelled))
            try await bench.wait(for: .cancelled, of: 1)
        }
        #expect(bench.runner.starts.all.count == 1)
    }

    /// Between agent and check nothing listens; the check hears of it as soon as it runs.
    @Test func aCancelIsHeardByWhateverRunsNext() async throws {
        let bench = try Workbench(runner: FakeAgentRunner { _ in nil })
        bench.folders.set(ProjectSettings(check: "make test"), for: Samples.project(1).id)
        try bench.write(1...1)
        try await bench.whileRunning { bench in
            try await bench.start(lanes: 1...1)
            try await bench.assign(1...1)
            let agent = try await bench.runner.starts.take()
            _ = try await bench.queue.cancel(TaskID(unchecked: "t-1"))
            _ = try await agent.stopReason()
            agent.end(.succeeded)
            let check = try await bench.runner.starts.take()
            #expect(try await check.stopReason() == .cancelled)
            check.end(.stopped(.cancelled))
            try await bench.wait(for: .cancelled, of: 1)
        }
    }

    @Test func stoppingALaneEndsItsAgentAndStartsNothing() async throws {
        let bench = try Workbench()
        try bench.write(1...3)
        try await bench.whileRunning { bench in
            try await bench.start(lanes: 1...1)
            try await bench.assign(1...3, to: 1)
            let run = try await bench.runner.starts.take()
            _ = try await bench.queue.control(Samples.batch(1), .stop)
            #expect(try await run.stopReason() == .cancelled)
            #expect(try [2, 3].map { try bench.status($0) } == [.cancelled, .cancelled])
            run.end(.stopped(.cancelled))
            try await bench.wait(for: .cancelled, of: 1)
        }
        #expect(bench.runner.starts.all.count == 1)
    }

    // MARK: - Going away

    @Test func aShutdownEndsAgentsAndLeavesTheirTasksWaiting() async throws {
        let bench = try Workbench(slots: 2)
        try bench.write(1...3)
        try await testGracefulShutdown { trigger in
            async let run: Void = bench.supervisor.run()
            try await bench.start(lanes: 1...2)
            try await bench.assign(1...3)
            let runs = [try await bench.runner.starts.take(), try await bench.runner.starts.take()]
            trigger.triggerGracefulShutdown()
            for agent in runs {
                #expect(try await agent.stopReason() == .shutdown)
                agent.end(.stopped(.shutdown))
            }
            try await run
        }
        #expect(try [1, 2, 3].map { try bench.status($0) } == [.pending, .pending, .pending])
        #expect(
            try [1, 2].map { try bench.ending($0)?.outcome }
                == [.interrupted(orderly: true), .interrupted(orderly: true)])
        #expect(try [1, 2, 3].map { try bench.task($0)?.interruptions } == [0, 0, 0])
        #expect(try bench.memory.snapshot().unfinishedAttempts() == [])
        #expect(bench.runner.starts.all.count == 2, "nothing is started on the way out")
        #expect(try bench.attempt(1)?.status == .interrupted)
        #expect(try bench.ending(1)?.result != nil, "what the agent had done is kept")
    }

    @Test func afterAShutdownTheNextStartGoesOn() async throws {
        let bench = try Workbench()
        try bench.write(1...1)
        try await testGracefulShutdown { trigger in
            async let run: Void = bench.supervisor.run()
            try await bench.start(lanes: 1...1)
            try await bench.assign(1...1)
            let agent = try await bench.runner.starts.take()
            trigger.triggerGracefulShutdown()
            _ = try await agent.stopReason()
            agent.end(.stopped(.shutdown))
            try await run
        }
        let next = try Workbench(memory: bench.memory)
        try await next.whileRunning { bench in
            let agent = try await bench.runner.starts.take()
            #expect(agent.order.key == Workbench.key(1, 2))
            agent.end(.succeeded)
            try await bench.wait(for: .completed, of: 1)
        }
        #expect(try next.task(1)?.interruptions == 0)
    }

    @Test func anAgentThatSucceedsDuringAShutdownHasSucceeded() async throws {
        let bench = try Workbench()
        try bench.write(1...2)
        try await testGracefulShutdown { trigger in
            async let run: Void = bench.supervisor.run()
            try await bench.start(lanes: 1...1)
            try await bench.assign(1...2)
            let agent = try await bench.runner.starts.take()
            trigger.triggerGracefulShutdown()
            _ = try await agent.stopReason()
            agent.end(.succeeded)
            try await run
        }
        #expect(try bench.status(1) == .completed)
        #expect(try bench.ending(1)?.result?.branch == "offload/idea-1")
        #expect(try bench.status(2) == .pending)
        #expect(bench.runner.starts.all.count == 1)
    }

    @Test func aTaskThatIsBeingPreparedAtTheShutdownWaitsForTheNextStart() async throws {
        let bench = try Workbench()
        try bench.write(1...1)
        let gate = bench.workspaces.hold(.prepare)
        try await testGracefulShutdown { trigger in
            async let run: Void = bench.supervisor.run()
            try await bench.start(lanes: 1...1)
            try await bench.assign(1...1)
            _ = try await gate.reached.wait()
            trigger.triggerGracefulShutdown()
            gate.open()
            try await run
        }
        #expect(bench.runner.starts.all.isEmpty)
        #expect(try bench.status(1) == .pending)
        #expect(try bench.task(1)?.interruptions == 0)
    }

    @Test func afterAShutdownNothingIsHandedOut() async throws {
        let bench = try Workbench()
        try await bench.whileRunning { _ in }
        try bench.write(1...1)
        try await bench.start(lanes: 1...1)
        try await bench.assign(1...1)
        #expect(try bench.status(1) == .pending)
        #expect(try bench.memory.snapshot().unfinishedAttempts() == [])
    }

    /// A hand-out may be committed just before the shutdown and told just after it.
    @Test func whatWasHandedOutTooLateIsGivenBackWithoutBlame() async throws {
        let bench = try Workbench(slots: 2)
        try bench.write(1...1)
        try await testGracefulShutdown { trigger in
            async let run: Void = bench.supervisor.run()
            try await bench.start(lanes: 1...2)
            try await bench.assign(1...1)
            let agent = try await bench.runner.starts.take()
            trigger.triggerGracefulShutdown()
            _ = try await agent.stopReason()
            let late = Samples.task(2, position: 2, attempt: 1, state: .synced(.init(batch: Samples.batch(2))))
            try bench.memory.changeNow { transaction in
                try transaction.insertWork(late)
                try transaction.insert(
                    Attempt(key: late.attemptKey, batch: Samples.batch(2), createdAt: Samples.time()))
            }
            agent.end(.succeeded)
            try await run
        }
        #expect(try bench.status(2) == .pending)
        #expect(try bench.task(2)?.interruptions == 0)
        #expect(try bench.ending(2)?.outcome == .interrupted(orderly: true))
    }
}
