import OffloadDomain

extension LedgerConformance {
    static let queueChecks = [
        Check("the next task has the highest priority, then the smallest position") { subject in
            try await subject.ledger.change { transaction in
                for number in 1...2 { try transaction.insert(Samples.project(number)) }
                // Priority and position of the tasks 1, 2, …; every second one is of the other project.
                let places: [(Int, Int64)] = [(0, 3), (0, 1), (5, 9), (5, 8), (-1, 0), (0, 2)]
                for (index, (priority, position)) in places.enumerated() {
                    try transaction.insertWork(
                        Samples.task(index + 1, of: index % 2 + 1, priority: priority, position: position))
                }
                let order = try Self.drain(&transaction, lane: Samples.batch(1))
                try expectEqual(order, [4, 3, 2, 6, 1, 5].map { "t-\($0)" }, "the order in which they go")
            }
        },
        Check("a lane takes what waits for it and what waits for any, and nothing else") { subject in
            try await subject.ledger.change { transaction in
                try transaction.insert(Samples.project(1))
                let lanes = [1: Samples.batch(1), 2: Samples.batch(2)]
                for (number, lane) in [2, 0, 1, 2, 0, 1].enumerated() {
                    try transaction.insertWork(Samples.task(number + 1, lane: lanes[lane]))
                }
                try expectEqual(
                    try transaction.pending(assignedTo: Samples.batch(2), page: Page()).map(\.id.rawValue),
                    ["t-1", "t-4"], "those that wait for lane 2 alone")
                try expectEqual(
                    try transaction.pending(assignedTo: Samples.batch(2), page: Page(limit: 1, offset: 1))
                        .map(\.id.rawValue), ["t-4"], "a page of them")
                try expectEqual(
                    try Self.drain(&transaction, lane: Samples.batch(1)), [2, 3, 5, 6].map { "t-\($0)" }, "lane 1")
                try expectEqual(try Self.drain(&transaction, lane: Samples.batch(3)), [], "lane 3, when none is left")
                try expectEqual(try Self.drain(&transaction, lane: Samples.batch(2)), ["t-1", "t-4"], "lane 2")
            }
        },
        Check("tasks of excluded projects are passed over") { subject in
            try await subject.ledger.change { transaction in
                for number in 1...3 { try transaction.insert(Samples.project(number)) }
                for number in 1...3 {
                    try transaction.insertWork(Samples.task(number, of: number, priority: 10 - number))
                }
                let projects = try transaction.projects().map(\.id)
                for (excluded, expected) in [
                    ([], "t-1"), ([projects[0]], "t-2"), ([projects[1]], "t-1"), ([projects[0], projects[1]], "t-3"),
                    (projects, nil),
                ] as [([ProjectID], String?)] {
                    let next = try transaction.nextPending(for: Samples.batch(1), excluding: excluded)
                    try expectEqual(next?.id.rawValue, expected, "without \(excluded)")
                }
            }
        },
        Check("a new position is behind all others") { subject in
            try await subject.ledger.change { transaction in
                try transaction.insert(Samples.project(1))
                let first = try transaction.nextTaskPosition()
                try transaction.insertWork(Samples.task(1, position: first))
                let second = try transaction.nextTaskPosition()
                try expect(second > first, "behind the first")
                try transaction.insertWork(Samples.task(2, position: 1_000, attempt: 1, state: .completed))
                try expect(try transaction.nextTaskPosition() > 1_000, "behind one that is done")
            }
        },
        Check("held tasks come in queue order") { subject in
            try await subject.ledger.change { transaction in
                try transaction.insert(Samples.project(1))
                try transaction.insertWork(Samples.task(1))
                try transaction.insertWork(
                    Samples.task(2, position: 9, attempt: 1, state: .running(.init(batch: Samples.batch(1)))))
                try transaction.insertWork(
                    Samples.task(3, position: 3, attempt: 1, state: .synced(.init(batch: Samples.batch(3)))))
                try transaction.insertWork(
                    Samples.task(
                        4, priority: 1, position: 10, attempt: 1,
                        state: .running(.init(batch: Samples.batch(2), phase: .sealed))))
                try transaction.insertWork(Samples.task(5, attempt: 1, state: .completed))
                try expectEqual(
                    try transaction.heldTasks().map(\.id.rawValue), ["t-4", "t-3", "t-2"], "by priority and position")
            }
        },
        Check("a lane that was never touched is idle") { subject in
            try await subject.ledger.change { transaction in
                let touched = Batch(id: Samples.batch(2), state: .paused, finished: 7)
                try transaction.save(Batch(id: touched.id, state: .running))
                try transaction.save(touched)
                try expectEqual(try transaction.batch(touched.id), touched, "what was saved last")
                try expectEqual(
                    try transaction.batches(count: 3),
                    [Batch(id: Samples.batch(1)), touched, Batch(id: Samples.batch(3))],
                    "lanes 1 to 3")
                try expectEqual(try transaction.batches(count: 0), [], "no lanes")
            }
        },
    ]

    /// Hands out everything that the lane would take, one after another, and tells the order.
    private static func drain(_ transaction: inout any LedgerTransaction, lane: BatchID) throws -> [String] {
        var order: [String] = []
        while let next = try transaction.nextPending(for: lane, excluding: []) {
            order.append(next.id.rawValue)
            var done = next
            (done.attempt, done.state) = (next.attempt.next, .completed)
            try transaction.update(done, from: next)
        }
        return order
    }
}
