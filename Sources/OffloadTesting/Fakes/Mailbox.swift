import Synchronization

/// Things that happen one after another, and that a test takes out one by one, waiting for the next.
package final class Mailbox<Value: Sendable>: Sendable {
    private struct State {
        /// What was put in, followed by what is waited for: a latch that is taken before it opens is a waiting test.
        var latches: [Latch<Value>] = []
        var taken = 0
        var put = 0
    }

    private let state = Mutex(State())

    package init() {}

    package func put(_ value: Value) {
        let latch = state.withLock { state -> Latch<Value> in
            defer { state.put += 1 }
            return Self.latch(state.put, in: &state)
        }
        latch.open(value)
    }

    /// The oldest value that was not taken yet.
    /// - Throws: `CancellationError` when the waiting task is cancelled.
    package func take() async throws -> Value {
        let latch = state.withLock { state -> Latch<Value> in
            defer { state.taken += 1 }
            return Self.latch(state.taken, in: &state)
        }
        return try await latch.wait()
    }

    /// Everything that was ever put in.
    package var all: [Value] { state.withLock { $0.latches }.compactMap(\.opened) }

    private static func latch(_ index: Int, in state: inout State) -> Latch<Value> {
        while state.latches.count <= index { state.latches.append(Latch()) }
        return state.latches[index]
    }
}
