import OffloadDomain

/// Brings wishes to stop to the attempts of this device.
struct AttemptStops: Sendable {
    let context: EngineContext
    let dispatcher: AttemptDispatcher
    let attempts: AttemptDecisions

    /// The wish reaches the attempt whether it runs or was only handed out; of one that is over nothing is kept.
    func end(_ key: AttemptKey) async throws {
        guard !dispatcher.stop(key, .cancelled) else { return }
        let isHeld = try await context.ledger.read { [attempts] in try attempts.isHeld(key, in: $0) }
        if !isHeld { dispatcher.forget(key) }
    }
}
