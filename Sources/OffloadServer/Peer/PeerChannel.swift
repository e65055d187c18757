import HummingbirdCore
import Logging
import NIOCore
import NIOSSL

/// A connection of the device listener: admitted or closed, then TLS 1.3, then HTTP/1.1 with deadlines.
struct PeerChannel: ServerChildChannel {
    typealias Value = HTTP1Channel.Value

    private let base: HTTP1Channel
    private let tls: NIOSSLContext
    private let book: ConnectionBook

    /// Most header bytes of a request.
    private static let headerLimit = 16 * 1024

    init(
        tls: NIOSSLContext, book: ConnectionBook, deadlines: PhaseDeadlines.Limits,
        responder: @escaping HTTPChannelHandler.Responder
    ) {
        self.tls = tls
        self.book = book
        base = HTTP1Channel(
            responder: responder,
            configuration: HTTP1Channel.Configuration(
                additionalChannelHandlers: [PhaseDeadlines(limits: deadlines, book: book)],
                httpDecoderConfiguration: .init(
                    maxHeaderFieldSize: Self.headerLimit, maxHeaderListSize: Self.headerLimit,
                    maxHeaderFieldCount: 50)))
    }

    func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<Value> {
        channel.eventLoop.makeCompletedFuture {
            guard book.admit(channel) else {
                // Whoever refuses has to close: nobody else would.
                channel.close(promise: nil)
                throw ChannelError.ioOnClosedChannel
            }
            try channel.pipeline.syncOperations.addHandler(NIOSSLServerHandler(context: tls))
        }.flatMap {
            base.setup(channel: channel, logger: logger)
        }
    }

    func handle(value: Value, logger: Logger) async { await base.handle(value: value, logger: logger) }
}
