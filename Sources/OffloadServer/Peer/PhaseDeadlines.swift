import NIOCore
import NIOHTTPTypes

/// Closes a connection on which the next step takes too long: the first request (the TLS handshake included), the next piece
/// of a body, the next request.
///
/// Runs on the connection's event loop alone.
final class PhaseDeadlines: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPRequestPart
    typealias OutboundIn = HTTPResponsePart
    typealias OutboundOut = HTTPResponsePart

    struct Limits: Sendable {
        var firstHead = TimeAmount.seconds(10)
        var bodyProgress = TimeAmount.seconds(10)
        /// Between the end of an answer and the next request, for strangers and for paired devices.
        var idleStranger = TimeAmount.seconds(10)
        var idle = TimeAmount.seconds(120)
    }

    private let limits: Limits
    private let book: ConnectionBook
    private var deadline: Scheduled<Void>?

    init(limits: Limits, book: ConnectionBook) {
        self.limits = limits
        self.book = book
    }

    func handlerAdded(context: ChannelHandlerContext) {
        wait(limits.firstHead, context)
    }

    func handlerRemoved(context: ChannelHandlerContext) { deadline?.cancel() }

    func channelInactive(context: ChannelHandlerContext) {
        deadline?.cancel()
        context.fireChannelInactive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head, .body: wait(limits.bodyProgress, context)
        // Answering may take as long as it takes; a stream has a watchdog of its own.
        case .end: deadline?.cancel()
        }
        context.fireChannelRead(data)
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        if case .end = unwrapOutboundIn(data) {
            wait(book.isStranger(context.channel) ? limits.idleStranger : limits.idle, context)
        }
        context.write(data, promise: promise)
    }

    private func wait(_ limit: TimeAmount, _ context: ChannelHandlerContext) {
        deadline?.cancel()
        let channel = context.channel
        deadline = context.eventLoop.scheduleTask(in: limit) { channel.close(promise: nil) }
    }
}
