import OffloadDomain
import OffloadEngine
import OffloadTesting
import Testing

@Suite(.timeLimit(.minutes(1))) struct BacklogTests {
    private let project = Samples.project(1).id

    private func names(_ bench: Workbench) throws -> [String] {
        try bench.memory.snapshot().events(after: 0, limit: 100).map(\.name)
    }

    @Test func anIdeaIsWrittenJudgedEditedAndRemoved() async throws {
        let bench = try Workbench()
        let backlog = Backlog(context: bench.context)
        let idea = try await backlog.add(Backlog.Draft(title: " Fix it ", priority: 2), to: project)
        #expect(idea.title == "Fix it")
        #expect(idea.status == .pending)
        #expect(try await backlog.decide(idea.id, .accept).status == .accepted)
        #expect(try await backlog.decide(idea.id, .accept).status == .accepted)
        #expect(try await backlog.edit(idea.id, IdeaMachine.Edit(priority: 9)).priority == 9)
        #expect(try await backlog.find(idea.id).idea.priority == 9)
        try await backlog.remove(idea.id)
        let error = await #expect(throws: OffloadError.self) { try await backlog.find(idea.id) }
        #expect(error?.kind == .notFound)
        // Deciding the same twice is told once.
        #expect(try names(bench) == ["idea_generated", "idea_updated", "idea_updated", "idea_removed"])
    }

    @Test func anImportIsTakenWholeOrNotAtAll() async throws {
        let bench = try Workbench()
        let backlog = Backlog(context: bench.context)
        let drafts = [Backlog.Draft(title: "One", accepted: true), Backlog.Draft(title: "two\nlines")]
        let error = await #expect(throws: OffloadError.self) { try await backlog.add(drafts, to: project) }
        #expect(error?.kind == .invalidRequest)
        #expect(error?.message.hasPrefix("idea 2 of 2: title: ") == true)
        #expect(try await backlog.list(IdeaFilter(), page: Page()).total == 0)
        #expect(try names(bench) == [])
        let ideas = try await backlog.add([drafts[0], Backlog.Draft(title: "Two")], to: project)
        #expect(ideas.map(\.status) == [.accepted, .pending])
        #expect(try await backlog.list(IdeaFilter(status: .accepted), page: Page()).ideas.map(\.idea) == [ideas[0]])
    }

    @Test func importsHaveBoundsAndAProject() async throws {
        let bench = try Workbench()
        let backlog = Backlog(context: bench.context)
        let tooMany = Array(repeating: Backlog.Draft(title: "x"), count: Backlog.importLimit + 1)
        for drafts in [[], tooMany] {
            let error = await #expect(throws: OffloadError.self) { try await backlog.add(drafts, to: project) }
            #expect(error?.kind == .invalidRequest)
        }
        let error = await #expect(throws: OffloadError.self) {
            try await backlog.add(Backlog.Draft(title: "x"), to: ProjectID(unchecked: "p-9"))
        }
        #expect(error?.kind == .notFound)
    }

    @Test func anIdeaWithATaskIsNeitherJudgedNorRemoved() async throws {
        let bench = try Workbench()
        let backlog = Backlog(context: bench.context)
        try bench.write(1...1)
        let task = try #require(try await bench.assign(1...1).tasks.first)
        let id = IdeaID(unchecked: "i-1")
        let judged = await #expect(throws: OffloadError.self) { try await backlog.decide(id, .reject) }
        #expect(judged?.kind == .conflict)
        _ = try await bench.queue.cancel(task.id)
        #expect(try await backlog.decide(id, .reject).status == .rejected)
        let removed = await #expect(throws: OffloadError.self) { try await backlog.remove(id) }
        #expect(removed?.kind == .conflict, "its record would go with it")
        #expect(try await backlog.find(id).task?.id == task.id)
    }
}

