import Synchronization

/// Whether other devices are to be let in at all: while a code is open, or while there is a pair in which this device is the
/// source.
package final class PeerDoor: Sendable {
    package enum Reason: Sendable, Hashable {
        case openCode
        case pairs
    }

    private struct State {
        var reasons: Set<Reason> = []
        var listeners: [Int: AsyncStream<Bool>.Continuation] = [:]
        var next = 0
    }

    private let isEnabled: Bool
    private let state = Mutex(State())

    /// - Parameter isEnabled: `OFFLOAD_ENABLED`; when it is false the door stays shut.
    package init(isEnabled: Bool) { self.isEnabled = isEnabled }

    package var isOpen: Bool { state.withLock { isEnabled && !$0.reasons.isEmpty } }

    package func set(_ reason: Reason, to holds: Bool) {
        state.withLock { state in
            let before = !state.reasons.isEmpty
            if holds { state.reasons.insert(reason) } else { state.reasons.remove(reason) }
            let after = !state.reasons.isEmpty
            // Under the lock, so that listeners hear the changes in their order.
            if isEnabled, before != after { for listener in state.listeners.values { listener.yield(after) } }
        }
    }

    /// Tells every listener the present state once more.
    package func repeatState() {
        state.withLock { state in
            let isOpen = isEnabled && !state.reasons.isEmpty
            for listener in state.listeners.values { listener.yield(isOpen) }
        }
    }

    /// Whether it is open now, then each change; a slow listener hears the latest only.
    package func changes() -> AsyncStream<Bool> {
        let (stream, continuation) = AsyncStream.makeStream(of: Bool.self, bufferingPolicy: .bufferingNewest(1))
        let id = state.withLock { state in
            state.next += 1
            state.listeners[state.next] = continuation
            continuation.yield(isEnabled && !state.reasons.isEmpty)
            return state.next
        }
        continuation.onTermination = { [weak self] _ in self?.state.withLock { $0.listeners[id] = nil } }
        return stream
    }
}
