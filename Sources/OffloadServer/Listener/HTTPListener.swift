import HTTPTypes
import Hummingbird
import HummingbirdCore
import Logging
import NIOCore
import OffloadDomain
import OffloadWire
import ServiceLifecycle
import Synchronization

/// Answers HTTP/1.1 on one address.
///
/// The library's `Application` does the same and more: it wakes an idle device every second to have the text of one header
/// ready. Here that text is made when a response needs it.
struct HTTPListener<Responder: HTTPResponder>: Service
where Responder.Context: InitializableFromSource<ApplicationRequestContextSource> {
    let responder: Responder
    let server: HTTPServerBuilder
    let address: BindAddress
    let clock: any WallClock
    let logger: Logger
    /// Called with the channel that accepts connections once it does.
    let listening: @Sendable (any Channel) async -> Void

    /// Returns after a graceful shutdown; throws when the address can't be listened on.
    func run() async throws {
        let date = ResponseDate(clock: clock)
        let service = try server.buildServer(
            configuration: ServerConfiguration(address: address),
            eventLoopGroup: EventLoopGroupProvider.singleton.eventLoopGroup, logger: logger
        ) { [responder, logger] request, writer, channel in
            let context = Responder.Context(source: ApplicationRequestContextSource(channel: channel, logger: logger))
            var response = try await responder.respond(to: request, context: context)
            response.headers[.date] = date.text
            try await writer.write(response: response.head, body: response.body)
        } onServerRunning: { channel in
            await listening(channel)
        }
        try await service.run()
    }
}

/// The present second as a header says it, made once per second at most.
private final class ResponseDate: Sendable {
    private let clock: any WallClock
    private let latest = Mutex<(second: Int64, text: String)?>(nil)

    init(clock: any WallClock) { self.clock = clock }

    var text: String {
        let now = clock.now()
        let second = now.milliseconds / 1_000
        return latest.withLock { latest in
            if let latest, latest.second == second { return latest.text }
            let text = now.httpDate
            latest = (second, text)
            return text
        }
    }
}
