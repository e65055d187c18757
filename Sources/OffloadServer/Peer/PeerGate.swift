import HTTPTypes
import Hummingbird
import OffloadCrypto
import OffloadDomain
import OffloadEngine
import OffloadWire

/// Stands in front of every route of the device listener: which pair a request belongs to is said by its key alone, never by
/// anything in it.
struct PeerGate: RouterMiddleware {
    typealias Context = PeerContext

    let devices: PairedDevices
    let book: ConnectionBook
    /// Paths that take requests without a key too.
    let openPaths: [String]

    static let unknown = OffloadError(.unauthorized, "this pair is over or was never completed; pair the devices anew")

    func handle(
        _ request: Request, context: PeerContext, next: (Request, PeerContext) async throws -> Response
    ) async throws -> Response {
        var response: Response
        do {
            var context = context
            try checkVersion(request)
            context.pair = try await pair(of: request, context)
            try checkContentType(request)
            response = try await next(request, context)
        } catch {
            response = ErrorResponse.make(from: error, logger: context.logger)
        }
        response.headers[.xContentTypeOptions] = "nosniff"
        return response
    }

    private func checkVersion(_ request: Request) throws(OffloadError) {
        let versions = request.headers[values: .peerProtocol]
        guard versions == [String(PeerProtocol.version)] else {
            throw OffloadError(
                .unprocessable,
                "this device speaks protocol \(PeerProtocol.version) in \(PeerProtocol.header); bring Offload up to date"
            )
        }
    }

    private func pair(of request: Request, _ context: PeerContext) async throws -> DevicePair? {
        let keys = request.headers[values: .bridgeKey]
        let isOpen = openPaths.contains(request.uri.path)
        guard !keys.isEmpty || !isOpen else { return nil }
        guard keys.count == 1, keys[0].utf8.count == 64 else { throw Self.unknown }
        let digest = PairKeyDigest.hex(of: keys[0])
        guard let pair = devices.pair(keyDigest: digest) else {
            // The answer is how the other device learns that the pair was ended here.
            await devices.heardOfItsEnd(keyDigest: digest)
            throw Self.unknown
        }
        // Half a pair opens nothing but the way to its other half.
        guard pair.status == .active || isOpen else { throw Self.unknown }
        book.recognise(context.channel, as: pair.id)
        return pair
    }

    private func checkContentType(_ request: Request) throws(OffloadError) {
        guard request.method == .post else { return }
        let type = request.uri.path == PeerResultRoutes.bundlePath ? "application/octet-stream" : "application/json"
        guard request.headers[values: .contentType] == [type] else {
            throw OffloadError(.unsupportedMediaType, "send this with Content-Type: \(type)")
        }
    }
}
