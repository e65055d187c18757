import OffloadDomain
import OffloadTesting
import Testing

@Suite struct LaneTests {
    @Test func idleLanesTakeNothing() throws {
        let desk = try Desk()
        try desk.write(Samples.idea(1))
        try desk.take(1)
        #expect(try desk.fill() == [])
        #expect(try desk.control(1, .start).started.map(\.key.task) == [TaskID(unchecked: "t-1")])
    }

    @Test func aHandOutSaysEverythingAndIsRecordedWhole() throws {
        let desk = try Desk()
        var idea = Samples.idea(1, title: "Fix it")
        idea.check = "make test"
        try desk.write(idea)
        let taken = try desk.take(1)
        let steered = try desk.control(3, .start)
        let handedOut = try #require(steered.started.first)
        #expect(steered.started.count == 1)
        #expect(handedOut.key == AttemptKey(task: taken.task.id, number: AttemptNumber(value: 1)))
        #expect(handedOut.batch == Samples.batch(3))
        #expect(handedOut.project == Samples.project(1))
        #expect(handedOut.requirement == taken.requirement)
        #expect(handedOut.title == "Fix it")
        #expect(handedOut.ideaCheck == "make test")
        #expect(
            try desk.attempt(handedOut.key)
                == Attempt(key: handedOut.key, batch: Samples.batch(3), createdAt: desk.clock.now()))
        #expect(try desk.task(taken.task.id)?.state == .synced(.init(batch: Samples.batch(3))))
    }

    @Test func aLaneHasOneTaskAtATime() throws {
        let desk = try Desk()
        try desk.write(Samples.idea(1), Samples.idea(2))
        try desk.take(1)
        try desk.take(2)
        let first = try #require(try desk.control(1, .start).started.first)
        #expect(try desk.fill() == [])
        #expect(try desk.control(1, .start).started == [])
        let next = try desk.end(first.key, .completed)
        #expect(next.map(\.key.task) == [TaskID(unchecked: "t-2")])
    }

    @Test func severalLanesTakeSeveralTasksAtOnce() throws {
        let desk = try Desk(lanes: 3)
        for lane in 1...3 { try desk.control(lane, .start) }
        for number in 1...5 {
            try desk.write(Samples.idea(number))
            try desk.take(number)
        }
        let started = try desk.fill()
        #expect(started.map(\.batch.number) == [1, 2, 3])
        #expect(started.map(\.key.task.rawValue) == ["t-1", "t-2", "t-3"])
    }

    @Test func lanesThatTheDeviceDoesNotHaveAreNotFilled() throws {
        let desk = try Desk(lanes: 1)
        try desk.ledger.changeNow { try $0.save(Batch(id: Samples.batch(2), state: .running)) }
        try desk.write(Samples.idea(1))
        try desk.take(1)
        #expect(try desk.fill() == [])
    }

    @Test func largerPrioritiesGoFirstThenTheEarlier() throws {
        let desk = try Desk()
        try desk.write(
            Samples.idea(1, priority: 0), Samples.idea(2, priority: 5), Samples.idea(3, priority: -5),
            Samples.idea(4, priority: 5))
        for idea in 1...4 { try desk.take(idea) }
        var order: [String] = []
        var next = try desk.control(1, .start).started
        while let handedOut = next.first {
            order.append(handedOut.key.task.rawValue)
            next = try desk.end(handedOut.key, .completed)
        }
        #expect(order == ["t-2", "t-4", "t-1", "t-3"])
    }

    /// A lane takes of those that wait for it and those that wait for any the first in the order, and none of another lane's.
    @Test func aLaneTakesItsOwnAndThoseForAny() throws {
        let desk = try Desk()
        for number in 1...4 { try desk.write(Samples.idea(number)) }
        try desk.take(1, lane: 2)
        try desk.take(2)
        try desk.take(3, lane: 1)
        try desk.take(4, lane: 2)
        var order: [String] = []
        var next = try desk.control(1, .start).started
        while let handedOut = next.first {
            order.append(handedOut.key.task.rawValue)
            next = try desk.end(handedOut.key, .completed)
        }
        #expect(order == ["t-2", "t-3"])
        #expect(try desk.control(2, .start).started.map(\.key.task.rawValue) == ["t-1"])
    }

    // MARK: - Slots of a project

    @Test func aProjectRunsAsManyAsItsSettingsAllow() throws {
        var desk = try Desk()
        try desk.ledger.changeNow { transaction in
            try transaction.insert(Samples.project(2))
        }
        desk.limits.set(1, for: ProjectID(unchecked: "p-1"))
        try desk.write(Samples.idea(1), Samples.idea(2), Samples.idea(3, of: 2))
        let second = QueueDecisions.Plan.ready(Samples.project(2), .defaults, try RequirementTemplate(), base: nil)
        try desk.take(1)
        try desk.take(2)
        try desk.take(3, plan: second)
        #expect(try desk.control(1, .start).started.map(\.key.task.rawValue) == ["t-1"])
        #expect(
            try desk.control(2, .start).started.map(\.key.task.rawValue) == ["t-3"], "the full project is passed over")
        #expect(try desk.control(3, .start).started == [])
        // What ends makes room.
        let first = AttemptKey(task: TaskID(unchecked: "t-1"), number: AttemptNumber(value: 1))
        #expect(try desk.end(first, .completed).map(\.key.task.rawValue) == ["t-2"])
    }

    @Test func aLimitHoldsWithinOneFilling() throws {
        var desk = try Desk()
        desk.limits.set(2, for: ProjectID(unchecked: "p-1"))
        for lane in 1...4 { try desk.control(lane, .start) }
        for number in 1...4 {
            try desk.write(Samples.idea(number))
            try desk.take(number)
        }
        #expect(try desk.fill().count == 2)
        #expect(try desk.fill() == [])
    }

    // MARK: - Steering

    @Test func pauseLetsTheRunningTaskFinishAndStartsNothing() throws {
        let desk = try Desk()
        let key = try desk.handOut(idea: 1)
        try desk.write(Samples.idea(2))
        try desk.take(2)
        let paused = try desk.control(1, .pause)
        #expect(paused.answer == .hold)
        #expect(paused.stop == nil)
        #expect(try desk.end(key, .completed) == [])
        #expect(try desk.status(key.task) == .completed)
        #expect(try desk.control(1, .resume).started.map(\.key.task.rawValue) == ["t-2"])
    }

    @Test func stopAsksForTheEndOfTheRunningTask() throws {
        let desk = try Desk()
        let key = try desk.handOut()
        try desk.start(key)
        let stopped = try desk.control(1, .stop)
        #expect(stopped.answer == .empty)
        #expect(stopped.stop == key)
        #expect(stopped.batch.state == .idle)
        #expect(try desk.task(key.task)?.state == .running(.init(batch: Samples.batch(1), phase: .cancelling)))
        // A second stop asks again: the first wish may not have been heard.
        #expect(try desk.control(1, .stop).stop == key)
    }

    @Test func stopLetsASealedTaskFinish() throws {
        let desk = try Desk()
        let key = try desk.handOut()
        try desk.start(key)
        #expect(try desk.seal(key) == .sealed)
        #expect(try desk.control(1, .stop).stop == nil)
        try desk.end(key, .completed)
        #expect(try desk.status(key.task) == .completed)
    }

    @Test func aStoppedLaneGivesWhatWaitsForItBackToTheBacklog() throws {
        let desk = try Desk()
        for number in 1...4 { try desk.write(Samples.idea(number)) }
        try desk.take(1, lane: 1)
        try desk.take(2, lane: 1)
        try desk.take(3)
        try desk.take(4, lane: 2)
        try desk.control(1, .stop)
        let returned = try desk.ledger.changeNow { transaction in
            try desk.queue.returnToBacklog(from: Samples.batch(1), limit: 10, at: desk.clock.now(), in: &transaction)
        }
        #expect(returned == 2)
        #expect(
            try ["t-1", "t-2", "t-3", "t-4"].map { try desk.status(TaskID(unchecked: $0)) }
                == [.cancelled, .cancelled, .pending, .pending])
        #expect(try desk.events().count { $0 == "task_cancelled" } == 2)
        // Its ideas are free again.
        #expect(try desk.take(1).task.id == TaskID(unchecked: "t-5"))
    }

    @Test func theBacklogTakesBackAPartAtATime() throws {
        let desk = try Desk()
        for number in 1...5 {
            try desk.write(Samples.idea(number))
            try desk.take(number, lane: 1)
        }
        let counts = try (0..<4).map { _ in
            try desk.ledger.changeNow { transaction in
                try desk.queue.returnToBacklog(from: Samples.batch(1), limit: 2, at: desk.clock.now(), in: &transaction)
            }
        }
        #expect(counts == [2, 2, 1, 0])
    }

    @Test func whatMakesNoSenseIsRefusedAndChangesNothing() throws {
        let desk = try Desk()
        for action in [BatchMachine.Action.pause, .resume] {
            #expect(refusal { try desk.control(1, action) } == .conflict)
        }
        #expect(try desk.batch(1) == Batch(id: Samples.batch(1)))
        #expect(try desk.events() == [])
    }

    @Test func everySteeringIsTold() throws {
        let desk = try Desk()
        for action in [BatchMachine.Action.start, .pause, .resume, .stop] { try desk.control(1, action) }
        #expect(try desk.events() == Array(repeating: "batch_progress", count: 4))
    }
}
