import OffloadDomain
import OffloadTesting
import Testing

@Suite struct TakingTests {
    @Test func anAcceptedIdeaBecomesATaskWithItsRequirement() throws {
        let desk = try Desk()
        try desk.write(Samples.idea(1, title: "Fix the login", priority: 7))
        let taken = try desk.take(1, lane: 2)
        let requirement = try #require(taken.requirement)
        #expect(
            taken.task
                == OffloadTask(
                    id: TaskID(unchecked: "t-1"), projectID: ProjectID(unchecked: "p-1"),
                    ideaID: IdeaID(unchecked: "i-1"),
                    requirementID: requirement.id, title: "Fix the login", destination: .lane(Samples.batch(2)),
                    priority: 7,
                    position: 1, createdAt: desk.clock.now(), updatedAt: desk.clock.now()))
        #expect(requirement.fileName == "fix-the-login-1.md")
        #expect(requirement.path == ".claude/requirements/fix-the-login-1.md")
        #expect(requirement.base == Samples.commit(0))
        #expect(requirement.content.contains("title: \"Fix the login\""))
        #expect(try desk.ledger.snapshot().requirement(requirement.id) == requirement)
        #expect(try desk.task(taken.task.id) == taken.task)
        #expect(try desk.events() == ["task_queued"])
    }

    @Test func takingTwiceIsTheSameAsOnce() throws {
        let desk = try Desk()
        try desk.write(Samples.idea(1))
        let first = try desk.take(1, lane: 2)
        let second = try desk.take(1, lane: 3)
        #expect(second.task == first.task)
        #expect(second.requirement == nil)
        #expect(try desk.ledger.snapshot().taskCount(TaskFilter()) == 1)
        #expect(try desk.events() == ["task_queued"])
        // The same while it runs.
        try desk.control(2, .start)
        #expect(try desk.take(1).task.state.status == .synced)
        #expect(try desk.ledger.snapshot().taskCount(TaskFilter()) == 1)
    }

    @Test func whatIsKnownAlreadyIsAnsweredEvenIfTheProjectCannotBeRead() throws {
        let desk = try Desk()
        try desk.write(Samples.idea(1))
        let first = try desk.take(1)
        let refused = QueueDecisions.Plan.refused(OffloadError(.unprocessable, "offload.yml is broken"))
        #expect(try desk.take(1, plan: refused).task == first.task)
    }

    @Test(arguments: [Idea.Status.pending, .rejected, .skipped, .implemented])
    func onlyAcceptedIdeasAreTaken(_ status: Idea.Status) throws {
        let desk = try Desk()
        try desk.write(Samples.idea(1, status: status))
        let error = #expect(throws: OffloadError.self) { try desk.take(1) }
        #expect(error == OffloadError(.conflict, "idea i-1 is \(status.rawValue); accept it first"))
        #expect(try desk.events() == [])
    }

    @Test func anIdeaThatWasDoneIsNotTakenAgain() throws {
        let desk = try Desk()
        let key = try desk.handOut()
        try desk.end(key, .completed)
        let error = #expect(throws: OffloadError.self) { try desk.take(1) }
        #expect(error?.kind == .conflict)
        #expect(error?.message.contains("retry") == true)
    }

    @Test(arguments: [Attempt.Outcome.cancelled, .failed(Failure(.agent, "no"))])
    func anIdeaWhoseTaskCameToNothingIsTakenAnew(_ outcome: Attempt.Outcome) throws {
        let desk = try Desk()
        let key = try desk.handOut()
        #expect(try desk.take(1, untriedOnly: true).task.id == key.task, "it is under way")
        try desk.end(key, outcome)
        let refusal = #expect(throws: OffloadError.self) { try desk.take(1, untriedOnly: true) }
        #expect(refusal == OffloadError(.conflict, "idea i-1 was tried by task t-1; retry that to do it again"))
        let again = try desk.take(1)
        #expect(again.task.id != key.task)
        // The first requirement keeps its file; the second gets a name of its own.
        #expect(again.requirement?.fileName == "idea-1-1-2.md")
    }

    @Test func unknownIdeasAndUnreadableProjectsAreRefused() throws {
        let desk = try Desk()
        #expect(refusal { try desk.take(9) } == .notFound)
        try desk.write(Samples.idea(1))
        #expect(refusal { try desk.take(1, plan: .some(nil)) } == .notFound)
        let broken = OffloadError(.unprocessable, "offload.yml is broken")
        #expect(throws: broken) { try desk.take(1, plan: .refused(broken)) }
        #expect(try desk.events() == [])
        #expect(try desk.ledger.snapshot().taskCount(TaskFilter()) == 0)
    }

    @Test func theIdeasOwnCheckReplacesTheProjects() throws {
        let desk = try Desk()
        var own = Samples.idea(1)
        own.check = "make own"
        try desk.write(own, Samples.idea(2))
        let plan = QueueDecisions.Plan.ready(
            Samples.project(1), ProjectSettings(check: "make all"), try RequirementTemplate(), base: nil)
        #expect(try desk.take(1, plan: plan).requirement?.content.contains("check: \"make own\"") == true)
        #expect(try desk.take(2, plan: plan).requirement?.content.contains("check: \"make all\"") == true)
    }

    @Test func ideasOfTheSameTitleGetFilesOfTheirOwn() throws {
        let desk = try Desk()
        try desk.write(Samples.idea(1, title: "Same"), Samples.idea(2, title: "Same"), Samples.idea(3, title: "日本語"))
        let names = try [1, 2, 3].map { try desk.take($0).requirement?.fileName }
        #expect(names == ["same-1.md", "same-2.md", "idea-3.md"])
    }

    @Test func tasksLineUpInTheOrderInWhichTheyWereTaken() throws {
        let desk = try Desk()
        try desk.write(Samples.idea(1), Samples.idea(2), Samples.idea(3))
        #expect(try [2, 3, 1].map { try desk.take($0).task.position } == [1, 2, 3])
    }
}
