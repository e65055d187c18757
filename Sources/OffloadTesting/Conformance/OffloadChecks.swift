import OffloadDomain

extension LedgerConformance {
    static let offloadChecks = [
        Check("a device claims what is for it or for any, highest priority first") { subject in
            try await subject.ledger.change { transaction in
                try pair(&transaction)
                try transaction.insert(Samples.devicePair(2))
                let (mine, other) = (Samples.devicePair(1).id, Samples.devicePair(2).id)
                let places: [(OffloadTask.Destination, Int)] = [
                    (.device(nil), 0), (.device(mine), 0), (.device(other), 9), (.lane(nil), 9), (.device(nil), 5),
                    (.device(mine), 7),
                ]
                for (index, (destination, priority)) in places.enumerated() {
                    try transaction.insertWork(Samples.offloaded(index + 1, for: destination, priority: priority))
                }
                let project = Samples.project(1).id
                try expectEqual(
                    try transaction.claimable(by: mine, in: project, limit: 10).map(\.id.rawValue),
                    ["t-6", "t-5", "t-1", "t-2"], "device 1")
                try expectEqual(
                    try transaction.claimable(by: other, in: project, limit: 2).map(\.id.rawValue), ["t-3", "t-5"],
                    "device 2, two at most")
                try expectEqual(try transaction.claimable(by: mine, in: project, limit: 0), [], "none at all")
                try expectEqual(
                    try transaction.claimable(by: mine, in: Samples.project(2).id, limit: 9), [], "another project")
                try expectEqual(
                    try transaction.waiting(for: mine, limit: 10).map(\.id.rawValue), ["t-6", "t-2"],
                    "what waits for device 1 alone")
                try expectEqual(
                    try transaction.nextPending(for: Samples.batch(1), excluding: [])?.id.rawValue, "t-4",
                    "lanes take what is for lanes")
                try expectEqual(try transaction.waitingCount(upTo: 10), 1, "what waits for lanes")
                try expectEqual(try transaction.waitingCount(upTo: 0), 0, "counted up to nothing")
                let offloaded = TaskFilter(offloadedOnly: true)
                try expectEqual(
                    try transaction.tasks(offloaded, page: Page()).map(\.id.rawValue),
                    ["t-6", "t-5", "t-3", "t-2", "t-1"],
                    "what is for devices")
                try expectEqual(try transaction.taskCount(offloaded), 5, "and how many")
                let finished = TaskFilter(projectID: project, status: .completed, offloadedOnly: true)
                try expectEqual(try transaction.taskCount(finished), 0, "none is done")
            }
        },
        Check("a task goes to a device and back") { subject in
            try await subject.ledger.change { transaction in
                try pair(&transaction)
                let pair = Samples.devicePair(1).id
                var task = Samples.offloaded(1, for: .device(nil))
                try transaction.insertWork(task)
                let held = OffloadTask.Holding(.device(pair), phase: .cancelling)
                for state: OffloadTask.State in [
                    .claimed(pair), .pending, .claimed(pair), .synced(.init(.device(pair))), .running(held), .completed,
                ] {
                    let old = task
                    (task.state, task.attempt) = (state, AttemptNumber(value: 2))
                    try transaction.update(task, from: old)
                    try expectEqual(try transaction.task(task.id), task, "\(old.state) to \(state)")
                    try expectEqual(try transaction.heldTasks(), [], "no lane holds it")
                    let isAway = state.holder != nil
                    try expectEqual(try transaction.awayTasks(), isAway ? [task] : [], "away")
                    let isWaiting = state == .pending
                    try expectEqual(
                        try transaction.claimable(by: pair, in: task.projectID, limit: 9), isWaiting ? [task] : [],
                        "claimable")
                    guard state != old.state else { continue }
                    try expectRefusal(.stale, "who knows \(old.state)") { try transaction.update(task, from: old) }
                }
            }
        },
        Check("a task is held where it belongs") { subject in
            try await subject.ledger.change { transaction in
                try pair(&transaction)
                try transaction.insert(Samples.idea(1))
                try transaction.insert(Samples.requirement(1), of: Samples.project(1).id)
                let (pair, lane) = (Samples.devicePair(1).id, Samples.batch(1))
                for task in [
                    Samples.offloaded(1, for: .lane(nil), attempt: 1, state: .claimed(pair)),
                    Samples.offloaded(1, for: .lane(nil), attempt: 1, state: .running(.init(.device(pair)))),
                    Samples.offloaded(1, for: .device(nil), attempt: 1, state: .running(.init(batch: lane))),
                    Samples.offloaded(1, for: .device(nil), attempt: 0, state: .claimed(pair)),
                ] {
                    try expectRefused("\(task.destination), \(task.state)") { try transaction.insert(task) }
                }
            }
        },
        Check("an attempt says where it is executed, and recovery sees those of lanes alone") { subject in
            try await subject.ledger.change { transaction in
                try pair(&transaction)
                try transaction.insertWork(Samples.offloaded(1, for: .device(nil), attempt: 1))
                let key = AttemptKey(task: Samples.task(1).id, number: AttemptNumber(value: 1))
                let pair = Samples.devicePair(1).id
                var attempt = Attempt(key: key, holder: .device(pair), createdAt: Samples.time())
                try transaction.insert(attempt)
                try expectEqual(try transaction.attempt(key), attempt, "as it was inserted")
                try expectEqual(try transaction.unfinishedAttempts(), [], "another device knows how far it is")
                let result = AttemptResult(
                    storage: .elsewhere, filesChanged: 2, insertions: 3, deletions: 4, paths: ["a", "b\u{0}ä"])
                attempt.state = .ended(
                    Attempt.Ending(
                        outcome: .completed, startedAt: nil, endedAt: Samples.time(2), report: RunReport(),
                        result: result))
                try transaction.update(attempt)
                try expectEqual(try transaction.attempt(key), attempt, "with its result elsewhere")
            }
        },
        Check("a hand-over is found by its attempt, or while it waits for one") { subject in
            try await subject.ledger.change { transaction in
                try pair(&transaction)
                try transaction.insertWork(Samples.offloaded(1, for: .device(nil)))
                let task = Samples.task(1).id
                var handover = Samples.handover(1, of: 1)
                try transaction.insert(handover)
                try expectEqual(try transaction.waitingHandover(of: task), handover, "waiting")
                try expectRefusal(.conflict, "a second that waits") {
                    try transaction.insert(Samples.handover(2, of: 1))
                }
                handover.attempt = AttemptNumber(value: 1)
                try transaction.update(handover)
                let key = AttemptKey(task: task, number: AttemptNumber(value: 1))
                try expectEqual(try transaction.waitingHandover(of: task), nil, "claimed")
                try expectEqual(try transaction.handover(key), handover, "by its attempt")
                for status in Handover.Status.allCases {
                    (handover.status, handover.cursor) = (status, handover.cursor + 1)
                    handover.syncedAt = status == .pending ? nil : Samples.time(1)
                    handover.completedAt = status.isFinal ? Samples.time(2) : nil
                    handover.summary = status.isFinal ? "Done\u{0}!" : nil
                    try transaction.update(handover)
                    try expectEqual(try transaction.handover(key), handover, "\(status.rawValue)")
                }
                var second = Samples.handover(2, of: 1)
                second.attempt = AttemptNumber(value: 1)
                try expectRefusal(.conflict, "a second of the same attempt") { try transaction.insert(second) }
                second.attempt = AttemptNumber(value: 2)
                try transaction.insert(second)
                try transaction.removeIdea(Samples.idea(1).id)
                try expectEqual(try transaction.handover(key), nil, "it goes with its idea")
            }
        },
        Check("work of another device stands beside ideas of the same name") { subject in
            try await subject.ledger.change { transaction in
                try transaction.insert(Samples.project(1))
                try transaction.insert(Samples.joinedPair(1))
                try transaction.insertWork(Samples.task(1))
                let origin = Samples.joinedPair(1).id
                let requirement = Samples.requirement(2, idea: 1)
                try transaction.insert(requirement, of: Samples.project(1).id, from: origin)
                try expectEqual(try transaction.requirement(requirement.id), requirement, "its requirement")
                let foreign = Samples.offloaded(2, idea: 1, requirement: 2, from: origin)
                try transaction.insert(foreign)
                try expectEqual(try transaction.task(foreign.id), foreign, "as it was inserted")
                try expectEqual(
                    try transaction.openTask(of: Samples.idea(1).id), Samples.task(1), "the idea's own task")
                try expectEqual(
                    try transaction.latestTask(of: Samples.idea(1).id), Samples.task(1), "the idea's newest")
                try transaction.insert(Samples.joinedPair(2))
                var anew = foreign
                (anew.origin, anew.position) = (Samples.joinedPair(2).id, 9)
                try transaction.update(anew, from: foreign)
                try expectEqual(try transaction.task(foreign.id), anew, "it came again, through another pair")
                try transaction.removeIdea(Samples.idea(1).id)
                try expectEqual(try transaction.task(foreign.id), anew, "it stays when the idea goes")
                let unknown = Samples.offloaded(3, idea: 1, requirement: 2, from: Samples.joinedPair(7).id)
                try expectRefusal(.notFound, "a pair that is not there") { try transaction.insert(unknown) }
            }
        },
        Check("an inbox remembers its attempts, and what is delivered is not asked for") { subject in
            try await subject.ledger.change { transaction in
                try transaction.insert(Samples.project(1))
                for number in 1...2 { try transaction.insert(Samples.joinedPair(number)) }
                var entries = (1...3).map { Samples.inboxEntry($0, through: $0 == 3 ? 2 : 1) }
                for entry in entries { try transaction.insert(entry) }
                try expectRefusal(.conflict, "the same attempt again") { try transaction.insert(entries[0]) }
                let pair = Samples.joinedPair(1).id
                try expectEqual(try transaction.undelivered(through: pair), Array(entries.prefix(2)), "oldest first")
                for state in InboxEntry.State.allCases {
                    (entries[0].state, entries[0].sequence) = (state, entries[0].sequence + 1)
                    try transaction.update(entries[0])
                    try expectEqual(try transaction.inboxEntry(entries[0].key), entries[0], "\(state.rawValue)")
                }
                try expectEqual(try transaction.undelivered(through: pair), [entries[1]], "the other one")
                try expectRefusal(.notFound, "one that is not there") {
                    try transaction.update(Samples.inboxEntry(9, through: 1))
                }
            }
        },
        Check("an outbox keeps its order and forgets exactly what it is told to") { subject in
            try await subject.ledger.change { transaction in
                try transaction.insert(Samples.project(1))
                for number in 1...2 { try transaction.insert(Samples.joinedPair(number)) }
                for number in 1...3 { try transaction.insert(Samples.inboxEntry(number, through: number == 3 ? 2 : 1)) }
                let pair = Samples.joinedPair(1).id
                for (number, sequence) in [(1, 1), (2, 1), (1, 2), (2, 2)] {
                    try transaction.send(Samples.report(number, sequence: Int64(sequence)), through: pair)
                }
                try transaction.send(Samples.report(3, sequence: 1), through: Samples.joinedPair(2).id)
                try expectRefusal(.conflict, "the same report again") {
                    try transaction.send(Samples.report(1, sequence: 1), through: pair)
                }
                try expectRefusal(.notFound, "an attempt of another pair") {
                    try transaction.send(Samples.report(3, sequence: 2), through: pair)
                }
                func waiting() throws -> [String] {
                    try transaction.outbox(through: pair, limit: 9).map { "\($0.key.task) \($0.sequence)" }
                }
                try expectEqual(try waiting(), ["t-1 1", "t-2 1", "t-1 2", "t-2 2"], "in their order")
                let first = try transaction.outbox(through: pair, limit: 2)
                try expectEqual(first.map(\.sequence), [1, 1], "two at most")
                try expect(first.allSatisfy { !$0.payload.isEmpty }, "with their bytes")
                try transaction.removeFromOutbox(first)
                try expectEqual(try waiting(), ["t-1 2", "t-2 2"], "what was acknowledged is gone")
                try transaction.removeOutbox(of: Samples.inboxEntry(1, through: 1).key)
                try expectEqual(try waiting(), ["t-2 2"], "what is stale is gone")
                // Whatever the store calls a message, an old acknowledgement never takes a new one.
                try transaction.removeFromOutbox(try transaction.outbox(through: pair, limit: 9))
                try transaction.send(Samples.report(2, sequence: 3), through: pair)
                try transaction.removeFromOutbox(first)
                try expectEqual(try waiting(), ["t-2 3"], "a late acknowledgement takes nothing")
                try expectEqual(
                    try transaction.outbox(through: Samples.joinedPair(2).id, limit: 9).count, 1, "the other pair's")
            }
        },
    ]

    private static func pair(_ transaction: inout any LedgerTransaction) throws {
        try transaction.insert(Samples.project(1))
        try transaction.insert(Samples.project(2))
        try transaction.insert(Samples.devicePair(1))
    }

    static func expectRefused(_ rule: String, _ operation: () throws -> Void) throws {
        do {
            try operation()
        } catch {
            return
        }
        try expect(false, "\(rule): not refused")
    }
}
