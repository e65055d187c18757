import GRDB
import OffloadDomain

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// Copies of the ledger as it was before a new version changed its tables.
struct StoreBackup {
    /// How many copies are kept; the oldest go first.
    static let kept = 3

    let file: StoreFile

    /// Writes `offload-before-<migration>.sqlite` beside the ledger. It has its name only once it is whole and durable.
    func write(before migration: Schema.Migration, from pool: DatabasePool) throws {
        let destination = file.sibling("offload-before-\(migration.name).sqlite")
        let unfinished = destination + ".unfinished"
        try PrivateFile.remove(unfinished)
        try PrivateFile.make(unfinished)
        try pool.writeWithoutTransaction { database in
            try database.execute(sql: "VACUUM INTO ?", arguments: [unfinished])
        }
        try PrivateFile.flush(unfinished)
        try PrivateFile.rename(unfinished, to: destination)
        try PrivateFile.flush(file.folder)
        try removeOld()
    }

    private func removeOld() throws {
        let names = try FileManager.default.contentsOfDirectory(atPath: file.folder)
            .filter { $0.hasPrefix("offload-before-") && $0.hasSuffix(".sqlite") }
        // Migrations are numbered, so the order of names is the order of versions.
        for name in names.sorted().dropLast(Self.kept) { try PrivateFile.remove(file.sibling(name)) }
    }
}
