import OffloadDomain

extension LedgerConformance {
    static let removalChecks = [
        Check("a project goes with all that is its own; events stay") { subject in
            try await subject.ledger.change { transaction in
                try fill(&transaction)
                try transaction.record(.projectAdded(Samples.project(1)), at: Samples.time())
                try transaction.removeProject(Samples.project(1).id)
                try expectEqual(try transaction.projects(), [Samples.project(2)], "the other project stays")
                try expectGone(1, from: transaction)
                try expectGone(2, from: transaction)
                try expectThere(3, in: transaction)
                try expectEqual(try transaction.newestEventPosition(), 1, "what happened has happened")
                try expectEqual(try transaction.oldestEventPosition(), 1, "and is still told")
                try expectEqual(
                    try transaction.nextPending(for: Samples.batch(1), excluding: []), Samples.task(3, of: 2),
                    "only tasks that are there go next")
                try expectRefusal(.notFound, "removing it again") {
                    try transaction.removeProject(Samples.project(1).id)
                }
            }
        },
        Check("an idea goes with its requirements, tasks and attempts") { subject in
            try await subject.ledger.change { transaction in
                try fill(&transaction)
                try transaction.removeIdea(Samples.idea(1).id)
                try expectGone(1, from: transaction)
                try expectThere(2, in: transaction)
                try expectThere(3, in: transaction)
                try expectRefusal(.notFound, "removing it again") { try transaction.removeIdea(Samples.idea(1).id) }
            }
        },
    ]

    /// Ideas 1 and 2 of project 1 and idea 3 of project 2, each with a task and an attempt.
    private static func fill(_ transaction: inout any LedgerTransaction) throws {
        for number in 1...2 { try transaction.insert(Samples.project(number)) }
        for (number, project) in [(1, 1), (2, 1), (3, 2)] {
            try transaction.insertWork(Samples.task(number, of: project))
            try transaction.insert(
                Attempt(key: key(number), batch: Samples.batch(number), createdAt: Samples.time()))
        }
    }

    private static func key(_ number: Int) -> AttemptKey {
        AttemptKey(task: Samples.task(number).id, number: AttemptNumber(value: 1))
    }

    private static func found(_ number: Int, in reader: any LedgerReader) throws -> [Bool] {
        [
            try reader.idea(Samples.idea(number).id) != nil,
            try reader.requirement(Samples.requirement(number).id) != nil,
            try reader.task(Samples.task(number).id) != nil,
            try reader.attempt(key(number)) != nil,
        ]
    }

    private static func expectGone(_ number: Int, from reader: any LedgerReader) throws {
        try expectEqual(try found(number, in: reader), [false, false, false, false], "\(number) is gone")
    }

    private static func expectThere(_ number: Int, in reader: any LedgerReader) throws {
        try expectEqual(try found(number, in: reader), [true, true, true, true], "\(number) is there")
    }
}
