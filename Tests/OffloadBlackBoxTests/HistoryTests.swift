import Foundation
import Testing

/// The checker of histories is believed only because it finds what was planted.
@Suite("History checker", .timeLimit(.minutes(2)))
struct HistoryTests {
    /// One fault in a valid history.
    struct Plant: Sendable, CustomTestStringConvertible {
        let kind: Violation.Kind
        let testDescription: String
        let change: @Sendable (inout History) -> Void

        init(_ kind: Violation.Kind, _ what: String, _ change: @escaping @Sendable (inout History) -> Void) {
            self.kind = kind
            testDescription = what
            self.change = change
        }
    }

    static let plants: [Plant] = [
        Plant(.ideaWithoutTask, "the task of a queued idea is gone") { $0.queued.insert("i-lost") },
        Plant(.ideaWithTwoTasks, "two tasks of one idea") { $0.source.tasks[0].idea = "i-again" },
        Plant(.noState, "a word that is no state") { $0.target.tasks[0].status = "interrupted" },
        Plant(.twoStates, "completed, and a lane has it") { $0.target.tasks[0].holder = "2" },
        Plant(.twoStates, "completed, without a time of its end") { $0.source.tasks[0].isFinished = 0 },
        Plant(.twoStates, "one task in two rows") { $0.target.tasks.append($0.target.tasks[0]) },
        Plant(.twoStates, "completed by an attempt that failed") { $0.target.attempts[0].status = "failed" },
        Plant(.twoStates, "a hand-over that says something else") { $0.source.handovers[0].status = "running" },
        Plant(.notOver, "waits for ever") {
            $0.source.tasks[3].status = "pending"
            $0.source.tasks[3].isFinished = 0
        },
        Plant(.attemptsWithGap, "the first attempt was not counted") { $0.source.attempts.remove(at: 1) },
        Plant(.attemptsWithGap, "one attempt more than the task knows of") { history in
            var more = history.source.attempts[0]
            more.number = 2
            history.source.attempts.append(more)
        },
        Plant(.secondStart, "one agent more") { $0.starts.append($0.starts[0]) },
        Plant(.unknownStart, "an agent for an attempt that nobody gave out") {
            $0.starts.append(History.AttemptName(task: "t-once", number: 2))
        },
        Plant(.completedWithoutStart, "no agent did it") { $0.starts.removeFirst() },
        Plant(.neverGiven, "given to another pair") { $0.source.attempts[0].pair = "p-other" },
        Plant(.neverGiven, "an attempt that was not taken over") { $0.target.inbox.removeFirst() },
        Plant(.neverGiven, "a task out of nothing") { $0.target.tasks[0].origin = "p-other" },
        Plant(.changedAfterEnd, "an attempt that was cut off starts once more") {
            $0.source.events.append(Self.event("started", "t-again", 1, "running"))
            $0.source.events.append(Self.event("completed", "t-again", 3, "completed"))
        },
        Plant(.changedAfterEnd, "completed, then failed") {
            $0.source.events.append(Self.event("failed", "t-once", 1, "failed"))
            $0.source.tasks[0].status = "failed"
            $0.source.attempts[0].status = "failed"
            $0.source.handovers[0].status = "failed"
        },
        Plant(.changedAfterEnd, "cancelled without a word") { $0.source.tasks[0].status = "cancelled" },
        Plant(.changedAfterEnd, "tried again by the target itself") {
            $0.target.events.append(Self.event("started", "t-once", 2, "running"))
            $0.target.events.append(Self.event("completed", "t-once", 1, "completed"))
        },
        Plant(.resultMissing, "the branch is gone") { $0.target.refs.remove("refs/heads/offload/once") },
        Plant(.resultMissing, "our own ref is gone") { $0.target.refs.remove("refs/offload/t-again/3") },
        Plant(.resultMissing, "the target knows nothing of it") { $0.target.attempts.removeFirst() },
        Plant(.completedAfterCancel, "completed all the same") { $0.cancelled.insert("t-once") },
        Plant(.reportUnsent, "the end of an attempt waits") {
            $0.target.outbox.append(History.AttemptName(task: "t-once", number: 1))
        },
    ]

    @Test("A history in which everything went well, or badly but rightly, is accepted")
    func valid() {
        #expect(Self.history.violations().isEmpty)
    }

    @Test("Each planted fault is named", arguments: plants)
    func planted(_ plant: Plant) {
        var history = Self.history
        plant.change(&history)
        let found = history.violations()
        #expect(found.contains { $0.kind == plant.kind }, "\(found)")
        // A fault in one row can contradict others; none but what it touches may be blamed.
        #expect(found.count <= 3, "\(found)")
    }

    @Test("There is a planted fault for each kind of violation")
    func complete() {
        #expect(Set(Self.plants.map(\.kind)) == Set(Violation.Kind.allCases))
    }

