import OffloadDomain

extension LedgerConformance {
    private static let everyState: [OffloadTask.State] =
        [
            .pending, .completed, .failed(Failure(.checkFailed, "make test\0 ended with 2")), .cancelled,
        ]
        + OffloadTask.Holding.Phase.allCases.enumerated().map {
            .running(.init(batch: Samples.batch($0 + 1), phase: $1))
        }
        + OffloadTask.Holding.Phase.allCases.enumerated().map {
            .synced(.init(batch: Samples.batch($0 + 11), phase: $1))
        }

    static let taskChecks = [
        Check("a task comes back whole in every state") { subject in
            try await subject.ledger.change { try $0.insert(Samples.project(1)) }
            for (number, state) in everyState.enumerated() {
                var task = Samples.task(number, lane: Samples.batch(64), priority: -5, attempt: 3, state: state)
                (task.interruptions, task.updatedAt) = (2, Samples.time(8))
                try await subject.ledger.change { [task] in try $0.insertWork(task) }
                let found = try await subject.ledger.read { [task] in try $0.task(task.id) }
                try expectEqual(found, task, "a task that is \(state.status.rawValue)")
            }
        },
        Check("a task goes from every state to every other") { subject in
            try await subject.ledger.change { transaction in
                try transaction.insert(Samples.project(1))
                var task = Samples.task(1, attempt: 1)
                try transaction.insertWork(task)
                let steps = everyState.flatMap { first in everyState.flatMap { [first, $0] } }
                for (step, state) in steps.enumerated() {
                    let old = task
                    (task.state, task.attempt, task.interruptions) = (state, old.attempt.next, step % 3)
                    task.updatedAt = Samples.time(Int64(step))
                    // Some go to another place, some to another lane, some stay.
                    task.position += step.isMultiple(of: 3) ? 1 : 0
                    if step.isMultiple(of: 5) { task.destination = .lane(old.lane == nil ? Samples.batch(2) : nil) }
                    try transaction.update(task, from: old)
                    try expectEqual(try transaction.task(task.id), task, "\(old.state) to \(state)")
                }
            }
        },
        Check("a writer that knows an older state is stale, and writes nothing") { subject in
            try await subject.ledger.change { transaction in
                try transaction.insert(Samples.project(1))
                let batch = Samples.batch(1)
                let current = Samples.task(1, position: 5, attempt: 2, state: .running(.init(batch: batch)))
                try transaction.insertWork(current)
                var (attempt, status, lane, position, phase) = (current, current, current, current, current)
                attempt.attempt = AttemptNumber(value: 1)
                status.state = .synced(.init(batch: batch))
                lane.destination = .lane(batch)
                position.position = 4
                phase.state = .running(.init(batch: batch, phase: .cancelling))
                var new = current
                new.state = .completed
                for old in [attempt, status, lane, position, phase] {
                    try expectRefusal(.stale, "another \(old)") { try transaction.update(new, from: old) }
                    try expectEqual(try transaction.task(current.id), current, "nothing was written")
                }
                try transaction.update(new, from: current)
                try expectRefusal(.stale, "the same once more") { try transaction.update(new, from: current) }
                try expectRefusal(.notFound, "a task that is not there") {
                    try transaction.update(Samples.task(9), from: Samples.task(9))
                }
            }
        },
        Check("an idea has one open task at most") { subject in
            try await subject.ledger.change { transaction in
                try transaction.insert(Samples.project(1))
                try transaction.insertWork(Samples.task(1))
                try expectRefusal(.conflict, "a second open task") {
                    try transaction.insert(Samples.task(2, idea: 1))
                }
                var first = Samples.task(1)
                first.state = .cancelled
                try transaction.update(first, from: Samples.task(1))
                try transaction.insert(Samples.task(2, idea: 1))
                var reopened = first
                reopened.state = .pending
                try expectRefusal(.conflict, "reopening beside it") { try transaction.update(reopened, from: first) }
                let idea = Samples.idea(1).id
                try expectEqual(try transaction.openTask(of: idea)?.id.rawValue, "t-2", "the open one")
                try expectEqual(try transaction.latestTask(of: idea)?.id.rawValue, "t-2", "the newest")
                try expectEqual(try transaction.openTask(of: Samples.idea(9).id), nil, "no idea, no task")
                try expectEqual(try transaction.latestTask(of: Samples.idea(9).id), nil, "no idea, no newest task")
            }
        },
        Check("a batch holds one task at most") { subject in
            try await subject.ledger.change { transaction in
                try transaction.insert(Samples.project(1))
                let holding = OffloadTask.Holding(batch: Samples.batch(1))
                try transaction.insertWork(Samples.task(1, attempt: 1, state: .running(holding)))
                try transaction.insertWork(Samples.task(2))
                var second = Samples.task(2, attempt: 1, state: .synced(holding))
                try expectRefusal(.conflict, "a second task in the batch") {
                    try transaction.update(second, from: Samples.task(2))
                }
                second.state = .synced(.init(batch: Samples.batch(2)))
                try transaction.update(second, from: Samples.task(2))
            }
        },
        Check("states that cannot be are refused") { subject in
            try await subject.ledger.change { transaction in
                try transaction.insert(Samples.project(1))
                let holding = OffloadTask.Holding(batch: Samples.batch(1))
                for (number, state) in [
                    OffloadTask.State.synced(holding), .running(holding), .completed, .failed(Failure(.agent, "no")),
                ].enumerated() {
                    try expectRefusal(.device, "\(state.status.rawValue) without an attempt") {
                        try transaction.insertWork(Samples.task(number, attempt: 0, state: state))
                    }
                }
                try expectRefusal(.device, "a negative attempt") {
                    try transaction.insertWork(Samples.task(5, attempt: -1))
                }
                try transaction.insertWork(Samples.task(6))
                let broken = Attempt.Ending(
                    outcome: .cancelled, startedAt: nil, endedAt: Samples.time(), report: RunReport(turns: -1),
                    result: nil)
                for (key, state) in [
                    (0, Attempt.State.starting), (1, .ended(broken)), (2, .sealed(Samples.ending(.cancelled))),
                ] {
                    try expectRefusal(.device, "\(state) as attempt \(key)") {
                        try transaction.insert(
                            Attempt(
                                key: AttemptKey(task: Samples.task(6).id, number: AttemptNumber(value: key)),
                                batch: Samples.batch(1), createdAt: Samples.time(), state: state))
                    }
                }
                try expectRefusal(.device, "a batch that finished less than nothing") {
                    try transaction.save(Batch(id: Samples.batch(1), finished: -1))
                }
            }
        },
        Check("a task needs its project, its idea and its requirement") { subject in
            try await subject.ledger.change { transaction in
                try transaction.insert(Samples.project(1))
                try transaction.insert(Samples.idea(1))
                try expectRefusal(.notFound, "no requirement") { try transaction.insert(Samples.task(1)) }
                try transaction.insert(Samples.requirement(1), of: Samples.project(1).id)
                try expectRefusal(.notFound, "no project") { try transaction.insert(Samples.task(1, of: 9)) }
                try transaction.insert(Samples.task(1))
                try expectRefusal(.conflict, "an id twice") { try transaction.insert(Samples.task(1)) }
            }
        },
        Check("task filters narrow list and count alike, newest first") { subject in
            try await subject.ledger.change { transaction in
                try transaction.insert(Samples.project(1))
                try transaction.insert(Samples.project(2))
                try transaction.insertWork(Samples.task(1, of: 1, attempt: 1, state: .completed))
                try transaction.insertWork(Samples.task(2, of: 1))
                try transaction.insertWork(Samples.task(3, of: 2, attempt: 1, state: .completed))
                try transaction.insertWork(Samples.task(4, of: 2))
                try transaction.insertWork(
                    Samples.task(5, of: 2, attempt: 1, state: .running(.init(batch: Samples.batch(1)))))
            }
            let two = Samples.project(2).id
            let expectations: [(TaskFilter, [Int])] = [
                (TaskFilter(), [5, 4, 3, 2, 1]), (TaskFilter(projectID: two), [5, 4, 3]),
                (TaskFilter(status: .completed), [3, 1]), (TaskFilter(projectID: two, status: .pending), [4]),
                (TaskFilter(openOnly: true), [5, 4, 2]), (TaskFilter(projectID: two, openOnly: true), [5, 4]),
                (TaskFilter(status: .completed, openOnly: true), []),
                (TaskFilter(projectID: two, status: .running, openOnly: true), [5]),
            ]
            try await subject.ledger.read { reader in
                for (filter, numbers) in expectations {
                    let found = try reader.tasks(filter, page: Page()).map(\.id.rawValue)
                    try expectEqual(found, numbers.map { "t-\($0)" }, "list of \(filter)")
                    try expectEqual(try reader.taskCount(filter), numbers.count, "count of \(filter)")
                }
                try expectEqual(
                    try reader.tasks(TaskFilter(), page: Page(limit: 2, offset: 1)).map(\.id.rawValue), ["t-4", "t-3"],
                    "a page")
                let counts = try reader.taskCounts()
                try expectEqual(counts.map(\.0), OffloadTask.Status.allCases, "every state is counted, in its order")
                try expectEqual(counts.map(\.1), [2, 0, 1, 2, 0, 0], "and counted right")
            }
        },
    ]
}
