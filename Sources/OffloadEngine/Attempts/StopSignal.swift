import OffloadDomain
import Synchronization

/// A wish to end one attempt, heard by whatever the attempt is doing at the time and by everything that it does later.
final class StopSignal: Sendable {
    private struct State {
        var reason: StopReason?
        var listeners: [Int: AsyncStream<StopReason>.Continuation] = [:]
        var next = 0
    }

    private let state = Mutex(State())

    /// The first wish, if there was one.
    var reason: StopReason? { state.withLock { $0.reason } }

    /// The first wish counts; later ones change nothing.
    func request(_ reason: StopReason) {
        let listeners = state.withLock { state -> [AsyncStream<StopReason>.Continuation] in
            guard state.reason == nil else { return [] }
            state.reason = reason
            defer { state.listeners = [:] }
            return Array(state.listeners.values)
        }
        for listener in listeners {
            listener.yield(reason)
            listener.finish()
        }
    }

    /// A stream of its own for each listener: a stream dies with the task that listens to it.
    func listen() -> AsyncStream<StopReason> {
        let (stream, continuation) = AsyncStream.makeStream(of: StopReason.self, bufferingPolicy: .bufferingOldest(1))
        let reason = state.withLock { state -> StopReason? in
            guard state.reason == nil else { return state.reason }
            let id = state.next
            state.next += 1
            state.listeners[id] = continuation
            continuation.onTermination = { [weak self] _ in self?.forget(id) }
            return nil
        }
        if let reason {
            continuation.yield(reason)
            continuation.finish()
        }
        return stream
    }

    private func forget(_ id: Int) {
        state.withLock { $0.listeners[id] = nil }
    }
}