    @Test("Faults planted in what two real devices left behind are named")
    func plantedInReality() async throws {
        try await CrossingWorkload.with { workload in
            _ = try await workload.devices.meet()
            let ideas = try await workload.devices.write((1...3).map { ("Idea \($0)", "") })
            try await workload.queue(ideas)
            try await workload.judge(ideas)
            let one = "(SELECT min(sequence) FROM tasks)"
            let rows = [
                (Violation.Kind.ideaWithoutTask, "source", "DELETE FROM tasks WHERE sequence = \(one)"),
                (.attemptsWithGap, "source", "UPDATE tasks SET attempt = 2 WHERE sequence = \(one)"),
                (.changedAfterEnd, "target", "UPDATE tasks SET status = 'cancelled' WHERE sequence = \(one)"),
                (.neverGiven, "target", "DELETE FROM inbox WHERE number = (SELECT min(number) FROM inbox)"),
            ]
            for (kind, device, sql) in rows {
                let evidence = try workload.evidence()
                #expect(try evidence.history().violations().isEmpty)
                try evidence.plant(sql, on: device)
                #expect(try evidence.history().violations().contains { $0.kind == kind }, "\(sql)")
            }
            let evidence = try workload.evidence()
            let effects = "\(evidence.folder)/effects"
            let starts = try String(contentsOfFile: effects, encoding: .utf8)
            try (starts + starts.prefix { $0 != "\n" }).write(toFile: effects, atomically: true, encoding: .utf8)
            #expect(try evidence.history().violations().map(\.kind) == [.secondStart])
        }
    }

    // MARK: - A valid history

    /// One task that was done at once; one that was cut off, failed, was tried again and done; one that was cancelled before it
    /// was given out, and one while the other device worked on it and completed it.
    private static var history: History {
        var history = History(
            source: Device(), target: Device(), starts: [], queued: ["i-once", "i-again", "i-never", "i-late"],
            cancelled: ["t-never", "t-late"])
        history.add("once", 1, "completed", ["completed"])
        history.add("again", 3, "completed", ["interrupted", "failed", "completed"])
        history.source.tasks.append(item("never", 0, "cancelled"))
        history.source.events += [
            event("queued", "t-never", 0, "pending"), event("cancelled", "t-never", 0, "cancelled"),
        ]
        history.add("late", 1, "cancelled", ["cancelled"])
        return history
    }

    private typealias Device = History.Device

    fileprivate static func item(_ name: String, _ attempt: Int, _ status: String) -> History.WorkItem {
        History.WorkItem(id: "t-\(name)", idea: "i-\(name)", status: status, attempt: attempt, isFinished: 1)
    }

    fileprivate static func event(_ kind: String, _ task: String, _ number: Int, _ status: String) -> History.Event {
        History.Event(kind: kind, task: task, number: number, status: status)
    }
}

extension History.Device {
    fileprivate init() {
        self.init(tasks: [], attempts: [], handovers: [], inbox: [], outbox: [], events: [], refs: [])
    }
}

extension History {
    /// A task that the source gave to the target once for each of `endings`.
    fileprivate mutating func add(_ name: String, _ attempt: Int, _ status: String, _ endings: [String]) {
        let task = "t-\(name)"
        source.tasks.append(HistoryTests.item(name, attempt, status))
        source.events.append(HistoryTests.event("queued", task, 0, "pending"))
        var copy = HistoryTests.item(name, attempt, status == "cancelled" ? "completed" : status)
        copy.origin = "p-one"
        target.tasks.append(copy)
        for (number, ending) in zip(1..., endings) { add(task, number, ending, isLast: number == endings.count) }
    }

    private mutating func add(_ task: String, _ number: Int, _ ending: String, isLast: Bool) {
        let there = ending == "cancelled" ? "completed" : ending
        starts.append(AttemptName(task: task, number: number))
        source.attempts.append(Attempt(task: task, number: number, status: ending, pair: "p-one"))
        source.handovers.append(Handover(task: task, number: number, pair: "p-one", status: ending))
        target.inbox.append(Handover(task: task, number: number, pair: "p-one"))
        let branch = "offload/\(task.dropFirst(2))"
        target.attempts.append(
            Attempt(task: task, number: number, status: there, lane: 1, result: "commit", branch: branch))
        target.refs.formUnion(["refs/offload/\(task)/\(number)", "refs/heads/\(branch)"])
        target.events += [
            HistoryTests.event("queued", task, number - 1, "pending"),
            HistoryTests.event("started", task, number, "running"),
            HistoryTests.event(
                there == "interrupted" ? "failed" : there, task, number, there == "interrupted" ? "failed" : there),
        ]
        let isAgain = ending == "interrupted"
        source.events += [
            HistoryTests.event("synced", task, number, "synced"),
            HistoryTests.event("started", task, number, "running"),
            HistoryTests.event(ending, task, number, isAgain ? "pending" : ending),
        ]
        // A person looked at it and wants it tried again.
        if !isAgain, !isLast { source.events.append(HistoryTests.event("queued", task, number, "pending")) }
    }
}
