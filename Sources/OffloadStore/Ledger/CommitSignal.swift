import OffloadDomain
import Synchronization

/// Hands the events of each commit to listeners. Each listener has room for the newest few commits; a slower one misses
/// the oldest.
final class CommitSignal: Sendable {
    private struct State {
        var listeners: [(number: Int, continuation: AsyncStream<[RecordedEvent]>.Continuation)] = []
        var nextNumber = 0
        var isFinished = false
    }

    private let state = Mutex(State())

    private static let commitsKept = 16
    private static let eventsKept = 256

    func listen() -> AsyncStream<[RecordedEvent]> {
        let (stream, continuation) = AsyncStream.makeStream(
            of: [RecordedEvent].self, bufferingPolicy: .bufferingNewest(Self.commitsKept))
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

    /// - Parameter events: those of one commit, in order. Only the newest are handed on of very many: whoever wants them
    ///   all has to read.
    func send(_ events: [RecordedEvent]) {
        let handedOn = events.count > Self.eventsKept ? Array(events.suffix(Self.eventsKept)) : events
        // Outside of the lock: a listener that ends just now calls back into `remove`.
        for listener in state.withLock({ $0.listeners }) { listener.continuation.yield(handedOn) }
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
