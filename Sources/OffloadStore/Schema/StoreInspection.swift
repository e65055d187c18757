import GRDB
import OffloadDomain

/// Looks at a file that was there already, before anything may write to it.
struct StoreInspection {
    let file: StoreFile
    let schema: Schema

    /// - Throws: `OffloadError` of kind `unprocessable` when the file is damaged or newer than this program. Not a
    ///   byte of it is changed.
    func inspect() throws {
        do {
            let queue = try DatabaseQueue(path: file.path, configuration: StoreConfiguration.makeReadOnly())
            try queue.read { database in
                if file.wasUnclean { try check(database) }
                if try schema.migrator.hasBeenSuperseded(database) { throw newer }
            }
            try queue.close()
        } catch let error as DatabaseError {
            switch error.resultCode {
            case .SQLITE_NOTADB, .SQLITE_CORRUPT: throw damaged(error.message ?? "it is no SQLite file")
            default: throw error
            }
        }
    }

    private func check(_ database: Database) throws {
        let findings = try String.fetchAll(database, sql: "PRAGMA quick_check(3)")
        guard findings == ["ok"] else { throw damaged(findings.joined(separator: "; ")) }
    }

    private func damaged(_ findings: String) -> OffloadError {
        OffloadError(
            .unprocessable,
            """
            the ledger \(file.path) is damaged (\(findings)). Nothing in it was changed. Put a backup in its place \
            (remove \(StoreFile.name)-wal and \(StoreFile.name)-shm with it), or move it away to start with an \
            empty ledger
            """)
    }

    private var newer: OffloadError {
        OffloadError(
            .unprocessable,
            """
            the ledger \(file.path) was written by a newer version of offload. Install that version, or start with \
            another data folder (OFFLOAD_DATA_DIR)
            """)
    }
}
