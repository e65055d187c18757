package import OffloadDomain
import Synchronization

/// Carries attempts from the transactions that hand them out to the service that runs them, and wishes to stop to the
/// attempts that run. Holds at most one entry per lane.
package final class AttemptDispatcher: Sendable {
    private struct State {
        var signals: [AttemptKey: StopSignal] = [:]
        var isStopping = false
    }

    private let state = Mutex(State())
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
            let isStopping = state.withLock { state in
                state.signals[order.key] = signal
                return state.isStopping
            }
            // Handed out before the device began to stop: it is ended in an orderly way, like those that run.
            if isStopping { signal.request(.shutdown) }
            continuation.yield(Start(order: order, signal: signal))
        }
    }

    /// An attempt that does not run here any more is not disturbed. One that is about to start reads the ledger before it
    /// starts an agent, so a wish that comes too early for it is not lost.
    package func stop(_ key: AttemptKey, _ reason: StopReason) {
        state.withLock { $0.signals[key] }?.request(reason)
    }

    /// Asks every attempt to end; `starts` ends when all of them have.
    func shutDown() {
        let signals = state.withLock { state in
            state.isStopping = true
            return Array(state.signals.values)
        }
        for signal in signals { signal.request(.shutdown) }
        if signals.isEmpty { continuation.finish() }
    }

    /// To be called after `start` was called with whatever the end brought.
    func ended(_ key: AttemptKey) {
        let isDone = state.withLock { state in
            state.signals[key] = nil
            return state.isStopping && state.signals.isEmpty
        }
        if isDone { continuation.finish() }
    }
}
