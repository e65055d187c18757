package import OffloadDomain
import Synchronization

/// Logs in memory.
package final class FakeLogs: LogLibrary {
    private struct State {
        var bytes: [AttemptKey: [UInt8]] = [:]
        var finished: [AttemptKey] = []
        var listeners: [AttemptKey: [AsyncStream<Void>.Continuation]] = [:]
    }

    private let state = Mutex(State())

    package init() {}

    // MARK: - For tests

    package func append(_ text: String, to key: AttemptKey) {
        let listeners = state.withLock { state in
            state.bytes[key, default: []].append(contentsOf: text.utf8)
            return state.listeners[key] ?? []
        }
        for listener in listeners { listener.yield() }
    }

    /// The attempts whose logs were finished, in order.
    package var finished: [AttemptKey] { state.withLock { $0.finished } }

    // MARK: - LogLibrary

    package func read(_ key: AttemptKey, from offset: Int64, limit: Int) async throws -> LogPart {
        let bytes = state.withLock { $0.bytes[key] ?? [] }
        let start = Int(max(0, min(offset, Int64(bytes.count))))
        return LogPart(
            bytes: Array(bytes[start...].prefix(max(0, limit))), offset: Int64(start), total: Int64(bytes.count))
    }

    package func append(_ bytes: [UInt8], at offset: Int64, to key: AttemptKey) async throws -> Int64 {
        let (total, listeners) = state.withLock { state in
            let known = state.bytes[key, default: []].count
            state.bytes[key, default: []] += bytes.dropFirst(max(0, known - Int(offset)))
            return (Int64(state.bytes[key, default: []].count), state.listeners[key] ?? [])
        }
        for listener in listeners { listener.yield() }
        return total
    }

    package func growth(of key: AttemptKey) -> AsyncStream<Void> {
        let (stream, continuation) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
        let isFinished = state.withLock { state in
            if state.finished.contains(key) { return true }
            state.listeners[key, default: []].append(continuation)
            return false
        }
        if isFinished { continuation.finish() }
        return stream
    }

    package func finish(_ key: AttemptKey) {
        let listeners = state.withLock { state in
            state.finished.append(key)
            return state.listeners.removeValue(forKey: key) ?? []
        }
        for listener in listeners { listener.finish() }
    }
}
