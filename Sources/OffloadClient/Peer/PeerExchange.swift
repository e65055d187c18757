import AsyncHTTPClient
import NIOCore
import NIOHTTP1
import OffloadDomain
import OffloadWire

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif
#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// Requests to one source, under the key of one pair or, while pairing, under none.
struct PeerExchange: SourceConnection {
    let http: HTTPClient
    let address: PeerAddress
    let key: PairKey?

    /// An answer may have this many bytes.
    private static let answerLimit = 256 * 1024
    /// What was pulled may have this many.
    private static let pullLimit = 64 * 1024 * 1024
    private static let requestLimit = TimeAmount.seconds(20)
    /// A bundle has to be made before its first byte comes.
    private static let bundleLimit = TimeAmount.seconds(600)
    /// The last part of a result is answered when it was looked at and taken over.
    private static let resultLimit = TimeAmount.seconds(900)

    // MARK: - Paired traffic

    func confirmStored() async throws { _ = try await post("handshake", HandshakeRequest(step: .stored)) }

    func heartbeat(_ heartbeat: Presence.Heartbeat, holding keys: [AttemptKey]) async throws -> AttemptWishes {
        let bytes = try await post("heartbeat", HeartbeatRequest(heartbeat, holding: keys))
        return try Self.understand(HeartbeatAnswer.self, bytes) { try $0.wishes() }
    }

    func pull(slots: Int) async throws -> [Offer] {
        let response = try await execute(request(.GET, "pull?slots=\(slots)"), limit: Self.requestLimit)
        let bytes = Array(try await response.body.collect(upTo: Self.pullLimit).readableBytesView)
        return try Self.understand(PullView.self, bytes) { try $0.offers() }
    }

    func report(_ messages: [OutboxMessage]) async throws -> [Acknowledgement] {
        let bytes = try await post("status", json: StatusRequest.body(of: messages))
        return try Self.understand(AcknowledgementView.self, bytes) { view in
            guard let answers = view.answers(to: messages) else { throw PeerClient.notUnderstood }
            return answers
        }
    }

    func send(_ part: LogShipment) async throws -> Int64 {
        let bytes = try await post("log", LogChunk(part))
        return try Self.understand(LogPosition.self, bytes) { $0.next }
    }

    func base(
        of key: AttemptKey, known: [CommitHash], _ take: @Sendable ([UInt8]) throws -> Void
    ) async throws {
        let names = known.prefix(BaseLimits.known).map(\.hex).joined(separator: ",")
        let response = try await execute(
            request(.GET, "base?taskId=\(key.task)&attempt=\(key.number)&known=\(names)"), limit: Self.bundleLimit)
        for try await piece in response.body { try take(Array(piece.readableBytesView)) }
    }

    func files(
        _ digests: [String], of key: AttemptKey, _ take: @Sendable ([UInt8]) throws -> Void
    ) async throws {
        let body = Array(try JSONEncoder().encode(FilesRequest(digests, of: key)))
        let response = try await answer(
            to: "base/files", body, type: "application/json", within: Self.bundleLimit)
        for try await piece in response.body { try take(Array(piece.readableBytesView)) }
    }

    func announce(_ announcement: ResultAnnouncement, of idea: IdeaID) async throws -> ResultReceipt {
        let body = Array(try JSONEncoder().encode(CommitRequest(announcement, of: idea)))
        let bytes = try await post("commit", body, type: "application/json", within: Self.resultLimit)
        return try Self.understand(ReceiptView.self, bytes) { try $0.receipt() }
    }

    func send(_ part: [UInt8], at offset: Int64, of key: AttemptKey) async throws -> ResultReceipt {
        let bytes = try await post(
            "commit/bundle?taskId=\(key.task)&attempt=\(key.number)&offset=\(offset)", part,
            type: "application/octet-stream", within: Self.resultLimit)
        return try Self.understand(ReceiptView.self, bytes) { try $0.receipt() }
    }

