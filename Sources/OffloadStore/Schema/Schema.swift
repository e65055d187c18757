import GRDB
import OffloadDomain

/// The tables, as the history of how they came to be.
struct Schema: Sendable {
    /// One step of the history. Once released it is never edited: files that went through it would differ from new
    /// ones.
    struct Migration: Sendable {
        /// Stands in file names of backups.
        let name: String
        let sql: String
    }

    let migrations: [Migration]

    static let current = Schema(migrations: [.ledger, .lighter, .pairs, .offload, .results, .pausedPairs, .agentNames])

    var migrator: DatabaseMigrator {
        var migrator = DatabaseMigrator()
        for migration in migrations {
            migrator.registerMigration(migration.name) { database in try database.execute(sql: migration.sql) }
        }
        return migrator
    }

    /// Runs the migrations that the file lacks. A file that holds something is copied first.
    func bringUpToDate(_ pool: DatabasePool, file: StoreFile) throws {
        let applied = try pool.writeWithoutTransaction(migrator.appliedIdentifiers)
        guard let next = migrations.first(where: { !applied.contains($0.name) }) else { return }
        if !applied.isEmpty { try StoreBackup(file: file).write(before: next, from: pool) }
        try migrator.migrate(pool)
    }
}
