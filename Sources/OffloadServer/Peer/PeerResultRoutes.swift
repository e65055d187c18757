import Hummingbird
import OffloadDomain
import OffloadEngine
import OffloadWire

/// How results come from paired devices: announced, then sent part by part.
struct PeerResultRoutes: Sendable {
    let intake: ResultIntake

    static let bundlePath = "/api/bridge/offload/commit/bundle"
    private static let announcementLimit = 64 * 1024

    func announce(_ request: Request, _ context: PeerContext) async throws -> Response {
        let pair = try context.paired()
        let body = try await request.json(CommitRequest.self, limit: Self.announcementLimit, patience: 0)
        if let named = body.devicePairId { try PeerTaskRoutes.check(named, isOf: pair) }
        let receipt = try await intake.announce(try body.announcement(), from: pair.id)
        return JSONResponse.make(ReceiptView(receipt))
    }

    func take(_ request: Request, _ context: PeerContext) async throws -> Response {
        let pair = try context.paired()
        guard let task = try request.query("taskId"), let attempt = try request.integerQuery("attempt"),
            let offset = try request.integerQuery("offset"), offset >= 0
        else { throw OffloadError(.invalidRequest, "taskId, attempt and offset are needed") }
        let key = AttemptKey(task: try TaskID(parsing: task), number: try AttemptNumber(checked: attempt))
        let part = try await request.collected(upTo: ResultIntake.partLimit, patience: ResultIntake.partLimit)
        let receipt = try await intake.take(
            Array(part.readableBytesView), at: Int64(offset), of: key, from: pair.id)
        return JSONResponse.make(ReceiptView(receipt))
    }
}
