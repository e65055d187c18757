package import OffloadDomain

extension Ledger {
    /// Waits until the record shows what is looked for; looked at after each commit that recorded an event.
    /// - Throws: `CancellationError` when the waiting task is cancelled or the ledger closes before.
    package func wait<Value: Sendable>(
        for question: @escaping @Sendable (any LedgerReader) throws -> Value?
    ) async throws -> Value {
        // Asked for first and looked at then, so that no commit falls in between.
        let commits = commits()
        if let value = try await read(question) { return value }
        for await _ in commits {
            if let value = try await read(question) { return value }
        }
        throw CancellationError()
    }
}
