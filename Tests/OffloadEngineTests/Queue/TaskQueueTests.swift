import OffloadDomain
import OffloadEngine
import OffloadTesting
import Testing

/// What a person may do with the queue; no supervisor runs, so nothing is ever handed out here.
@Suite(.timeLimit(.minutes(1))) struct TaskQueueTests {
    private func idea(_ number: Int) -> IdeaID { IdeaID(unchecked: "i-\(number)") }

    @Test func assignsWhatItCanAndSaysWhatItCannot() async throws {
        let bench = try Workbench()
        try bench.write(1...2)
        try bench.memory.changeNow { transaction in
            try transaction.insert(Samples.idea(3, status: .pending))
        }
        let assignment = try await bench.queue.assign([idea(1), idea(9), idea(3), idea(2)], to: nil)
        #expect(assignment.tasks.map(\.ideaID) == [idea(1), idea(2)])
        #expect(assignment.refused.map(\.ideaID) == [idea(9), idea(3)])
        #expect(assignment.refused.map(\.error.kind) == [.notFound, .conflict])
        #expect(try bench.memory.snapshot().taskCount(TaskFilter()) == 2)
        #expect(bench.folders.written.map(\.fileName) == ["idea-1-1.md", "idea-2-2.md"])
    }

    @Test func assigningTwiceIsTheSameAsOnce() async throws {
        let bench = try Workbench()
        try bench.write(1...1)
        let first = try await bench.assign(1...1)
        let second = try await bench.assign(1...1)
        #expect(second == first)
        #expect(try await bench.queue.assign([idea(1), idea(1)], to: nil).tasks == [first.tasks[0], first.tasks[0]])
        #expect(try bench.memory.snapshot().taskCount(TaskFilter()) == 1)
        #expect(bench.folders.written.count == 1)
    }

    @Test func manyAssignmentsAtOnceMakeOneTask() async throws {
        let bench = try Workbench()
        try bench.write(1...1)
        let ids = try await withThrowingTaskGroup(of: TaskID?.self) { group in
            for _ in 0..<20 { group.addTask { try await bench.assign(1...1).tasks.first?.id } }
            return try await group.reduce(into: Set<TaskID?>()) { $0.insert($1) }
        }
        #expect(ids == [TaskID(unchecked: "t-1")])
        #expect(try bench.memory.snapshot().taskCount(TaskFilter()) == 1)
    }

    @Test func aProjectThatCannotBeReadKeepsNoOtherFromBeingTaken() async throws {
        let bench = try Workbench()
        try bench.memory.changeNow { try $0.insert(Samples.project(2)) }
        try bench.write(1...1)
        try bench.write(2...2, of: 2)
        let broken = OffloadError(.unprocessable, "offload.yml: line 3")
        bench.folders.fail(Samples.project(1).id, with: broken)
        let assignment = try await bench.assign(1...2)
        #expect(assignment.tasks.map(\.ideaID) == [idea(2)])
        #expect(assignment.refused.map(\.ideaID) == [idea(1)])
        #expect(assignment.refused.map(\.error) == [broken])
    }

    @Test func aBrokenTemplateIsSaid() async throws {
        let bench = try Workbench()
        bench.folders.setTemplate("{{nothing}}", for: Samples.project(1).id)
        try bench.write(1...1)
        let refused = try await bench.assign(1...1).refused
        #expect(refused.map(\.error.kind) == [.unprocessable])
        #expect(refused.first?.error.message.contains("{{nothing}}") == true)
    }

    @Test func aFileThatCannotBeWrittenCostsNothing() async throws {
        let bench = try Workbench()
        bench.folders.failWriting(with: OffloadError(.device, "the disk is full"))
        try bench.write(1...1)
        #expect(try await bench.assign(1...1).tasks.count == 1)
    }

    @Test func aLedgerThatFailsTakesNothing() async throws {
        let bench = try Workbench()
        try bench.write(1...2)
        bench.ledger.failChanges(1)
        await #expect(throws: OffloadError(.device, "the disk is full")) { try await bench.assign(1...2) }
        #expect(try bench.memory.snapshot().taskCount(TaskFilter()) == 0)
        #expect(bench.folders.written.isEmpty)
    }

    @Test func listsHaveBounds() async throws {
        let bench = try Workbench()
        let tooMany = (0...TaskQueue.assignLimit).map(idea)
        for ideas in [[], tooMany] {
            let error = await #expect(throws: OffloadError.self) { try await bench.queue.assign(ideas, to: nil) }
            #expect(error?.kind == .invalidRequest)
        }
    }

    @Test func lanesThatTheDeviceDoesNotHaveAreNotFound() async throws {
        let bench = try Workbench(slots: 2)
        try bench.write(1...1)
        let third = Samples.batch(3)
        for body: @Sendable () async throws -> Void in [
            { _ = try await bench.queue.assign([IdeaID(unchecked: "i-1")], to: third) },
            { _ = try await bench.queue.control(third, .start) },
            { _ = try await bench.queue.waiting(for: third, page: Page()) },
        ] {
            let error = await #expect(throws: OffloadError.self) { try await body() }
            #expect(error?.kind == .notFound)
        }
        #expect(try await bench.queue.batches().map(\.batch.id.number) == [1, 2])
    }

    // MARK: - Lanes

    @Test func lanesShowWhatWaitsForThem() async throws {
        let bench = try Workbench()
        try bench.write(1...3)
        try await bench.assign(1...2, to: 2)
        try await bench.assign(3...3)
        #expect(try await bench.queue.waiting(for: Samples.batch(2), page: Page()).map(\.ideaID) == [idea(1), idea(2)])
        #expect(try await bench.queue.waiting(for: Samples.batch(1), page: Page()) == [])
    }

    /// More than are given back in one transaction.
    @Test func aStoppedLaneGivesBackHoweverManyWait() async throws {
        let bench = try Workbench()
        let count = 450
        try bench.write(1...count)
        try await bench.assign(1...count, to: 1)
        #expect(try await bench.queue.control(Samples.batch(1), .stop).state == .idle)
        #expect(try bench.memory.snapshot().taskCount(TaskFilter(status: .cancelled)) == count)
        #expect(try bench.memory.snapshot().taskCount(TaskFilter(openOnly: true)) == 0)
    }

    @Test func whatMakesNoSenseIsRefused() async throws {
        let bench = try Workbench()
        let pause = await #expect(throws: OffloadError.self) { try await bench.queue.control(Samples.batch(1), .pause) }
        #expect(pause?.kind == .conflict)
        let cancel = await #expect(throws: OffloadError.self) { try await bench.queue.cancel(TaskID(unchecked: "t-9")) }
        #expect(cancel?.kind == .notFound)
        let retry = await #expect(throws: OffloadError.self) { try await bench.queue.retry(TaskID(unchecked: "t-9")) }
        #expect(retry?.kind == .notFound)
    }

    @Test func aCancelledTaskIsRetriedAtTheEndOfTheQueue() async throws {
        let bench = try Workbench()
        try bench.write(1...2)
        let tasks = try await bench.assign(1...2).tasks
        #expect(try await bench.queue.cancel(tasks[0].id).state == .cancelled)
        let retried = try await bench.queue.retry(tasks[0].id)
        #expect(retried.state == .pending)
        #expect(retried.position > tasks[1].position)
        #expect(retried.attempt == .none, "only a hand-out counts")
    }
}
