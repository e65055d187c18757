import HTTPTypes
import Hummingbird
import HummingbirdCore
package import Logging
import NIOCore
import OffloadEngine
import ServiceLifecycle

/// The control listener: the Bridge API on loopback.
package struct ControlServer: Service {
    private let listener: HTTPListener<RouterResponder<BasicRequestContext>>

    /// Most header bytes of a request.
    private static let headerLimit = 16 * 1024
    /// A connection on which nothing is asked for this long is closed.
    private static let idleLimit = TimeAmount.seconds(120)

    /// - Parameters:
    ///   - port: 0 for any free one.
    ///   - listening: called with the port once requests are answered.
    package init(bridge: Bridge, port: Int, logger: Logger, listening: @escaping @Sendable (Int) async -> Void) {
        let own = bridge.own
        let routes = Self.routes + Self.pages
        let router = Router(context: BasicRequestContext.self)
        router.add(
            middleware: ControlGate(
                sessions: bridge.sessions, own: own, publicRoutes: Self.names(of: routes, with: .open),
                ownerRoutes: Self.names(of: routes, with: .deviceKey)))
        for route in routes {
            router.on(RouterPath(route.path), method: route.method) { request, context in
                try await route.handler(bridge, request, context)
            }
        }
        listener = HTTPListener(
            responder: router.buildResponder(),
            server: .http1(
                configuration: HTTP1Channel.Configuration(
                    idleTimeout: Self.idleLimit,
                    httpDecoderConfiguration: .init(
                        maxHeaderFieldSize: Self.headerLimit, maxHeaderListSize: Self.headerLimit,
                        maxHeaderFieldCount: 100))),
            address: .hostname("127.0.0.1", port: port), clock: bridge.context.clock, logger: logger
        ) { channel in
            let bound = channel.localAddress?.port ?? port
            own.set(port: bound)
            await listening(bound)
        }
    }

    package func run() async throws { try await listener.run() }

    private static func names(
        of routes: [ControlRoute], with access: ControlRoute.Access
    ) -> [ControlGate.NamedRoute] {
        routes.filter { $0.access == access }.map { .init(method: $0.method, path: $0.path) }
    }

    /// The files of the page, which hold no data.
    package static let pages = PageRoutes.all

    /// Every route of the Bridge API.
    package static let routes =
        DeviceRoutes.all + ProjectRoutes.all + IdeaRoutes.all + QueueRoutes.all + LogRoute.all + EventStreamRoute.all
        + PairingRoutes.all + OffloadRoutes.all + ResultRoutes.all
}
