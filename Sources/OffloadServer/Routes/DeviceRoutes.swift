import Hummingbird
import OffloadCrypto
import OffloadDomain
import OffloadEngine
import OffloadWire

/// The device itself: who it is, and how a browser gets in.
struct DeviceRoutes {
    let bridge: Bridge

    static let all = [
        ControlRoute(.get, "/api/bridge/status") { bridge, _, _ in try await DeviceRoutes(bridge: bridge).status() },
        ControlRoute(.post, "/api/bridge/session", access: .open) { bridge, request, _ in
            let body = try await request.json(SessionRequest.self, limit: 4_096)
            let session = try bridge.sessions.redeem(body.secret)
            return JSONResponse.make(SessionView(key: session.key.reveal, expires: session.expires))
        },
        ControlRoute(.post, "/api/bridge/link", access: .deviceKey) { bridge, _, _ in
            DeviceRoutes(bridge: bridge).link()
        },
    ]

    private func status() async throws -> Response {
        let context = bridge.context
        let (counts, held) = try await context.ledger.read { (try $0.taskCounts(), try $0.heldTasks()) }
        return JSONResponse.make(
            StatusView(
                version: context.device.version, deviceId: context.device.id, deviceName: context.device.name,
                connectedClients: bridge.hub.watcherCount, activeBatches: held.count, slots: context.device.slots,
                tasks: counts, timestamp: context.clock.now()))
    }

    /// The secret stands in the fragment, which no browser sends anywhere.
    private func link() -> Response {
        let secret = bridge.sessions.makeLink()
        let authority = bridge.own.authorities.first ?? ""
        return JSONResponse.make(
            LinkView(
                url: "http://\(authority)/zen#\(secret.reveal)",
                expiresInSeconds: Int(Sessions.linkLifetime.components.seconds)))
    }
}
