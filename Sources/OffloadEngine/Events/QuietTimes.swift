import AsyncAlgorithms
package import OffloadDomain
import ServiceLifecycle

/// Does something once whenever nothing was recorded for a while after something was.
package struct QuietTimes: Service {
    private let commits: AsyncStream<[RecordedEvent]>
    private let patience: Duration
    private let action: @Sendable () -> Void

    /// - Parameters:
    ///   - patience: how long nothing must have been recorded.
    ///   - action: must be brief.
    package init(ledger: any Ledger, patience: Duration = .seconds(60), action: @escaping @Sendable () -> Void) {
        commits = ledger.commits()
        self.patience = patience
        self.action = action
    }

    package func run() async throws {
        for await _ in commits.debounce(for: patience, clock: .continuous).cancelOnGracefulShutdown() {
            action()
        }
    }
}
