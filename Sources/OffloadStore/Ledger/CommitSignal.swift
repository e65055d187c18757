import Synchronization

/// Tells listeners of the newest event. Each listener has room for one position, so a slow one costs nothing and sees
/// only the newest.
final class CommitSignal: Sendable {
    private struct State {
        var listeners: [(number: Int, continuation: AsyncStream<Int64>.Continuation)] = []
        var nextNumber = 0
        var isFinished = false
    }

    private let state = Mutex(State())

    func listen() -> AsyncStream<Int64> {
        let (stream, continuation) = AsyncStream.makeStream(of: Int64.self, bufferingPolicy: .bufferingNewest(1))
        let number = state.withLock { state -> Int? in
            guard !state.isFinished else { return nil }
            defer { state.nextNumber += 1 }
            state.listeners.append((state.nextNumber, continuation))
            return state.nextNumber
        }
        guard let number else {
            continuation.finish()
            return stream
        }
        continuation.onTermination = { [weak self] _ in self?.remove(number) }
        return stream
    }

    func send(_ position: Int64) {
        // Outside of the lock: a listener that ends just now calls back into `remove`.
        for listener in state.withLock({ $0.listeners }) { listener.continuation.yield(position) }
    }

    func finish() {
        let listeners = state.withLock { state in
            state.isFinished = true
            return state.listeners
        }
        for listener in listeners { listener.continuation.finish() }
    }

    private func remove(_ number: Int) {
        state.withLock { state in state.listeners.removeAll { $0.number == number } }
    }
}
