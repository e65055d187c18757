import Foundation
import GRDB
import OffloadDomain
import OffloadTesting
import Testing

@testable import OffloadStore

@Suite struct OpeningTests {
    private static func later(_ count: Int) -> Schema {
        Schema(
            migrations: Schema.current.migrations
                + (0..<count).map { number in
                    Schema.Migration(
                        name: "900\(number + 2)-more",
                        sql: "CREATE TABLE more\(number) (id INTEGER PRIMARY KEY) STRICT;")
                })
    }

    private static func open(_ folder: TemporaryFolder, _ schema: Schema = .current) throws -> SQLiteLedger {
        try SQLiteLedger.open(folder: folder.path, crashPoint: NoCrashPoint(), schema: schema)
    }

    private static func content(of folder: TemporaryFolder) throws -> [String: Data] {
        var content: [String: Data] = [:]
        // The index of the write-ahead log is made anew by every reader and holds nothing.
        for name in try folder.names() where !name.hasSuffix("-shm") { content[name] = try folder.bytes(name) }
        return content
    }

    @Test func aLedgerOfANewerVersionIsRefusedAndLeftAsItIs() async throws {
        try await TemporaryFolder.with { folder in
            let newer = try Self.open(folder, Self.later(1))
            try await newer.change { try $0.insert(Samples.project(1)) }
            try newer.close()
            let before = try Self.content(of: folder)
            let error = #expect(throws: OffloadError.self) { try Self.open(folder) }
            #expect(error?.kind == .unprocessable)
            #expect(error?.message.contains("newer version") == true)
            #expect(try Self.content(of: folder).filter { !$0.value.isEmpty } == before.filter { !$0.value.isEmpty })
            let again = try Self.open(folder, Self.later(1))
            #expect(try await again.read { try $0.projects() } == [Samples.project(1)])
            try again.close()
        }
    }

    @Test func anOlderLedgerIsCopiedBeforeItIsChanged() async throws {
        try await TemporaryFolder.with { folder in
            let old = try Self.open(folder)
            try await old.change { try $0.insert(Samples.project(1)) }
            try old.close()
            #expect(try !folder.names().contains { $0.hasPrefix("offload-before") }, "a new ledger needs no copy")

            let new = try Self.open(folder, Self.later(1))
            #expect(try await new.read { try $0.projects() } == [Samples.project(1)])
            try new.close()
            #expect(try folder.mode("offload-before-9002-more.sqlite") == 0o600)

            try await TemporaryFolder.with { restored in
                try restored.write(folder.bytes("offload-before-9002-more.sqlite"), to: "offload.sqlite")
                let ledger = try Self.open(restored)
                #expect(try await ledger.read { try $0.projects() } == [Samples.project(1)])
                try ledger.close()
            }
        }
    }

    /// What a device of the first version wrote, found by one of today.
    @Test func aLedgerOfTheFirstVersionKeepsEverything() async throws {
        try await TemporaryFolder.with { folder in
            let old = try Self.open(folder, Schema(migrations: [.ledger]))
            let events = try await old.change { transaction in
                try transaction.insert(Samples.project(1))
                for number in 1...3 {
                    try transaction.insert(Samples.idea(number))
                    try transaction.record(.taskQueued(Samples.task(number)), at: Samples.time(Int64(number)))
                }
                _ = try transaction.pruneEvents(keeping: 2)
                return try transaction.events(after: 0, limit: 10)
            }
            #expect(events.map(\.position) == [2, 3])
            try old.withWriter { database in try database.execute(sql: Self.workOfTheFirstVersion) }
            try old.close()

            let new = try Self.open(folder)
            try await new.change { transaction in
                #expect(try transaction.events(after: 0, limit: 10) == events)
                #expect(try transaction.tasks(TaskFilter(openOnly: true), page: Page()).count == 3)
                let waiting = try transaction.pending(assignedTo: Samples.batch(2), page: Page())
                #expect(waiting == [Samples.task(2, lane: Samples.batch(2))])
                let task = Samples.task(1, attempt: 1, state: .synced(.init(batch: Samples.batch(1))))
                #expect(try transaction.heldTasks() == [task])
                #expect(try transaction.requirement(task.requirementID) == Samples.requirement(1))
                let attempts = try transaction.attempts(of: task.id)
                #expect(attempts == [Attempt(key: task.attemptKey, batch: Samples.batch(1), createdAt: Samples.time())])
                #expect(try transaction.record(.projectAdded(Samples.project(1)), at: Samples.time()) == 4)
            }
            try new.close()
        }
    }

