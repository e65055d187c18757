import GRDB
import OffloadDomain
import OffloadTesting
import Synchronization
import Testing

@testable import OffloadStore

/// No question that is asked often walks a table or sorts: the plans of the very statements that are run.
@Suite struct QueryPlanTests {
    /// What a plan says that grows with the table.
    private static func walks(_ statements: [String], _ database: Database) throws -> [String] {
        try statements.flatMap { statement in
            try Row.fetchAll(database, sql: "EXPLAIN QUERY PLAN \(statement)").map { $0["detail"] as String }
                .filter { $0.hasPrefix("SCAN") || $0.contains("TEMP B-TREE") }
                .map { "\($0): \(statement)" }
        }
    }

    /// Runs a body on the writer, then explains what it ran.
    private static func walks(
        of ledger: SQLiteLedger, _ body: (SQLiteTransaction) throws -> Void
    ) throws -> [String] {
        try ledger.withWriter { database in
            let statements = Mutex<[String]>([])
            try database.beginTransaction(.immediate)
            database.trace(options: .statement) { event in
                guard case .statement(let statement) = event else { return }
                let text = statement.expandedSQL
                statements.withLock { $0.append(text) }
            }
            defer { try? database.rollback() }
            try body(SQLiteTransaction(connection: Connection(database: database)))
            database.trace(nil)
            let run = statements.withLock { $0 }.filter { !$0.hasPrefix("--") }
            try #require(!run.isEmpty)
            return try walks(run, database)
        }
    }

    @Test func noQuestionOfTheQueueWalksTheBacklog() async throws {
        try await TemporaryFolder.with { folder in
            let ledger = try SQLiteLedger.open(folder: folder.path)
            try await ledger.change { transaction in
                for number in 1...3 {
                    try transaction.insert(Samples.project(number))
                    try transaction.insertWork(
                        Samples.task(number, of: number, lane: number == 2 ? Samples.batch(1) : nil))
                }
            }
            let project = Samples.project(1).id
            let page = try Page()
            let walks = try Self.walks(of: ledger) { transaction in
                _ = try transaction.nextPending(for: Samples.batch(1), excluding: [project])
                _ = try transaction.pending(assignedTo: Samples.batch(1), page: page)
                _ = try transaction.nextTaskPosition()
                _ = try transaction.openTask(of: Samples.idea(1).id)
                _ = try transaction.latestTask(of: Samples.idea(1).id)
                _ = try transaction.task(Samples.task(1).id)
                _ = try transaction.taskCounts()
                for filter in [
                    TaskFilter(projectID: project), TaskFilter(status: .pending),
                    TaskFilter(projectID: project, status: .failed), TaskFilter(projectID: project, openOnly: true),
                    TaskFilter(status: .running, openOnly: true), TaskFilter(openOnly: true),
                ] {
                    _ = try transaction.tasks(filter, page: page)
                    _ = try transaction.taskCount(filter)
                }
                var task = Samples.task(1, of: 1)
                (task.attempt, task.state) = (AttemptNumber(value: 1), .synced(.init(batch: Samples.batch(1))))
                try transaction.update(task, from: Samples.task(1, of: 1))
                let attempt = Attempt(key: task.attemptKey, batch: Samples.batch(1), createdAt: Samples.time())
                try transaction.insert(attempt)
                _ = try transaction.attempt(attempt.key)
                _ = try transaction.attempts(of: task.id)
            }
            #expect(walks == [])
            let offloading = try Self.walks(of: ledger) { transaction in
                let pair = Samples.devicePair(1).id
                _ = try transaction.claimable(by: pair, in: project, limit: 4)
                _ = try transaction.waiting(for: pair, limit: 4)
                _ = try transaction.tasks(TaskFilter(offloadedOnly: true), page: page)
                _ = try transaction.taskCount(TaskFilter(projectID: project, offloadedOnly: true))
                _ = try transaction.handover(Samples.task(1).attemptKey)
                _ = try transaction.waitingHandover(of: Samples.task(1).id)
                _ = try transaction.inboxEntry(Samples.task(1).attemptKey)
                _ = try transaction.undelivered(through: pair)
                _ = try transaction.outbox(through: pair, limit: 4)
                try transaction.removeOutbox(of: Samples.task(1).attemptKey)
            }
            #expect(offloading == [])
            try ledger.close()
        }
    }

