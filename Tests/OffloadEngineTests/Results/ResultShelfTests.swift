import OffloadDomain
import OffloadEngine
import OffloadTesting
import ServiceLifecycleTestKit
import Testing

/// Merging and its like, over a project in memory.
@Suite struct ResultShelfTests {
    private struct Desk {
        let bench: Workbench
        let project = FakeIntegration()
        let shelf: ResultShelf

        /// With so many completed tasks whose results are ready.
        init(results count: Int) throws {
            bench = try Workbench(identifiers: CountingIdentifiers(from: 100))
            shelf = ResultShelf(context: bench.context, integration: project)
            try bench.memory.changeNow { transaction in
                for number in 1...count {
                    try transaction.insertWork(Samples.task(number, attempt: 1, state: .completed))
                    try transaction.insert(Samples.result(number))
                }
            }
        }

        func state(_ number: Int) throws -> TaskResult.State? {
            try bench.memory.snapshot().result(of: Samples.task(number).id)?.state
        }

        func idea(_ number: Int) throws -> Idea.Status? {
            try bench.memory.snapshot().idea(Samples.idea(number).id)?.status
        }

        func merge(_ number: Int, isConfirmed: Bool = false) async throws -> TaskResult {
            try await shelf.merge(Samples.task(number).id, ResultShelf.MergeWish(isConfirmed: isConfirmed))
        }

        var events: [String] { get throws { try bench.memory.snapshot().events(after: 0, limit: .max).map(\.name) } }
    }

    @Test func aMergeIsRecordedBeforeAndAfterItIsDone() async throws {
        let desk = try Desk(results: 1)
        #expect(try await desk.merge(1).state == .merged)
        #expect(desk.project.performed == 1)
        #expect(try desk.events == ["offload_result_merged", "idea_updated"])
        #expect(try desk.idea(1) == .implemented)
        #expect(try await desk.merge(1).state == .merged, "said twice, done once")
        #expect(desk.project.performed == 1)
        #expect(try await desk.shelf.undo(Samples.task(1).id).state == .ready)
        #expect(desk.project.merged.isEmpty)
        #expect(try desk.idea(1) == .accepted)
    }

    /// What is merged is what a person has looked at, or nothing.
    @Test func aMergeOfWhatWasNotLookedAtIsRefused() async throws {
        let desk = try Desk(results: 1)
        let result = try #require(try desk.bench.memory.snapshot().result(of: Samples.task(1).id))
        guard case .commit(let commit, _) = result.storage else {
            Issue.record("a result without a commit")
            return
        }
        func merge(_ seen: ResultShelf.MergeWish.Seen) async throws -> TaskResult {
            try await desk.shelf.merge(result.key.task, ResultShelf.MergeWish(seen: seen))
        }
        let others: [ResultShelf.MergeWish.Seen] = [
            .init(commit: Samples.commit(77).hex), .init(attempt: 2), .init(commit: commit.hex, attempt: 2),
            .init(commit: Samples.commit(77).hex, attempt: 1),
        ]
        for seen in others {
            let refusal = await #expect(throws: OffloadError.self) { _ = try await merge(seen) }
            #expect(refusal?.kind == .stale)
            #expect(refusal?.message.contains("look at it") == true)
        }
        for text in ["", "abc", "zzzzzzzz", String(repeating: "a", count: 65)] {
            let refusal = await #expect(throws: OffloadError.self) { _ = try await merge(.init(commit: text)) }
            #expect(refusal?.kind == .invalidRequest, "\(text)")
        }
        #expect(desk.project.performed == 0)
        #expect(try await merge(.init(commit: String(commit.hex.prefix(7)).uppercased(), attempt: 1)).state == .merged)
        // What is in the project already is not what was looked at, either.
        await #expect(throws: OffloadError.self) { _ = try await merge(.init(attempt: 2)) }
    }