    /// Three ideas at work: the first held, the second waiting for lane 2, the third for any.
    private static let workOfTheFirstVersion = """
        INSERT INTO requirements (id, idea_id, project_id, created_at, file_name, content)
            SELECT 'r-' || substr(id, 3), id, project_id, created_at, 'idea-' || substr(id, 3) || '.md',
                '# Idea ' || substr(id, 3) || char(10)
            FROM ideas;
        INSERT INTO tasks (id, project_id, idea_id, requirement_id, lane, priority, position, attempt, interruptions,
                           status, batch, phase, created_at, updated_at, title)
            SELECT 't-' || substr(id, 3), project_id, id, 'r-' || substr(id, 3), iif(id = 'i-2', 2, NULL), 0,
                CAST(substr(id, 3) AS INTEGER), id = 'i-1', 0, iif(id = 'i-1', 'synced', 'pending'),
                iif(id = 'i-1', 1, NULL), iif(id = 'i-1', 'working', NULL), created_at, created_at,
                'Idea ' || substr(id, 3)
            FROM ideas;
        INSERT INTO attempts (task_id, number, batch, created_at, status)
            SELECT id, 1, 1, created_at, 'starting' FROM tasks WHERE attempt = 1;
        """

    @Test func theNewestCopiesAreKept() async throws {
        try await TemporaryFolder.with { folder in
            for count in 0...5 { try Self.open(folder, Self.later(count)).close() }
            #expect(
                try folder.names().filter { $0.hasPrefix("offload-before") }
                    == (4...6).map { "offload-before-900\($0)-more.sqlite" })
        }
    }

    @Test func whatIsNoLedgerIsRefusedAndLeftAsItIs() async throws {
        try await TemporaryFolder.with { folder in
            let garbage = Data("This is a letter, not a ledger. ".utf8 + [UInt8](repeating: 7, count: 8_192))
            try folder.write(garbage, to: "offload.sqlite")
            let error = #expect(throws: OffloadError.self) { try Self.open(folder) }
            #expect(error?.kind == .unprocessable)
            #expect(error?.message.contains(folder.file("offload.sqlite")) == true)
            #expect(try folder.bytes("offload.sqlite") == garbage)
        }
    }

    @Test func aFileThatWasSpoiledInACrashIsFoundAndLeftAsItIs() async throws {
        try await TemporaryFolder.with { folder in
            let ledger = try Self.open(folder)
            try await ledger.change { transaction in
                try transaction.insert(Samples.project(1))
                for number in 1...300 { try transaction.insert(Samples.idea(number)) }
            }
            try ledger.close()
            var file = try folder.bytes("offload.sqlite")
            // One page of ideas; the list of tables and of migrations stays whole.
            let idea = try #require(file.range(of: Data("Idea 150".utf8)))
            let page = idea.lowerBound / 4_096 * 4_096
            file.replaceSubrange(page..<(page + 4_096), with: repeatElement(0xA5, count: 4_096))
            try folder.write(file, to: "offload.sqlite")

            // The control: after an orderly end nobody looks.
            try Self.open(folder).close()

            try folder.write(file, to: "offload.sqlite")
            try folder.write(Data(), to: "running")
            let error = #expect(throws: OffloadError.self) { try Self.open(folder) }
            #expect(error?.kind == .unprocessable)
            #expect(error?.message.contains("damaged") == true)
            #expect(try folder.bytes("offload.sqlite") == file)
            #expect(folder.exists("running"), "the next start looks again")
        }
    }

    @Test func aLedgerThatWasLeftInTheMiddleOpensWhenItIsWhole() async throws {
        try await TemporaryFolder.with { folder in
            let ledger = try Self.open(folder)
            try await ledger.change { try $0.insert(Samples.project(1)) }
            try ledger.close()
            try folder.write(Data(), to: "running")
            let reopened = try Self.open(folder)
            #expect(try await reopened.read { try $0.projects() } == [Samples.project(1)])
            try reopened.close()
            #expect(!folder.exists("running"))
        }
    }
}
