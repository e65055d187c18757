import Hummingbird
import NIOCore
import OffloadDomain
import OffloadEngine
import OffloadWire

/// What paired devices may ask of this one.
struct PeerRoutes: Sendable {
    let devices: PairedDevices
    let handovers: Handovers

    /// A heartbeat may name a thousand attempts.
    private static let bodyLimit = 128 * 1024

    func heartbeat(_ request: Request, _ context: PeerContext) async throws -> Response {
        let pair = try context.paired()
        let body = try await request.json(HeartbeatRequest.self, limit: Self.bodyLimit, patience: 0)
        try await devices.heard(try body.heartbeat(), from: pair.id)
        return JSONResponse.make(HeartbeatAnswer(try await handovers.renew(try body.keys(), from: pair)))
    }

    func disconnect(_ request: Request, _ context: PeerContext) async throws -> Response {
        let pair = try context.paired()
        try await devices.disconnect(pair.id, reason: "disconnected by \(pair.targetName)", isKnownThere: true)
        return JSONResponse.make(DoneView())
    }

    /// What wakes a target: server-sent events for as long as the pair lives.
    func events(_ request: Request, _ context: PeerContext) throws -> Response {
        let notices = try devices.notices(for: context.paired().id)
        return Response(
            status: .ok,
            headers: [.contentType: "text/event-stream; charset=utf-8", .cacheControl: "no-store"],
            body: ResponseBody { writer in
                try await StreamedBody.write(to: &writer, of: request) { output in
                    for await notice in notices { try await output.write(try Self.frame(notice)) }
                }
            })
    }

    private static func frame(_ notice: PairedDevices.Notice) throws -> ByteBuffer {
        switch notice {
        case .connected: ByteBuffer(string: "event: connected\ndata: {}\n\n")
        case .quiet: ByteBuffer(string: ": ping\n\n")
        case .work: ByteBuffer(string: "event: work\ndata: {}\n\n")
        case .cancel(let key):
            ByteBuffer(
                string: "event: cancel\ndata: {\"attempt\":\(key.number),\"taskId\":\"\(key.task)\"}\n\n")
        case .revoked: ByteBuffer(string: "event: revoked\ndata: {}\n\n")
        }
    }
}
