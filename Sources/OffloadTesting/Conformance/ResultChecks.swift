import OffloadDomain

extension LedgerConformance {
    static let resultChecks = [
        Check("a result is kept through all its states") { subject in
            try await subject.ledger.change { transaction in
                try prepare(&transaction)
                var result = Samples.result(1, state: .uploading, through: Samples.devicePair(1).id)
                try transaction.insert(result)
                try expectEqual(try transaction.result(result.key), result, "as it was inserted")
                try expectRefusal(.conflict, "a second time") { try transaction.insert(result) }
                result.storage = .commit(Samples.commit(2), base: Samples.commit(1))
                result.branch = "offload/it"
                (result.sensitivePaths, result.notes) = ([".github/x", "b\u{0}ä"], ["left something out"])
                result.extent = TaskResult.Extent(files: 4, insertions: 5, deletions: 6)
                for state in TaskResult.State.allCases where state != .uploading {
                    result.state = state
                    result.integration = Samples.integration(of: state)
                    result.updatedAt = Samples.time(result.updatedAt.milliseconds % 1000 + 1)
                    try transaction.update(result)
                    try expectEqual(try transaction.result(result.key), result, "\(state.rawValue)")
                }
                result = Samples.result(2, state: .merged)
                result.storage = .changeSet
                result.integration = Integration(mode: .files, target: "/projects/1", move: nil)
                try transaction.insert(result)
                try expectEqual(try transaction.result(result.key), result, "files without git")
                try expectRefusal(.notFound, "one that is not there") {
                    try transaction.update(Samples.result(3))
                }
            }
        },
        Check("a result cannot be what makes no sense") { subject in
            try await subject.ledger.change { transaction in
                try prepare(&transaction)
                var (merged, nowhere, early) = (Samples.result(1, state: .merged), Samples.result(1), Samples.result(1))
                (merged.integration, nowhere.storage) = (nil, nil)
                early.integration = Samples.integration(of: .merged)
                let unsent = Samples.result(1, state: .uploading)
                for result in [merged, nowhere, early, unsent] {
                    try expectRefused("\(result)") { try transaction.insert(result) }
                }
            }
        },
        Check("results are listed, newest first, and found by what is to be done with them") { subject in
            try await subject.ledger.change { transaction in
                try prepare(&transaction)
                let states: [TaskResult.State] = [.ready, .merged, .conflict, .merging, .discarded, .unmerging]
                for (index, state) in states.enumerated() {
                    try transaction.insert(Samples.result(index + 1, state: state))
                }
                let project = Samples.project(1).id
                func numbers(_ results: [TaskResult]) -> [String] { results.map(\.key.task.rawValue) }
                try expectEqual(
                    numbers(try transaction.results(ResultFilter(), page: Page(limit: 2, offset: 1))), ["t-5", "t-4"],
                    "a page of all")
                try expectEqual(try transaction.resultCount(ResultFilter()), 6, "how many")
                let merged = ResultFilter(projectID: project, state: .merged)
                try expectEqual(numbers(try transaction.results(merged, page: Page())), ["t-2"], "by state")
                try expectEqual(try transaction.resultCount(merged), 1, "and how many of those")
                try expectEqual(
                    try transaction.resultCount(ResultFilter(projectID: Samples.project(2).id)), 0, "another project")
                try expectEqual(numbers(try transaction.mergeable(in: project, limit: 9)), ["t-1", "t-3"], "mergeable")
                try expectEqual(numbers(try transaction.mergeable(in: project, limit: 1)), ["t-1"], "at most one")
                try expectEqual(numbers(try transaction.unsettledResults()), ["t-4", "t-6"], "unsettled")
                var second = Samples.result(1, attempt: 2)
                second.notes = ["again"]
                try transaction.insert(second)
                try expectEqual(try transaction.result(of: second.key.task), second, "the latest of a task")
                try transaction.removeIdea(Samples.idea(1).id)
                try expectEqual(try transaction.result(of: second.key.task), nil, "it goes with its task")
            }
        },
        Check("what a source is owed is remembered apart from what it was told") { subject in
            try await subject.ledger.change { transaction in
                try transaction.insert(Samples.project(1))
                try transaction.insert(Samples.joinedPair(1))
                var entry = Samples.inboxEntry(1, through: 1)
                try transaction.insert(entry)
                let pair = Samples.joinedPair(1).id
                try expectEqual(try transaction.owed(through: pair, limit: 9), [], "nothing yet")
                (entry.state, entry.owesResult) = (.delivered, true)
                try transaction.update(entry)
                try expectEqual(try transaction.owed(through: pair, limit: 9), [entry], "owed")
                try expectEqual(try transaction.owed(through: pair, limit: 0), [], "none at all")
                try expectEqual(try transaction.undelivered(through: pair), [], "all was told")
                entry.owesResult = false
                try transaction.update(entry)
                try expectEqual(try transaction.owed(through: pair, limit: 9), [], "handed over")
            }
        },
    ]

    private static func prepare(_ transaction: inout any LedgerTransaction) throws {
        for number in 1...2 { try transaction.insert(Samples.project(number)) }
        try transaction.insert(Samples.devicePair(1))
        for number in 1...6 { try transaction.insertWork(Samples.task(number)) }
    }
}
