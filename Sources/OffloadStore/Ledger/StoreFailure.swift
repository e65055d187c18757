import GRDB
import OffloadDomain

/// What SQLite refuses, in the words of the product.
enum StoreFailure {
    static let closed = OffloadError(.device, "the ledger is closed: this device is shutting down")

    /// SQLite gave up the transaction under a body that went on.
    static let transactionLost = OffloadError(
        .device, "the change was given up because an earlier statement of it failed; nothing of it was written")

    static func translate(_ error: any Error) -> any Error {
        guard let failure = error as? DatabaseError else { return error }
        return translate(failure)
    }

    /// The failure of a whole commit: whoever took part in it learns this and nothing else.
    static func ofCommit(_ error: any Error) -> OffloadError {
        switch translate(error) {
        case let refusal as OffloadError where isFatal(error):
            OffloadError(.device, "\(refusal.message). Nothing more is written until this device is started again")
        case let refusal as OffloadError where refusal.kind == .device: refusal
        case let other: OffloadError(.device, "the change could not be written: \(other)")
        }
    }

    /// After an input or output error nobody knows what reached the disk, and trying again can hide the loss.
    static func isFatal(_ error: any Error) -> Bool {
        guard let failure = error as? DatabaseError else { return false }
        return [.SQLITE_IOERR, .SQLITE_CORRUPT, .SQLITE_NOTADB].contains(failure.resultCode)
    }

    private static func translate(_ failure: DatabaseError) -> OffloadError {
        switch (failure.resultCode, failure.extendedResultCode) {
        case (_, .SQLITE_CONSTRAINT_UNIQUE), (_, .SQLITE_CONSTRAINT_PRIMARYKEY):
            OffloadError(.conflict, "this is there already, or would stand beside what excludes it: \(reason(failure))")
        case (_, .SQLITE_CONSTRAINT_FOREIGNKEY):
            OffloadError(.notFound, "what this belongs to is not there")
        case (.SQLITE_CONSTRAINT, _):
            OffloadError(.device, "a state that cannot be was refused: \(reason(failure))")
        case (.SQLITE_FULL, _):
            OffloadError(.device, "the change was not written: the disk is full. Free some space and try again")
        case (.SQLITE_CORRUPT, _), (.SQLITE_NOTADB, _):
            OffloadError(.device, "the ledger's file is damaged (\(reason(failure)))")
        case (.SQLITE_MISUSE, _) where failure.message == "Connection is closed":
            closed
        default:
            OffloadError(
                .device, "the ledger failed: \(reason(failure)) (SQLite \(failure.extendedResultCode.rawValue))")
        }
    }

    private static func reason(_ failure: DatabaseError) -> String {
        failure.message ?? "no reason given"
    }
}
