import OffloadDomain
import OffloadStore
import OffloadTesting
import Testing

@Suite struct SQLiteConformanceTests {
    @Test(arguments: LedgerConformance.checks)
    func conforms(_ check: LedgerConformance.Check) async throws {
        try await TemporaryFolder.with { folder in
            let ledger = try SQLiteLedger.open(folder: folder.path)
            defer { try? ledger.close() }
            try await check.run(LedgerConformance.Subject(ledger) { try ledger.close() })
        }
    }
}
