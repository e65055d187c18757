import OffloadDomain

extension LedgerConformance {
    private static let tokens = Cost.Tokens(input: 12_345_678_901, output: 0)

    private static let everyState: [Attempt.State] = [
        .starting,
        .running(startedAt: Samples.time(4)),
        .sealed(
            Samples.ending(result: AttemptResult(storage: .changeSet, filesChanged: 1, insertions: 2, deletions: 3))),
        .ended(Samples.ending()),
        .ended(
            Samples.ending(
                .completed,
                report: RunReport(
                    summary: "All\0 done — “really”.", turns: 12, cost: .money(microdollars: 1_234_567, tokens: tokens),
                    sessionID: "s\0", model: "m", processesEnded: 3),
                result: AttemptResult(
                    storage: .commit(Samples.commit(1), base: Samples.commit(2)), branch: "offload/é", filesChanged: 1,
                    insertions: 2, deletions: 3, notes: ["a nested repository was left out", "", "\0\""]))),
        .ended(
            Samples.ending(.failed(Failure(.rateLimited, "later\0 again")), report: RunReport(cost: .tokens(tokens)))),
        .ended(
            Attempt.Ending(
                outcome: .cancelled, startedAt: nil, endedAt: Samples.time(3), report: RunReport(),
                result: AttemptResult(storage: .empty, filesChanged: 0, insertions: 0, deletions: 0))),
        .ended(Samples.ending(.interrupted(orderly: true))),
        .ended(Samples.ending(.interrupted(orderly: false))),
    ]

    private static func attempt(_ task: Int, _ number: Int, _ state: Attempt.State = .starting) -> Attempt {
        Attempt(
            key: AttemptKey(task: Samples.task(task).id, number: AttemptNumber(value: number)),
            batch: Samples.batch(number), createdAt: Samples.time(Int64(number)),
            agent: state == .starting ? nil : "an\0 agent", state: state)
    }

    static let attemptChecks = [
        Check("an attempt comes back whole in every state, inserted or changed") { subject in
            try await subject.ledger.change { transaction in
                try transaction.insert(Samples.project(1))
                try transaction.insertWork(Samples.task(1))
                try transaction.insertWork(Samples.task(2))
                for (index, state) in everyState.enumerated() {
                    let inserted = attempt(1, index + 1, state)
                    try transaction.insert(inserted)
                    try expectEqual(try transaction.attempt(inserted.key), inserted, "inserted as \(state)")
                    let changed = attempt(2, index + 1, state)
                    try transaction.insert(attempt(2, index + 1))
                    try transaction.update(changed)
                    try expectEqual(try transaction.attempt(changed.key), changed, "changed to \(state)")
                }
                try expectEqual(try transaction.attempt(attempt(1, 99).key), nil, "no such attempt")
            }
        },
        Check("attempts come in order of their numbers, unfinished ones oldest first") { subject in
            try await subject.ledger.change { transaction in
                try transaction.insert(Samples.project(1))
                try transaction.insertWork(Samples.task(1))
                try transaction.insertWork(Samples.task(2))
                let attempts = [
                    attempt(1, 3), attempt(1, 1, everyState[3]), attempt(2, 1, everyState[1]),
                    attempt(1, 2, everyState[2]),
                    attempt(1, 10, everyState[5]),
                ]
                for attempt in attempts { try transaction.insert(attempt) }
                try expectEqual(
                    try transaction.attempts(of: Samples.task(1).id),
                    [attempts[1], attempts[3], attempts[0], attempts[4]], "of one task")
                try expectEqual(try transaction.attempts(of: Samples.task(9).id), [], "of no task")
                try expectEqual(
                    try transaction.unfinishedAttempts(), [attempts[0], attempts[2], attempts[3]],
                    "starting, running and sealed ones, oldest first")
            }
        },
        Check("an attempt that has ended is never changed again") { subject in
            try await subject.ledger.change { transaction in
                try transaction.insert(Samples.project(1))
                try transaction.insertWork(Samples.task(1))
                try transaction.insert(attempt(1, 1))
                try transaction.update(attempt(1, 1, everyState[1]))
                try transaction.update(attempt(1, 1, everyState[2]))
                try transaction.update(attempt(1, 1, everyState[4]))
                try expectRefusal(.stale, "another end") { try transaction.update(attempt(1, 1, everyState[5])) }
                try expectEqual(
                    try transaction.attempt(attempt(1, 1).key), attempt(1, 1, everyState[4]), "nothing was written")
                try expectRefusal(.notFound, "an attempt that is not there") { try transaction.update(attempt(1, 2)) }
                try expectRefusal(.conflict, "a number twice") { try transaction.insert(attempt(1, 1)) }
                try expectRefusal(.notFound, "an attempt of no task") { try transaction.insert(attempt(9, 1)) }
            }
        },
    ]
}