@Suite(.timeLimit(.minutes(1))) struct ProjectRegistryTests {
    @Test func aFolderIsRegisteredOnce() async throws {
        let bench = try Workbench(identifiers: CountingIdentifiers(from: 100))
        let registry = ProjectRegistry(context: bench.context, folders: bench.folders, runner: bench.runner)
        let project = try await registry.add(name: nil, path: "/home/me/site")
        #expect(project.name == "site")
        #expect(try await registry.add(name: "Other", path: "/home/me/site") == project)
        #expect(try await registry.list().map(\.path) == ["/projects/1", "/home/me/site"])
    }

    @Test func anAgentThatIsNotThereIsToldOf() async throws {
        let bench = try Workbench()
        let registry = ProjectRegistry(context: bench.context, folders: bench.folders, runner: bench.runner)
        #expect(await registry.problem(with: Samples.project(1)) == nil)
        bench.folders.set(ProjectSettings(agent: "missing"), for: Samples.project(1).id)
        #expect(await registry.problem(with: Samples.project(1)) == "install it")
    }

    @Test func aFolderThatCannotBeUsedIsRefused() async throws {
        let bench = try Workbench()
        let registry = ProjectRegistry(context: bench.context, folders: bench.folders, runner: bench.runner)
        let error = await #expect(throws: OffloadError.self) { try await registry.add(name: nil, path: "here") }
        #expect(error?.kind == .unprocessable)
        for name in ["", " ", "two\nlines", String(repeating: "n", count: ProjectRegistry.nameLimit + 1)] {
            let error = await #expect(throws: OffloadError.self) { try await registry.add(name: name, path: "/a") }
            #expect(error?.kind == .invalidRequest)
        }
    }

    @Test func aProjectIsRenamed() async throws {
        let bench = try Workbench()
        let registry = ProjectRegistry(context: bench.context, folders: bench.folders, runner: bench.runner)
        let id = Samples.project(1).id
        #expect(try await registry.rename(id, to: " Site ").name == "Site")
        let position = try bench.memory.snapshot().newestEventPosition()
        #expect(try await registry.rename(id, to: "Site").name == "Site")
        #expect(try bench.memory.snapshot().newestEventPosition() == position, "the same name is no news")
        #expect(try await registry.find(id).name == "Site")
    }

    @Test func aProjectWithOpenTasksStays() async throws {
        let bench = try Workbench()
        let registry = ProjectRegistry(context: bench.context, folders: bench.folders, runner: bench.runner)
        let id = Samples.project(1).id
        try bench.write(1...1)
        let task = try #require(try await bench.assign(1...1).tasks.first)
        let error = await #expect(throws: OffloadError.self) { try await registry.remove(id) }
        #expect(error?.kind == .conflict)
        _ = try await bench.queue.cancel(task.id)
        try await registry.remove(id)
        #expect(try await registry.list() == [])
        #expect(try bench.memory.snapshot().task(task.id) == nil)
    }
}

@Suite(.timeLimit(.minutes(1))) struct HousekeepingTests {
    @Test func whatIsBeyondTheLimitIsForgottenWhateverTheClockSays() async throws {
        let bench = try Workbench()
        let now = bench.clock.now().milliseconds
        try bench.memory.changeNow { transaction in
            for time in [now - 1_000_000_000_000, now, now + 1_000_000_000_000] {
                _ = try transaction.record(.projectAdded(Samples.project(1)), at: Timestamp(milliseconds: time))
            }
        }
        #expect(await Housekeeping(context: bench.context).clean() == 0)
        #expect(await Housekeeping(context: bench.context, eventLimit: 2).clean() == 1)
        #expect(try bench.memory.snapshot().oldestEventPosition() == 2)
        #expect(await Housekeeping(context: bench.context, eventLimit: 2).clean() == 0)
    }

    @Test func aLedgerThatFailsIsNoReasonToFail() async throws {
        let bench = try Workbench()
        bench.ledger.failChanges(1)
        #expect(await Housekeeping(context: bench.context).clean() == 0)
    }
}

@Suite(.timeLimit(.minutes(1))) struct TaskReportsTests {
    @Test func tasksAreShownWithTheirAttempts() async throws {
        let bench = try Workbench(runner: FakeAgentRunner { _ in .failed(Failure(.agent, "no")) })
        let reports = TaskReports(context: bench.context)
        try bench.write(1...2)
        try await bench.whileRunning { bench in
            try await bench.start(lanes: 1...1)
            try await bench.assign(1...1)
            try await bench.wait(for: .failed, of: 1)
            _ = try await bench.queue.retry(TaskID(unchecked: "t-1"))
            _ = try await bench.memory.wait { reader in
                let attempt = try reader.attempt(Workbench.key(1, 2))
                if case .ended = attempt?.state { return true } else { return nil }
            }
        }
        try await bench.assign(2...2)
        let found = try await reports.list(TaskFilter(), page: Page())
        #expect(found.total == 2)
        #expect(found.reports.map(\.task.id.rawValue) == ["t-2", "t-1"])
        #expect(
            found.reports.map { $0.attempts.map(\.key.number.value) } == [[], [2]], "a list shows the latest attempt")
        #expect(found.counts.filter { $0.1 > 0 }.map(\.0) == [.pending, .failed])
        let one = try await reports.find(TaskID(unchecked: "t-1"))
        #expect(one.attempts.map(\.key.number.value) == [1, 2])
        #expect(one.requirement?.fileName == "idea-1-1.md")
        let error = await #expect(throws: OffloadError.self) { try await reports.find(TaskID(unchecked: "t-9")) }
        #expect(error?.kind == .notFound)
    }
}
