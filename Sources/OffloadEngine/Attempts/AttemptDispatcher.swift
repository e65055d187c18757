package import OffloadDomain
import Synchronization

/// Carries attempts from the transactions that hand them out to the service that runs them, and wishes to stop to the
/// attempts that run. Holds at most one entry per lane.
package final class AttemptDispatcher: Sendable {
    private let signals = Mutex<[AttemptKey: StopSignal]>([:])
    private let continuation: AsyncStream<Start>.Continuation
    let starts: AsyncStream<Start>

    struct Start: Sendable {
        let order: HandedOut
        let signal: StopSignal
    }

    package init() {
        (starts, continuation) = AsyncStream.makeStream(of: Start.self)
    }

    /// Call it once the hand-out is durable.
    package func start(_ orders: [HandedOut]) {
        for order in orders {
            let signal = StopSignal()
            signals.withLock { $0[order.key] = signal }
            continuation.yield(Start(order: order, signal: signal))
        }
    }

    /// An attempt that does not run here any more is not disturbed. One that is about to start reads the ledger before it
    /// starts an agent, so a wish that comes too early for it is not lost.
    package func stop(_ key: AttemptKey, _ reason: StopReason) {
        signals.withLock { $0[key] }?.request(reason)
    }

    func stopAll(_ reason: StopReason) {
        for signal in signals.withLock({ Array($0.values) }) { signal.request(reason) }
    }

    func ended(_ key: AttemptKey) {
        signals.withLock { $0[key] = nil }
    }

    /// No more attempts will be started.
    func close() { continuation.finish() }
}