    /// - Throws: `OffloadError` of kind `device`: whoever answers is not understood, which says nothing of what was asked.
    private static func understand<View: Decodable, Value>(
        _ type: View.Type, _ bytes: [UInt8], _ read: (View) throws -> Value
    ) throws -> Value {
        do {
            return try read(try JSONDecoder().decode(type, from: Data(bytes)))
        } catch {
            throw OffloadError(.device, PeerClient.notUnderstood.message)
        }
    }

    func disconnect() async throws { _ = try await post("disconnect", DoneView()) }

    func follow(_ body: @Sendable (SourceNotice) async throws -> Void) async throws {
        let response = try await execute(request(.GET, "events"), limit: nil)
        var parser = ServerSentEventParser()
        for try await buffer in response.body {
            for event in try parser.take(buffer.readableBytesView) {
                switch event.name {
                case "connected": try await body(.connected)
                case "revoked": try await body(.revoked)
                case "work": try await body(.work)
                case "cancel":
                    let name = try? JSONDecoder().decode(AttemptName.self, from: Data(event.data.utf8))
                    guard let key = try name?.key() else { continue }
                    try await body(.cancel(key))
                // A source that knows more than this device says nothing that it has to understand.
                default: continue
                }
            }
        }
    }

    // MARK: - Plumbing

    func handshake(_ message: HandshakeRequest) async throws -> HandshakeAnswer {
        let bytes = try await post("handshake", message)
        do {
            return try JSONDecoder().decode(HandshakeAnswer.self, from: Data(bytes))
        } catch {
            throw PeerClient.notUnderstood
        }
    }

    func post(_ path: String, _ body: some Encodable) async throws -> [UInt8] {
        try await post(path, json: Array(try JSONEncoder().encode(body)))
    }

    private func post(_ path: String, json: [UInt8]) async throws -> [UInt8] {
        try await post(path, json, type: "application/json", within: Self.requestLimit)
    }

    private func post(_ path: String, _ body: [UInt8], type: String, within limit: TimeAmount) async throws -> [UInt8] {
        let response = try await answer(to: path, body, type: type, within: limit)
        return Array(try await response.body.collect(upTo: Self.answerLimit).readableBytesView)
    }

    private func answer(
        to path: String, _ body: [UInt8], type: String, within limit: TimeAmount
    ) async throws -> HTTPClientResponse {
        var request = request(.POST, path)
        request.headers.add(name: "Content-Type", value: type)
        request.body = .bytes(body)
        return try await execute(request, limit: limit)
    }

    private func request(_ method: HTTPMethod, _ path: String) -> HTTPClientRequest {
        var request = HTTPClientRequest(url: "https://\(address)/api/bridge/offload/\(path)")
        request.method = method
        request.headers.add(name: PeerProtocol.header, value: String(PeerProtocol.version))
        if let key { request.headers.add(name: "X-Bridge-API-Key", value: key.reveal) }
        return request
    }

    private func execute(_ request: HTTPClientRequest, limit: TimeAmount?) async throws -> HTTPClientResponse {
        let response = try await http.answer(to: request, within: limit) {
            OffloadError(
                .device,
                "\(address) can't be reached (\(Self.words($0))); is the other device running, and is the address right?"
            )
        }
        guard (200..<300).contains(response.status.code) else { throw try await Self.refusal(response) }
        return response
    }

    private static func words(_ error: any Error) -> String {
        let waiting: [HTTPClientError] = [
            .connectTimeout, .getConnectionFromPoolTimeout, .tlsHandshakeTimeout, .readTimeout, .deadlineExceeded,
        ]
        return switch error {
        case let error as HTTPClientError where waiting.contains(error): "no answer in time"
        case let error as HTTPClientError where error == .remoteConnectionClosed: "it closed the connection"
        case let error as IOError: String(cString: strerror(error.errnoCode))
        default: "\(error)"
        }
    }

    private static func refusal(_ response: HTTPClientResponse) async throws -> OffloadError {
        let body = try await response.body.collect(upTo: Self.answerLimit)
        guard let view = try? JSONDecoder().decode(ErrorView.self, from: Data(body.readableBytesView)),
            view.message.utf8.count <= 1_000
        else {
            return OffloadError(.unprocessable, "what answers there is no device of ours (\(response.status.code))")
        }
        return view.domain
    }
}