    @Test func noQuestionOfTheBacklogWalksOtherProjects() async throws {
        try await TemporaryFolder.with { folder in
            let ledger = try SQLiteLedger.open(folder: folder.path)
            try await ledger.change { transaction in
                try transaction.insert(Samples.project(1))
                try transaction.insertWork(Samples.task(1))
                try transaction.record(.projectAdded(Samples.project(1)), at: Samples.time())
            }
            let project = Samples.project(1).id
            let page = try Page()
            let walks = try Self.walks(of: ledger) { transaction in
                for filter in [
                    IdeaFilter(projectID: project), IdeaFilter(status: .accepted),
                    IdeaFilter(projectID: project, text: "x"),
                    IdeaFilter(projectID: project, status: .accepted),
                ] {
                    _ = try transaction.ideas(filter, page: page)
                    _ = try transaction.ideaCount(filter)
                }
                _ = try transaction.idea(Samples.idea(1).id)
                _ = try transaction.project(path: "/")
                _ = try transaction.requirementExists(fileName: "a.md", in: project)
                _ = try transaction.events(after: 0, limit: 10)
                _ = try transaction.removeIdea(Samples.idea(1).id)
                _ = try transaction.removeProject(project)
            }
            #expect(walks == [])
            try ledger.close()
        }
    }

    /// Lists of everything are walks by nature, but in the order of the list, so that a page ends them.
    @Test func listsOfEverythingAreNotSorted() async throws {
        try await TemporaryFolder.with { folder in
            let ledger = try SQLiteLedger.open(folder: folder.path)
            try await ledger.change { _ = try $0.record(.projectAdded(Samples.project(1)), at: Samples.time()) }
            let page = try Page()
            let walks = try Self.walks(of: ledger) { transaction in
                _ = try transaction.ideas(IdeaFilter(), page: page)
                _ = try transaction.tasks(TaskFilter(), page: page)
                _ = try transaction.unfinishedAttempts()
                _ = try transaction.oldestEventPosition()
                _ = try transaction.projects()
            }
            #expect(walks.count == 5)
            #expect(walks.filter { $0.contains("TEMP B-TREE") } == [])
            #expect(walks.contains { $0.hasPrefix("SCAN attempts USING INDEX attempts_unfinished") })
            try ledger.close()
        }
    }

    /// The control: what the tests look for is what the planner says of a question without an index.
    @Test func aQuestionWithoutAnIndexIsSeen() async throws {
        try await TemporaryFolder.with { folder in
            let ledger = try SQLiteLedger.open(folder: folder.path)
            let walks = try Self.walks(of: ledger) { transaction in
                _ = try transaction.connection.number("SELECT 1 FROM tasks WHERE title = 'x' ORDER BY updated_at")
            }
            #expect(walks.count == 2)
            try ledger.close()
        }
    }

    /// 100,000 tasks wait in projects that may start nothing: the answer is right, and the statements are as many as
    /// the projects, not as the tasks.
    @Test func aLongBacklogOfExcludedProjectsCostsNothing() async throws {
        try await TemporaryFolder.with { folder in
            let ledger = try SQLiteLedger.open(folder: folder.path)
            try await ledger.change { transaction in
                for number in 1...3 { try transaction.insert(Samples.project(number)) }
                for number in 1...3 {
                    try transaction.insertWork(Samples.task(number, of: number, position: 1_000_000))
                }
            }
            try ledger.withWriter { database in
                try database.inTransaction {
                    try database.execute(
                        sql: """
                            WITH RECURSIVE n (k) AS (SELECT 10 UNION ALL SELECT k + 1 FROM n WHERE k < 100009)
                            INSERT INTO ideas (id, project_id, status, priority, created_at, updated_at, title,
                                               expected_paths, description)
                            SELECT 'i-' || k, 'p-' || (1 + k % 2), 'accepted', 0, 0, 0, 'Idea', '[]', '' FROM n;
                            INSERT INTO tasks (id, project_id, idea_id, requirement_id, queue, priority, position, attempt,
                                               interruptions, status, created_at, updated_at, title)
                            SELECT 't' || id, project_id, id, 'r-1', 'lanes', 9, sequence, 0, 0, 'pending', 0, 0, 'Idea'
                            FROM ideas WHERE length(title) = 4;
                            """)
                    return .commit
                }
            }
            let blocked = [1, 2].map { Samples.project($0).id }
            let (next, first, waiting) = try await ledger.read { reader in
                (
                    try reader.nextPending(for: Samples.batch(1), excluding: blocked),
                    try reader.nextPending(for: Samples.batch(1), excluding: []),
                    try reader.taskCount(TaskFilter(status: .pending))
                )
            }
            #expect(waiting == 100_003)
            #expect(next?.id == Samples.task(3).id)
            #expect(first?.id.rawValue == "ti-10")
            let statements = Mutex(0)
            try ledger.withWriter { database in
                database.trace(options: .statement) { _ in statements.withLock { $0 += 1 } }
                defer { database.trace(nil) }
                let reader = SQLiteReader(connection: Connection(database: database))
                _ = try reader.nextPending(for: Samples.batch(1), excluding: blocked)
            }
            // Three projects with waiting tasks and the end of their list, two heads of the one that may start, the
            // task.
            #expect(statements.withLock { $0 } == 7)
            try ledger.close()
        }
    }
}
