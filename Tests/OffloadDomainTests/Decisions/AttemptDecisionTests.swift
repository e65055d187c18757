import OffloadDomain
import OffloadTesting
import Testing

@Suite struct AttemptDecisionTests {
    private let crash = Attempt.Outcome.interrupted(orderly: false)

    @Test func aTaskGoesItsWay() throws {
        let desk = try Desk()
        let key = try desk.handOut()
        #expect(try desk.status(key.task) == .synced)
        #expect(try desk.start(key) == .applied)
        #expect(try desk.status(key.task) == .running)
        #expect(try desk.attempt(key)?.status == .running)
        #expect(try desk.seal(key, result: FakeWorkspaces.result(of: key)) == .sealed)
        #expect(try desk.attempt(key)?.status == .sealed)
        try desk.end(key, .completed)
        #expect(try desk.status(key.task) == .completed)
        #expect(try desk.attempt(key)?.status == .completed)
        #expect(
            try desk.events() == [
                "task_queued", "batch_progress", "task_started", "task_completed", "offload_result_ready",
                "batch_progress",
            ])
        #expect(try desk.ledger.snapshot().result(key)?.state == .ready)
    }

    @Test func whatIsDoneAgainTakesThePlaceOfWhatNobodyHasMerged() throws {
        let desk = try Desk()
        func complete(_ key: AttemptKey) throws {
            try desk.start(key)
            #expect(try desk.seal(key, result: FakeWorkspaces.result(of: key)) == .sealed)
            try desk.end(key, .completed)
        }
        let first = try desk.handOut()
        try complete(first)
        let second = try #require(try desk.retry(first.task).started.first).key
        try complete(second)
        let states = try [first, second].map { try desk.ledger.snapshot().result($0)?.state }
        #expect(states == [.discarded, .ready])
        #expect(try desk.ledger.snapshot().result(of: first.task)?.key == second)
    }

    @Test func aReportRepeatedIsNotRecordedTwice() throws {
        let desk = try Desk()
        let key = try desk.handOut()
        try desk.start(key)
        let events = try desk.events()
        #expect(try desk.start(key) == .repeated)
        #expect(try desk.events() == events)
        try desk.end(key, .completed)
        let after = (try desk.task(key.task), try desk.attempt(key), try desk.events(), try desk.batch(1))
        #expect(try desk.end(key, .failed(Failure(.agent, "late"))) == [])
        #expect(try desk.seal(key) == .stale)
        #expect(try desk.start(key) == .stale)
        #expect((try desk.task(key.task), try desk.attempt(key), try desk.events(), try desk.batch(1)) == after)
    }

    @Test func reportsOfAnOldAttemptChangeNothing() throws {
        let desk = try Desk()
        let old = try desk.handOut()
        try desk.start(old)
        let again = try #require(try desk.end(old, .interrupted(orderly: true)).first)
        #expect(again.key.number.value == 2)
        let before = (try desk.task(old.task), try desk.attempt(again.key), try desk.events())
        #expect(try desk.start(old) == .stale)
        #expect(try desk.seal(old) == .stale)
        #expect(try desk.end(old, .completed) == [])
        #expect((try desk.task(old.task), try desk.attempt(again.key), try desk.events()) == before)
    }

    @Test func reportsOfUnknownAttemptsAreStale() throws {
        let desk = try Desk()
        #expect(try desk.start(Desk.nothing) == .stale)
        #expect(try desk.seal(Desk.nothing) == .stale)
        #expect(try desk.end(Desk.nothing, .completed) == [])
    }

    // MARK: - Whether a lane holds it

    @Test func anAttemptIsHeldFromItsHandOutToItsEnd() throws {
        let desk = try Desk()
        let key = try desk.handOut()
        func isHeld(_ key: AttemptKey) throws -> Bool { try desk.attempts.isHeld(key, in: desk.ledger.snapshot()) }
        #expect(try isHeld(key))
        #expect(try !isHeld(AttemptKey(task: key.task, number: key.number.next)))
        #expect(try !isHeld(Desk.nothing))
        try desk.cancel(key.task)
        #expect(try isHeld(key), "its processes may still run")
        try desk.end(key, .cancelled)
        #expect(try !isHeld(key))
    }

    // MARK: - Cancelling

    @Test func aWaitingTaskIsCancelledAtOnce() throws {
        let desk = try Desk()
        try desk.write(Samples.idea(1))
        let id = try desk.take(1).task.id
        let answer = try desk.cancel(id)
        #expect(answer.task.state == .cancelled)
        #expect(answer.stop == nil)
        #expect(try desk.events() == ["task_queued", "task_cancelled"])
        #expect(refusal { try desk.cancel(id) } == .conflict)
        #expect(refusal { try desk.cancel(TaskID(unchecked: "t-9")) } == .notFound)
    }

    @Test func aTaskCancelledWhileItStartsNeverCounts() throws {
        let desk = try Desk()
        let key = try desk.handOut()
        #expect(try desk.cancel(key.task).stop == key)
        #expect(try desk.status(key.task) == .synced)
        // The agent was on its way already.
        #expect(try desk.start(key) == .applied)
        #expect(try desk.seal(key) == .cancelled)
        try desk.end(key, .completed)
        #expect(try desk.status(key.task) == .cancelled)
        #expect(try desk.attempt(key)?.status == .cancelled)
        #expect(try desk.events().last { $0.hasPrefix("task_") } == "task_cancelled")
    }

    @Test func aLaneIsFreeOnlyWhenTheCancelledAttemptHasEnded() throws {
        let desk = try Desk()
        let key = try desk.handOut(idea: 1)
        try desk.write(Samples.idea(2))
        try desk.take(2)
        try desk.cancel(key.task)
        #expect(try desk.fill() == [])
        #expect(try desk.end(key, .cancelled).map(\.key.task.rawValue) == ["t-2"])
    }

    @Test func whoSealsBeforeACancelCompletes() throws {
        let desk = try Desk()
        let key = try desk.handOut()
        try desk.start(key)
        #expect(try desk.seal(key) == .sealed)
        #expect(refusal { try desk.cancel(key.task) } == .conflict)
        try desk.end(key, .completed)
        #expect(try desk.status(key.task) == .completed)
    }

    @Test func whoCancelsBeforeASealCancels() throws {
        let desk = try Desk()
        let key = try desk.handOut()
        try desk.start(key)
        #expect(try desk.cancel(key.task).stop == key)
        #expect(try desk.seal(key) == .cancelled)
        #expect(try desk.attempt(key)?.status == .running, "a refused seal leaves the attempt as it was")
        try desk.end(key, .completed)
        #expect(try desk.status(key.task) == .cancelled)
    }

    @Test func whatWasSealedEndsAsCompletedWhateverComes() throws {
        for outcome in [
            Attempt.Outcome.failed(Failure(.device, "disk")), .cancelled, crash, .interrupted(orderly: true),
        ] {
            let desk = try Desk()
            let key = try desk.handOut()
            try desk.start(key)
            _ = try desk.seal(key)
            try desk.end(key, outcome)
            #expect(try desk.status(key.task) == .completed)
            #expect(try desk.attempt(key)?.status == .completed)
        }
    }

    // MARK: - Being cut off

    @Test func onceCutOffIsRepeatedAndTwiceIsAFailure() throws {
        let desk = try Desk()
        let first = try desk.handOut()
        try desk.start(first)
        let second = try #require(try desk.end(first, crash).first)
        #expect(second.key == AttemptKey(task: first.task, number: first.number.next))
        #expect(try desk.attempt(first)?.status == .interrupted)
        #expect(try desk.task(first.task)?.interruptions == 1)
        #expect(try desk.end(second.key, crash) == [])
        guard case .failed(let failure) = try desk.task(first.task)?.state else {
            Issue.record("the task did not fail")
            return
        }
        #expect(failure.kind == .interrupted)
        #expect(
            try desk.events().filter { $0.hasPrefix("task_") }
                == ["task_queued", "task_started", "task_interrupted", "task_failed"])
    }

    @Test func orderlyShutdownsDoNotCount() throws {
        let desk = try Desk()
        var key = try desk.handOut()
        for _ in 1...5 {
            key = try #require(try desk.end(key, .interrupted(orderly: true)).first).key
        }
        #expect(key.number.value == 6)
        #expect(try desk.task(key.task)?.interruptions == 0)
        #expect(
            try desk.attempts(of: key.task) == [
                .interrupted, .interrupted, .interrupted, .interrupted, .interrupted, .starting,
            ])
    }

    @Test func aRetryForgetsInterruptionsAndGoesOnCounting() throws {
        let desk = try Desk()
        var key = try desk.handOut()
        key = try #require(try desk.end(key, crash).first).key
        try desk.end(key, crash)
        #expect(try desk.status(key.task) == .failed)
        let retried = try #require(try desk.retry(key.task).started.first)
        #expect(retried.key.number.value == 3)
        #expect(try desk.task(key.task)?.interruptions == 0)
        #expect(try desk.end(retried.key, crash).first?.key.number.value == 4, "one crash is forgiven again")
    }

    @Test func anInterruptionIsNotCountedAsATaskThatTheLaneFinished() throws {
        let desk = try Desk()
        let first = try desk.handOut()
        let second = try #require(try desk.end(first, crash).first)
        #expect(try desk.batch(1).finished == 0)
        try desk.end(second.key, .completed)
        #expect(try desk.batch(1).finished == 1)
    }

    // MARK: - Retrying

    @Test(arguments: [Attempt.Outcome.completed, .cancelled, .failed(Failure(.agent, "no"))])
    func aFinalTaskIsRetriedWithTheNextNumber(_ outcome: Attempt.Outcome) throws {
        let desk = try Desk()
        let key = try desk.handOut(idea: 1)
        try desk.end(key, outcome)
        try desk.write(Samples.idea(2))
        try desk.take(2)
        let answer = try desk.retry(key.task)
        #expect(answer.task.position == 3, "it lines up behind those that wait already")
        #expect(answer.started.map(\.key.task.rawValue) == ["t-2"])
        let next = AttemptKey(task: TaskID(unchecked: "t-2"), number: AttemptNumber(value: 1))
        #expect(
            try desk.end(next, .completed).map(\.key) == [AttemptKey(task: key.task, number: AttemptNumber(value: 2))])
    }

    @Test func onlyFinalTasksAreRetried() throws {
        let desk = try Desk()
        try desk.write(Samples.idea(1))
        let id = try desk.take(1).task.id
        #expect(refusal { try desk.retry(id) } == .conflict)
        #expect(refusal { try desk.retry(TaskID(unchecked: "t-9")) } == .notFound)
        try desk.control(1, .start)
        #expect(refusal { try desk.retry(id) } == .conflict)
    }

    @Test func aTaskIsNotRetriedBesideAnotherOfTheSameIdea() throws {
        let desk = try Desk()
        let key = try desk.handOut()
        try desk.end(key, .cancelled)
        let other = try desk.take(1).task
        let error = #expect(throws: OffloadError.self) { try desk.retry(key.task) }
        #expect(error == OffloadError(.conflict, "task \(other.id) works on the same idea already"))
    }

    // MARK: - What a start has to do

    @Test(arguments: Attempt.Status.allCases) func unfinishedAttemptsAreJudged(_ status: Attempt.Status) throws {
        let judgement = try Desk().attempts.judge(AttemptMachineTests.attempt(status))
        switch status {
        case .starting, .running: #expect(judgement == .interrupt)
        case .sealed: #expect(judgement == .publish(Samples.ending(.completed)))
        case .completed, .failed, .cancelled, .interrupted: #expect(judgement == nil)
        }
    }
}

extension Desk {
    fileprivate func attempts(of task: TaskID) throws -> [Attempt.Status] {
        try ledger.snapshot().attempts(of: task).map(\.status)
    }
}
