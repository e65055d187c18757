import Synchronization

/// Something that happens once, and that tests wait for instead of sleeping. Waiting after it has happened returns at once.
package final class Latch<Value: Sendable>: Sendable {
    private enum State {
        case closed(waiting: [Int: CheckedContinuation<Value, any Error>], next: Int)
        case open(Value)
    }

    private let state = Mutex(State.closed(waiting: [:], next: 0))

    package init() {}

    /// The first value counts; later ones change nothing.
    package func open(_ value: Value) {
        let waiting = state.withLock { state -> [CheckedContinuation<Value, any Error>] in
            guard case .closed(let waiting, _) = state else { return [] }
            state = .open(value)
            return Array(waiting.values)
        }
        for continuation in waiting { continuation.resume(returning: value) }
    }

    /// The value, if it has happened.
    package var opened: Value? {
        state.withLock { state in
            if case .open(let value) = state { value } else { nil }
        }
    }

    /// - Throws: `CancellationError` when the waiting task is cancelled.
    package func wait() async throws -> Value {
        let id = state.withLock { state -> Int in
            guard case .closed(let waiting, let next) = state else { return 0 }
            state = .closed(waiting: waiting, next: next + 1)
            return next
        }
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                let value = state.withLock { state -> Result<Value, any Error>? in
                    switch state {
                    case .open(let value): return .success(value)
                    case .closed where Task.isCancelled: return .failure(CancellationError())
                    case .closed(var waiting, let next):
                        waiting[id] = continuation
                        state = .closed(waiting: waiting, next: next)
                        return nil
                    }
                }
                if let value { continuation.resume(with: value) }
            }
        } onCancel: {
            let continuation = state.withLock { state -> CheckedContinuation<Value, any Error>? in
                guard case .closed(var waiting, let next) = state else { return nil }
                let continuation = waiting.removeValue(forKey: id)
                state = .closed(waiting: waiting, next: next)
                return continuation
            }
            continuation?.resume(throwing: CancellationError())
        }
    }
}

extension Latch where Value == Void {
    package func open() { open(()) }
}
