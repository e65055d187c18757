import AsyncAlgorithms
import Logging
import OffloadDomain
import ServiceLifecycle

/// Forgets old events, once at the start and then every hour.
package struct Housekeeping: Service {
    private let context: EngineContext

    /// The newest events that are kept. Their age does not count: a wall clock that jumps must not make every watcher start
    /// anew.
    package static let eventLimit = 200_000
    private static let pace = Duration.seconds(60 * 60)

    private let eventLimit: Int

    package init(context: EngineContext, eventLimit: Int = Housekeeping.eventLimit) {
        self.context = context
        self.eventLimit = eventLimit
    }

    package func run() async throws {
        await clean()
        for await _ in AsyncTimerSequence(interval: Self.pace, clock: .continuous).cancelOnGracefulShutdown() {
            await clean()
        }
    }

    /// - Returns: how many events went.
    @discardableResult
    package func clean() async -> Int {
        do {
            return try await context.ledger.change { [eventLimit] transaction in
                try transaction.pruneEvents(keeping: eventLimit)
            }
        } catch {
            context.logger.warning("old events not forgotten: \(error)")
            return 0
        }
    }
}
