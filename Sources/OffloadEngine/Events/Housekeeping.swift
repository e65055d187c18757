import AsyncAlgorithms
import Logging
import OffloadDomain
import ServiceLifecycle

/// Forgets old events, once at the start and then every hour.
package struct Housekeeping: Service {
    private let context: EngineContext

    /// Events are kept this long …
    package static let eventAge = Duration.seconds(7 * 24 * 60 * 60)
    /// … and never more than this many.
    package static let eventLimit = 200_000
    private static let pace = Duration.seconds(60 * 60)

    package init(context: EngineContext) { self.context = context }

    package func run() async throws {
        await clean()
        for await _ in AsyncTimerSequence(interval: Self.pace, clock: .continuous).cancelOnGracefulShutdown() {
            await clean()
        }
    }

    /// - Returns: how many events went.
    @discardableResult
    package func clean() async -> Int {
        let now = context.clock.now().milliseconds
        let oldest = Timestamp(milliseconds: now - Self.eventAge.components.seconds * 1_000)
        do {
            return try await context.ledger.change { transaction in
                try transaction.pruneEvents(before: oldest, keeping: Self.eventLimit)
            }
        } catch {
            context.logger.warning("old events not forgotten: \(error)")
            return 0
        }
    }
}
