package import OffloadDomain
import Synchronization

/// Carries attempts from the transactions that hand them out to the service that runs them, and wishes to stop to the
/// attempts that run.
package final class AttemptDispatcher: Sendable {
    private struct State {
        /// At most one per lane.
        var signals: [AttemptKey: StopSignal] = [:]
        /// Wishes for attempts that were handed out and that nobody was told to run yet.
        var early: [AttemptKey: StopReason] = [:]
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
            let wish = state.withLock { state -> StopReason? in
                state.signals[order.key] = signal
                // Handed out before the device began to stop: it is ended in an orderly way, like those that run.
                return state.early.removeValue(forKey: order.key) ?? (state.isStopping ? .shutdown : nil)
            }
            if let wish { signal.request(wish) }
            continuation.yield(Start(order: order, signal: signal))
        }
    }

    /// Asks an attempt to end. A wish that comes before the attempt was told to run waits for it.
    /// - Returns: false when it waits. The caller then has to see whether the attempt is held still, and to `forget` the
    ///   wish when it is over.
    package func stop(_ key: AttemptKey, _ reason: StopReason) -> Bool {
        let signal = state.withLock { state -> StopSignal? in
            if state.signals[key] == nil { state.early[key] = reason }
            return state.signals[key]
        }
        signal?.request(reason)
        return signal != nil
    }

    /// Drops a wish that waits.
    package func forget(_ key: AttemptKey) {
        state.withLock { $0.early[key] = nil }
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
