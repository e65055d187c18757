internal import Dispatch
internal import Synchronization
#if canImport(System)
internal import System
#else
internal import SystemPackage
#endif
#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#elseif canImport(Darwin)
internal import Darwin
#endif

/// Waits for all pipes together on one thread, which is there only while there is something to wait for.
///
/// Dispatch's own read sources are not used for this: on Linux one whose pipe hangs up while its last bytes are told
/// brings the whole process down, about once in ten thousand pipes.
final class PipePoll: Sendable {
    /// Called once, on the waiting thread: it has to be brief.
    /// - Parameter mayHaveData: false when there is nothing but the end. A hint: only reading tells.
    typealias Ready = @Sendable (_ mayHaveData: Bool) -> Void

    private struct State {
        var watched: [Int32: Ready] = [:]
        var isWaiting = false
        var isWoken = false
    }

    private let queue = DispatchQueue(label: "offload.pipes")
    private let state = Mutex(State())
    private let wakeReadEnd: FileDescriptor?
    private let wakeWriteEnd: FileDescriptor?

    init() {
        let pipe = try? FileDescriptor.closingPipe()
        try? pipe?.readEnd.setNonBlocking()
        try? pipe?.writeEnd.setNonBlocking()
        wakeReadEnd = pipe?.readEnd
        wakeWriteEnd = pipe?.writeEnd
    }

    deinit {
        try? wakeReadEnd?.close()
        try? wakeWriteEnd?.close()
    }

    /// Calls `ready` once when there is something to read or the end was reached, unless `forget` comes first.
    func watch(_ descriptor: FileDescriptor, _ ready: @escaping Ready) {
        let (begins, wakes) = state.withLock { state in
            state.watched[descriptor.rawValue] = ready
            defer {
                state.isWaiting = true
                state.isWoken = true
            }
            return (!state.isWaiting, state.isWaiting && !state.isWoken)
        }
        if begins { queue.async { self.wait() } }
        if wakes { wake() }
    }

    /// - Returns: whether it was watched; then `ready` is not called any more.
    func forget(_ descriptor: FileDescriptor) -> Bool {
        // The waiting thread may still look at the descriptor; what it sees there is nobody's any more.
        state.withLock { $0.watched.removeValue(forKey: descriptor.rawValue) != nil }
    }

    private func wake() {
        try? withUnsafeBytes(of: UInt8(0)) { _ = try wakeWriteEnd?.write($0) }
    }

    private func wait() {
        var entries: [pollfd] = []
        while true {
            let goesOn = state.withLock { state in
                state.isWoken = false
                state.isWaiting = !state.watched.isEmpty
                entries.removeAll(keepingCapacity: true)
                if let wakeReadEnd { entries.append(Self.entry(wakeReadEnd.rawValue)) }
                for descriptor in state.watched.keys { entries.append(Self.entry(descriptor)) }
                return state.isWaiting
            }
            guard goesOn else { return }
            // Without a way to be woken (no descriptor was left for it) it has to look around by itself.
            guard poll(&entries, nfds_t(entries.count), wakeReadEnd == nil ? 10 : -1) > 0 else { continue }
            for entry in entries where entry.revents != 0 {
                if entry.fd == wakeReadEnd?.rawValue {
                    drain()
                    continue
                }
                let ready = state.withLock { $0.watched.removeValue(forKey: entry.fd) }
                ready?(entry.revents & Int16(POLLIN) != 0)
            }
        }
    }

    private static func entry(_ descriptor: Int32) -> pollfd {
        pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
    }

    private func drain() {
        withUnsafeTemporaryAllocation(byteCount: 64, alignment: 1) { buffer in
            while let count = try? wakeReadEnd?.read(into: buffer), count == buffer.count {}
        }
    }
}
