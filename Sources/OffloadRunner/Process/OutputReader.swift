internal import Dispatch
internal import Synchronization
#if canImport(System)
internal import System
#else
internal import SystemPackage
#endif

/// Hands on what arrives in a pipe, piece by piece, without a thread of its own and without keeping any of it: while the
/// receiver is busy the pipe fills and the writer waits.
final class OutputReader: Sendable {
    typealias Receiver = @Sendable (UnsafeRawBufferPointer) -> Void

    private enum State {
        case waiting
        case reading(DispatchHandle<any DispatchSourceRead>)
        /// Somebody waits for the end.
        case finishing(CheckedContinuation<Bool, Never>, Deadlines.ID)
        case ended(sawEnd: Bool)
    }

    private static let pieceSize = 65_536
    /// How long a flood can hold the queue before a look at whether reading is to end.
    private static let piecesPerTurn = 16

    private let descriptor: FileDescriptor
    private let queue: DispatchQueue
    private let deadlines: Deadlines
    private let receive: Receiver
    private let state = Mutex(State.waiting)
    private let sawEnd = Atomic(false)

    /// - Parameters:
    ///   - descriptor: the pipe's reading end, which must not block; the reader closes it.
    ///   - queue: a serial queue, on which `receive` is called.
    init(
        _ descriptor: FileDescriptor, on queue: DispatchQueue, deadlines: Deadlines, receive: @escaping Receiver
    ) {
        self.descriptor = descriptor
        self.queue = queue
        self.deadlines = deadlines
        self.receive = receive
    }

    /// Begins to read. To be called once.
    func start() {
        let source = DispatchSource.makeReadSource(fileDescriptor: descriptor.rawValue, queue: queue)
        let handle = DispatchHandle(source: source)
        // The handlers keep the reader and the source alive until the source was cancelled.
        source.setEventHandler { self.readTurn(handle) }
        source.setCancelHandler { self.stopped() }
        state.withLock { $0 = .reading(handle) }
        source.activate()
    }

    /// Returns when everything was handed on, at the latest at `deadline`. After that nothing more is handed on.
    /// - Returns: false when the end of the stream was not reached.
    func finish(by deadline: ContinuousClock.Instant) async -> Bool {
        await withCheckedContinuation { continuation in
            let known: Bool? = state.withLock { state in
                switch state {
                case .waiting:
                    try? descriptor.close()
                    state = .ended(sawEnd: false)
                    return false
                case .reading(let handle):
                    let limit = deadlines.add(at: deadline) {
                        handle.source.cancel()
                        return nil
                    }
                    state = .finishing(continuation, limit)
                    return nil
                case .finishing:
                    return false
                case .ended(let sawEnd):
                    return sawEnd
                }
            }
            if let known { continuation.resume(returning: known) }
        }
    }

    private func readTurn(_ handle: DispatchHandle<any DispatchSourceRead>) {
        let source = handle.source
        withUnsafeTemporaryAllocation(byteCount: Self.pieceSize, alignment: 16) { buffer in
            for _ in 0..<Self.piecesPerTurn {
                guard !source.isCancelled else { return }
                do {
                    let count = try descriptor.read(into: buffer)
                    if count == 0 {
                        sawEnd.store(true, ordering: .relaxed)
                        return source.cancel()
                    }
                    receive(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
                } catch Errno.wouldBlock, Errno.resourceTemporarilyUnavailable {
                    return
                } catch {
                    return source.cancel()
                }
            }
            // The source tells of the end of a pipe once, maybe together with its last bytes: it would not call again.
            queue.async { self.readTurn(handle) }
        }
    }

    private func stopped() {
        try? descriptor.close()
        let sawEnd = sawEnd.load(ordering: .relaxed)
        let waiting: (CheckedContinuation<Bool, Never>, Deadlines.ID)? = state.withLock { state in
            defer { state = .ended(sawEnd: sawEnd) }
            guard case .finishing(let continuation, let limit) = state else { return nil }
            return (continuation, limit)
        }
        guard let (continuation, limit) = waiting else { return }
        deadlines.remove(limit)
        continuation.resume(returning: sawEnd)
    }
}
