import GRDB
import OffloadDomain
import OffloadTesting
import Testing

@testable import OffloadStore

@Suite struct DurabilityTests {
    private func synchronous(_ database: Database) throws -> Int? {
        try Int.fetchOne(database, sql: "PRAGMA synchronous")
    }

    @Test func everyCommitWaitsForTheDisk() async throws {
        try await TemporaryFolder.with { folder in
            for _ in 0..<2 {
                let ledger = try SQLiteLedger.open(folder: folder.path)
                #expect(try ledger.withWriter(synchronous) == 2)
                try ledger.close()
            }
        }
    }

    /// The control: without our own word the library's setting would hold, under which a power cut loses commits.
    @Test func theLibraryAloneWouldNotWait() async throws {
        try await TemporaryFolder.with { folder in
            let pool = try DatabasePool(path: folder.file("x.sqlite"), configuration: StoreConfiguration.make())
            #expect(try pool.writeWithoutTransaction(synchronous) == 1)
            try pool.writeWithoutTransaction(StoreConfiguration.makeDurable)
            #expect(try pool.writeWithoutTransaction(synchronous) == 2)
            try pool.close()
        }
    }

    @Test func connectionsAreSetUpAsTheyAreMeantToBe() async throws {
        try await TemporaryFolder.with { folder in
            let ledger = try SQLiteLedger.open(folder: folder.path)
            try ledger.withWriter { (database: Database) throws -> Void in
                #expect(try String.fetchOne(database, sql: "PRAGMA journal_mode") == "wal")
                #expect(try Int.fetchOne(database, sql: "PRAGMA foreign_keys") == 1)
                #expect(try Int.fetchOne(database, sql: "PRAGMA cache_size") == -1024)
                #expect(try Int.fetchOne(database, sql: "PRAGMA wal_autocheckpoint") == 1_000)
            }
            try ledger.close()
        }
    }

    /// What the disk holds at any moment is enough, also without the index of the write-ahead log, which is lost in a
    /// crash.
    @Test func whatWasAcknowledgedIsThereAfterACrash() async throws {
        try await TemporaryFolder.with { folder in
            let ledger = try SQLiteLedger.open(folder: folder.path)
            // Many, because the tables themselves are at the beginning of the log.
            for number in 1...100 {
                try await ledger.change { transaction in
                    try transaction.insert(Samples.project(number))
                    try transaction.record(.projectAdded(Samples.project(number)), at: Samples.time())
                }
            }
            let (file, log) = (try folder.bytes("offload.sqlite"), try folder.bytes("offload.sqlite-wal"))
            try ledger.close()

            for (lengthOfLog, expected) in [(log.count, 100...100), (log.count * 3 / 4, 1...99)] {
                try await TemporaryFolder.with { copy in
                    try copy.write(file, to: "offload.sqlite")
                    try copy.write(log.prefix(lengthOfLog), to: "offload.sqlite-wal")
                    try copy.write(log.prefix(0), to: "running")
                    let reopened = try SQLiteLedger.open(folder: copy.path)
                    let (projects, events) = try await reopened.read { reader in
                        (try reader.projects(), try reader.events(after: 0, limit: 1_000))
                    }
                    // A part of the log is the control: then some are missing, but never one without its event.
                    #expect(expected.contains(projects.count))
                    #expect(projects == (0..<projects.count).map { Samples.project($0 + 1) })
                    #expect(events.map(\.projectID) == projects.map(\.id))
                    try reopened.close()
                }
            }
        }
    }

    @Test func anOrderlyCloseLeavesOneFile() async throws {
        try await TemporaryFolder.with { folder in
            let ledger = try SQLiteLedger.open(folder: folder.path)
            try await ledger.change { try $0.insert(Samples.project(1)) }
            #expect(folder.exists("running"))
            try ledger.close()
            try ledger.close()
            #expect(try folder.names().filter { !$0.hasSuffix("-shm") && !$0.hasSuffix("-wal") } == ["offload.sqlite"])
            if folder.exists("offload.sqlite-wal") { #expect(try folder.bytes("offload.sqlite-wal").isEmpty) }
        }
    }

    @Test func onlyTheOwnerMayReadTheFiles() async throws {
        try await TemporaryFolder.with { folder in
            let ledger = try SQLiteLedger.open(folder: folder.path)
            for name in ["offload.sqlite", "offload.sqlite-wal", "offload.sqlite-shm", "running"] {
                #expect(try folder.mode(name) == 0o600, "\(name)")
            }
            try ledger.close()
        }
    }
}