    @Test func manyWhoMergeTheSameAtOnceMergeItOnce() async throws {
        let desk = try Desk(results: 3)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<10 {
                for number in 1...3 { group.addTask { _ = try await desk.merge(number) } }
            }
            try await group.waitForAll()
        }
        #expect(desk.project.performed == 3)
        #expect(Set(desk.project.merged).count == 3)
    }

    @Test func whatWasRefusedChangesNothing() async throws {
        let desk = try Desk(results: 2)
        let key = try #require(try desk.bench.memory.snapshot().result(of: Samples.task(1).id)).key
        desk.project.clash(key, in: [Clash(path: "a", kind: .content)])
        await #expect(throws: OffloadError.self) { _ = try await desk.merge(1) }
        #expect(try desk.state(1) == .ready)
        desk.project.change([".claude/settings.json"])
        await #expect(throws: OffloadError.self, "to be confirmed") { _ = try await desk.merge(2) }
        desk.project.fail(with: OffloadError(.conflict, "changes that are not committed"))
        await #expect(throws: OffloadError.self) { _ = try await desk.merge(2, isConfirmed: true) }
        #expect(try desk.state(2) == .ready)
        #expect(desk.project.performed == 0)
        desk.project.fail(with: nil)
        #expect(try await desk.merge(2, isConfirmed: true).state == .merged)
        desk.project.fail(with: OffloadError(.conflict, "something is on top of it"))
        await #expect(throws: OffloadError.self) { _ = try await desk.shelf.undo(Samples.task(2).id) }
        #expect(try desk.state(2) == .merged)
    }

    /// A device that died between the effect and the record of it, or before the effect.
    private func died(afterEffect: Bool, isForgetful: Bool = false) async throws -> (Desk, after: TaskResult.State?) {
        let desk = try Desk(results: 1)
        try desk.bench.memory.changeNow { transaction in
            var machine = ResultMachine(Samples.result(1))
            guard let plan = Samples.integration(of: .merging) else { return }
            try machine.merge(as: plan, at: Samples.time())
            try transaction.update(machine.result)
        }
        let result = Samples.result(1, state: .merging)
        if afterEffect, let plan = result.integration {
            try await desk.project.perform(plan, of: result, in: Samples.project(1))
        }
        if isForgetful { desk.project.forgetEverything() }
        try await testGracefulShutdown { trigger in
            async let run: Void = desk.shelf.run()
            _ = try await desk.bench.memory.wait { try $0.unsettledResults().isEmpty ? true : nil }
            trigger.triggerGracefulShutdown()
            try await run
        }
        return (desk, try desk.state(1))
    }

    @Test func afterACrashTheProjectSaysWhatBecameOfAMerge() async throws {
        let (done, merged) = try await died(afterEffect: true)
        #expect(merged == .merged)
        _ = try await done.merge(1)
        #expect(done.project.merged.count == 1)
        let (undone, ready) = try await died(afterEffect: false)
        #expect(ready == .ready)
        _ = try await undone.merge(1)
        #expect(undone.project.merged.count == 1)
    }

    @Test("The control: a device that does not ask the project merges twice")
    func forgetfulDeviceMergesTwice() async throws {
        let (desk, state) = try await died(afterEffect: true, isForgetful: true)
        #expect(state == .ready)
        _ = try? await desk.merge(1)
        #expect(desk.project.merged.count == 2)
    }

    @Test func forecastsAreMadeAnewOnlyWhenSomethingHasChanged() async throws {
        let desk = try Desk(results: 2)
        let project = Samples.project(1).id
        let keys = try (1...2).compactMap { try desk.bench.memory.snapshot().result(of: Samples.task($0).id)?.key }
        desk.project.clash(keys[0], in: [], with: [keys[1]])
        try await desk.shelf.refresh(project)
        let listed = try await desk.shelf.list(ResultFilter(), page: try Page())
        #expect(listed.total == 2 && desk.project.forecasts == 1)
        #expect(listed.items.last?.forecast?.rivals == [keys[1]])
        desk.project.clash(keys[0], in: [Clash(path: "a", kind: .binary)])
        desk.project.move(to: Samples.commit(7))
        try await desk.shelf.refresh(project)
        #expect(desk.project.forecasts == 2)
        #expect(try desk.state(1) == .conflict)
        #expect(try await desk.shelf.find(Samples.task(1).id).forecast?.clashes.count == 1)
        desk.project.clash(keys[0], in: [])
        desk.project.move(to: Samples.commit(8))
        try await desk.shelf.refresh(project)
        #expect(try desk.state(1) == .ready)
        #expect(try desk.events == ["offload_result_conflict", "offload_result_ready"])
    }

    @Test func whatIsThrownAwayComesBack() async throws {
        let desk = try Desk(results: 1)
        let task = Samples.task(1).id
        #expect(try await desk.shelf.discard(task).state == .discarded)
        #expect(try await desk.shelf.discard(task).state == .discarded)
        #expect(desk.project.withdrawn.count >= 1)
        await #expect(throws: OffloadError.self) { _ = try await desk.merge(1) }
        let back = try await desk.shelf.undo(task)
        #expect(back.state == .ready && back.branch == "offload/t-1")
        await #expect(throws: OffloadError.self) { _ = try await desk.shelf.undo(task) }
    }

    @Test func whatClashesIsDoneAgainWithBothSidesShown() async throws {
        let desk = try Desk(results: 1)
        let key = try #require(try desk.bench.memory.snapshot().result(of: Samples.task(1).id)).key
        desk.project.clash(key, in: [Clash(path: "a", kind: .content)])
        let task = try await desk.shelf.sendBack(Samples.task(1).id, through: desk.bench.queue)
        #expect(task.id != Samples.task(1).id && task.ideaID == Samples.idea(1).id)
        #expect(try desk.state(1) == .discarded)
        let requirement = try #require(try desk.bench.memory.snapshot().requirement(task.requirementID))
        #expect(requirement.content.contains("- a (content)"))
        #expect(requirement.content.contains("+what the project gained"))
        #expect(requirement.content.contains("`````diff\n+```` work of t-1\n`````"), "no text ends its own block")
        await #expect(throws: OffloadError.self) {
            _ = try await desk.shelf.sendBack(Samples.task(1).id, through: desk.bench.queue)
        }
    }
}
