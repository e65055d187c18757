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
    private static let answerLimit = 64 * 1024
    private static let requestLimit = TimeAmount.seconds(20)

    // MARK: - Paired traffic

    func confirmStored() async throws { _ = try await post("handshake", HandshakeRequest(step: .stored)) }

    func heartbeat(_ heartbeat: Presence.Heartbeat) async throws {
        _ = try await post("heartbeat", HeartbeatRequest(heartbeat))
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
        var request = request(.POST, path)
        request.headers.add(name: "Content-Type", value: "application/json")
        request.body = .bytes(Array(try JSONEncoder().encode(body)))
        let response = try await execute(request, limit: Self.requestLimit)
        return Array(try await response.body.collect(upTo: Self.answerLimit).readableBytesView)
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
