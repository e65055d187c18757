import Hummingbird
import NIOCore
import OffloadDomain
import ServiceLifecycle
import Synchronization

/// A response that goes on until its source ends, the client leaves, the device shuts down, or the client takes nothing for
/// longer than `writeLimit`.
enum StreamedBody {
    private static let writeLimit = Duration.seconds(30)

    /// Where the source writes to. A write returns when the connection has taken the bytes.
    struct Output: Sendable {
        fileprivate let writer: ExclusiveWriter
        fileprivate let watchdog: WriteWatchdog

        func write(_ buffer: ByteBuffer) async throws {
            watchdog.began()
            try await writer.write(buffer)
            watchdog.ended()
        }
    }

    static func write(
        to writer: inout any ResponseBodyWriter, of request: Request,
        _ source: @escaping @Sendable (Output) async throws -> Void
    ) async throws {
        let watchdog = WriteWatchdog(limit: writeLimit)
        let exclusive = ExclusiveWriter(writer)
        do {
            try await request.body.consumeWithCancellationOnInboundClose { _ in
                try await withThrowingTaskGroup(of: Void.self) { group in
                    group.addTask {
                        try await cancelWhenGracefulShutdown {
                            try await source(Output(writer: exclusive, watchdog: watchdog))
                        }
                    }
                    group.addTask { try await watchdog.run() }
                    try await group.next()
                    group.cancelAll()
                }
            }
        } catch is CancellationError {
            // The client left or the device stops; the response just ends.
        }
        writer = exclusive.writer
        try await writer.finish(nil)
    }
}

/// Lends the response's writer to the one child task that writes.
///
/// Unchecked, because the library's writer is not `Sendable`. It is sound: only the source's task writes, one write at a
/// time, and the lender touches the writer again only after that task has ended.
private final class ExclusiveWriter: @unchecked Sendable {
    var writer: any ResponseBodyWriter

    init(_ writer: any ResponseBodyWriter) { self.writer = writer }

    func write(_ buffer: ByteBuffer) async throws { try await writer.write(buffer) }
}

/// Ends a stream whose client takes nothing: a stalled write would wait for ever.
private final class WriteWatchdog: Sendable {
    private let limit: Duration
    private let writingSince = Mutex<ContinuousClock.Instant?>(nil)

    init(limit: Duration) { self.limit = limit }

    func began() { writingSince.withLock { $0 = .now } }
    func ended() { writingSince.withLock { $0 = nil } }

    /// - Throws: `OffloadError` when a write took longer than the limit, or `CancellationError`.
    func run() async throws {
        while true {
            try await Task.sleep(for: limit / 4)
            let since = writingSince.withLock { $0 }
            if let since, ContinuousClock.now - since > limit {
                throw OffloadError(.device, "a client took nothing for \(limit)")
            }
        }
    }
}
