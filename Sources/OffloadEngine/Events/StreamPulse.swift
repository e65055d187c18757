import AsyncAlgorithms
import ServiceLifecycle

/// Lets every stream say every 15 seconds that it is alive, so that a dead connection is noticed on both sides.
package struct StreamPulse: Service {
    private let interval: Duration
    private let pulse: @Sendable () -> Void

    package init(interval: Duration = .seconds(15), pulse: @escaping @Sendable () -> Void) {
        self.interval = interval
        self.pulse = pulse
    }

    package func run() async throws {
        for await _ in AsyncTimerSequence(interval: interval, clock: .continuous).cancelOnGracefulShutdown() {
            pulse()
        }
    }
}
