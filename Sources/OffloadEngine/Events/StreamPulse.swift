import AsyncAlgorithms
import ServiceLifecycle

/// Lets every stream say every 15 seconds that it is alive, so that a dead connection is noticed on both sides.
package struct StreamPulse: Service {
    private let hub: EventHub
    private let interval: Duration

    package init(hub: EventHub, interval: Duration = .seconds(15)) {
        self.hub = hub
        self.interval = interval
    }

    package func run() async throws {
        for await _ in AsyncTimerSequence(interval: interval, clock: .continuous).cancelOnGracefulShutdown() {
            hub.pulse()
        }
    }
}
