internal import Dispatch
internal import Synchronization
#if canImport(System)
internal import System
#else
internal import SystemPackage
#endif

/// Hands on what arrives in a pipe, piece by piece, without a thread of its own and without keeping any of it: while
/// the receiver is busy the pipe fills and the writer waits.
///
/// At any time one of three has the pipe: the poll waits for it, the queue reads from it, or it is closed. Only who
/// has it may read, give it on or close it.
final class OutputReader: Sendable {
    typealias Receiver = @Sendable (UnsafeRawBufferPointer) -> Void

    private enum State {
        case unstarted
        case reading
        /// Somebody waits for the end.
        case finishing(CheckedContinuation<Bool, Never>, Deadlines.ID)
        case ended(sawEnd: Bool)
    }

    private static let pieceSize = 65_536
    /// How long a flood can hold the queue before the session's other pipe gets its turn.
    private static let piecesPerTurn = 16

    private let descriptor: FileDescriptor
    private let queue: DispatchQueue
    private let poll: PipePoll
    private let deadlines: Deadlines
    private let receive: Receiver
    private let state = Mutex(State.unstarted)
    private let isGivenUp = Atomic(false)

    /// - Parameters:
    ///   - descriptor: the pipe's reading end, which must not block; the reader closes it.
    ///   - queue: a serial queue, on which `receive` is called.
    init(
        _ descriptor: FileDescriptor, on queue: DispatchQueue, poll: PipePoll, deadlines: Deadlines,
        receive: @escaping Receiver
    ) {
        self.descriptor = descriptor
        self.queue = queue
        self.poll = poll
        self.deadlines = deadlines
        self.receive = receive
    }

    /// Begins to read. To be called once.
    func start() {
        state.withLock { $0 = .reading }
        waitForMore()
    }

    /// Returns when everything was handed on, at the latest at `deadline`. After that nothing more is handed on.
    /// - Returns: false when the end of the stream was not reached.
    func finish(by deadline: ContinuousClock.Instant) async -> Bool {
        await withCheckedContinuation { continuation in
            let known: Bool? = state.withLock { state in
                switch state {
                case .unstarted:
                    try? descriptor.close()
                    state = .ended(sawEnd: false)
                    return false
                case .reading:
                    let limit = deadlines.add(at: deadline) {
                        self.giveUp()
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

    private func waitForMore() {
        poll.watch(descriptor) { mayHaveData in
            if mayHaveData {
                self.queue.async { self.readTurn() }
            } else {
                // Most often the end of a program that wrote nothing: not worth a change of threads.
                self.readTurn()
            }
        }
    }

    private func giveUp() {
        isGivenUp.store(true, ordering: .sequentiallyConsistent)
        queue.async {
            // If it is not the poll that has the pipe, a turn is on its way and will see that it was given up.
            if self.poll.forget(self.descriptor) { self.end(sawEnd: false) }
        }
    }

    private func readTurn() {
        withUnsafeTemporaryAllocation(byteCount: Self.pieceSize, alignment: 16) { buffer in
            for _ in 0..<Self.piecesPerTurn {
                if isGivenUp.load(ordering: .sequentiallyConsistent) { return end(sawEnd: false) }
                do {
                    let count = try descriptor.read(into: buffer)
                    if count == 0 { return end(sawEnd: true) }
                    receive(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
                } catch Errno.wouldBlock, Errno.resourceTemporarilyUnavailable {
                    return waitAgain()
                } catch {
                    return end(sawEnd: false)
                }
            }
            queue.async { self.readTurn() }
        }
    }

    private func waitAgain() {
        waitForMore()
        // It may have been given up between the look and the wait.
        if isGivenUp.load(ordering: .sequentiallyConsistent), poll.forget(descriptor) { end(sawEnd: false) }
    }

    private func end(sawEnd: Bool) {
        try? descriptor.close()
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
