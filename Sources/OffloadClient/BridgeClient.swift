import AsyncHTTPClient
import NIOCore
import NIOHTTP1
import NIOPosix
package import OffloadCrypto
package import OffloadDomain
import OffloadWire

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// Talks to a device's Bridge API on this machine.
package struct BridgeClient: Sendable {
    private let http: HTTPClient
    private let base: String
    private let key: Secret

    /// An answer that is collected may have this many bytes.
    private static let answerLimit = 64 * 1024 * 1024
    /// A stream on which nothing, not even a ping, came for this long is dead.
    private static let silenceLimit = TimeAmount.seconds(45)
    private static let requestLimit = TimeAmount.seconds(60)

    /// Opens connections for the duration of `body` and closes them afterwards, however it ends.
    /// - Parameter address: `host:port` of the control listener.
    package static func with<Value: Sendable>(
        address: String, key: Secret, _ body: @Sendable (BridgeClient) async throws -> Value
    ) async throws -> Value {
        var configuration = HTTPClient.Configuration()
        // A redirect would carry the key to wherever it points.
        configuration.redirectConfiguration = .disallow
        configuration.timeout.connect = .seconds(5)
        configuration.timeout.read = silenceLimit
        configuration.httpVersion = .http1Only
        let http = HTTPClient(
            eventLoopGroupProvider: .shared(MultiThreadedEventLoopGroup.singleton), configuration: configuration)
        let client = BridgeClient(http: http, base: "http://\(address)", key: key)
        do {
            let value = try await body(client)
            try await http.shutdown()
            return value
        } catch {
            try? await http.shutdown()
            throw error
        }
    }

    // MARK: - Requests

    package func get<Answer: Decodable>(
        _ path: String, query: [(String, String)] = [], as type: Answer.Type = Answer.self
    ) async throws -> Answer {
        try Self.decode(try await collect(.GET, path, query: query, body: nil))
    }

    package func post<Answer: Decodable>(
        _ path: String, _ body: some Encodable, as type: Answer.Type = Answer.self
    ) async throws -> Answer {
        try Self.decode(try await collect(.POST, path, body: Array(try JSONEncoder().encode(body))))
    }

    package func patch<Answer: Decodable>(
        _ path: String, _ body: some Encodable, as type: Answer.Type = Answer.self
    ) async throws -> Answer {
        try Self.decode(try await collect(.PATCH, path, body: Array(try JSONEncoder().encode(body))))
    }

    /// For actions whose address says everything.
    package func post<Answer: Decodable>(_ path: String, as type: Answer.Type = Answer.self) async throws -> Answer {
        try Self.decode(try await collect(.POST, path, body: Array("{}".utf8)))
    }

    package func delete(_ path: String) async throws {
        _ = try await collect(.DELETE, path, body: nil)
    }

    // MARK: - Streams

    /// Calls `body` with each piece of a long answer until it ends.
    package func read(
        _ path: String, query: [(String, String)] = [], _ body: ([UInt8]) async throws -> Void
    ) async throws {
        let response = try await execute(request(.GET, path, query: query, body: nil), limit: nil)
        for try await buffer in response.body { try await body(Array(buffer.readableBytesView)) }
    }

    /// Calls `body` with each event until it returns false. Connections that break are made again and go on behind the last
    /// event; only the first attempt to connect may fail.
    package func events(
        after position: String? = nil, _ body: (ServerSentEvent) async throws -> Bool
    ) async throws {
        var last = position
        var connected = false
        var pause = Duration.milliseconds(100)
        while true {
            do {
                var request = request(.GET, "/api/bridge/stream", query: [("projectId", "*")], body: nil)
                if let last { request.headers.add(name: "Last-Event-ID", value: last) }
                let response = try await execute(request, limit: nil)
                connected = true
                pause = .milliseconds(100)
                var parser = ServerSentEventParser()
                for try await buffer in response.body {
                    for event in try parser.take(buffer.readableBytesView) {
                        last = event.id ?? last
                        do {
                            guard try await body(event) else { return }
                        } catch {
                            throw Listener(error: error)
                        }
                    }
                }
            } catch let listener as Listener {
                throw listener.error
            } catch let error as OffloadError where error.kind != .device || !connected {
                throw error
            } catch let error as CancellationError {
                throw error
            } catch  where connected {
                // The device restarts or the machine slept; what was missed comes with the next connection.
            }
            try await Task.sleep(for: pause)
            pause = min(pause * 2, .seconds(5))
        }
    }

    /// What went wrong while an event was looked at, as against while it was fetched.
    private struct Listener: Error {
        let error: any Error
    }

    /// A part of a task's log.
    /// - Returns: the bytes, where they begin, and where the next part begins.
    package func logPart(
        of task: TaskID, attempt: Int?, from offset: Int64
    ) async throws -> (bytes: [UInt8], offset: Int64, next: Int64) {
        var query = [("offset", String(offset))]
        if let attempt { query.append(("attempt", String(attempt))) }
        let response = try await execute(
            request(.GET, "/api/bridge/tasks/\(task)/log", query: query, body: nil), limit: Self.requestLimit)
        let bytes = Array(try await response.body.collect(upTo: Self.answerLimit).readableBytesView)
        func number(_ name: String) -> Int64? { response.headers.first(name: name).flatMap { Int64($0) } }
        let start = number("X-Log-Offset") ?? offset
        return (bytes, start, number("X-Log-Next-Offset") ?? start + Int64(bytes.count))
    }

    // MARK: - Plumbing

    private func request(
        _ method: HTTPMethod, _ path: String, query: [(String, String)] = [], body: [UInt8]?
    ) -> HTTPClientRequest {
        let items = query.map { "\($0.0)=\(Self.escaped($0.1))" }.joined(separator: "&")
        var request = HTTPClientRequest(url: base + path + (items.isEmpty ? "" : "?\(items)"))
        request.method = method
        request.headers.add(name: "X-Bridge-API-Key", value: key.reveal)
        if let body {
            request.headers.add(name: "Content-Type", value: "application/json")
            request.body = .bytes(body)
        }
        return request
    }

    private static func escaped(_ text: String) -> String {
        var out = ""
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "*"):
                out.unicodeScalars.append(Unicode.Scalar(byte))
            default:
                let hex = String(byte, radix: 16, uppercase: true)
                out += hex.utf8.count == 1 ? "%0\(hex)" : "%\(hex)"
            }
        }
        return out
    }

    private func collect(
        _ method: HTTPMethod, _ path: String, query: [(String, String)] = [], body: [UInt8]?
    ) async throws -> ByteBuffer {
        let response = try await execute(
            request(method, path, query: query, body: body), limit: Self.requestLimit)
        return try await response.body.collect(upTo: Self.answerLimit)
    }

    private func execute(_ request: HTTPClientRequest, limit: TimeAmount?) async throws -> HTTPClientResponse {
        let response = try await http.answer(to: request, within: limit) {
            DeviceUnreachable(address: base, reason: String(describing: $0))
        }
        guard (200..<300).contains(response.status.code) else { throw try await Self.error(response) }
        return response
    }

    private static func error(_ response: HTTPClientResponse) async throws -> OffloadError {
        let body = try await response.body.collect(upTo: 64 * 1024)
        guard let view = try? JSONDecoder().decode(ErrorView.self, from: Data(body.readableBytesView)) else {
            return OffloadError(.device, "the device answered \(response.status.code) without saying why")
        }
        return view.domain
    }

    private static func decode<Answer: Decodable>(_ buffer: ByteBuffer) throws -> Answer {
        do {
            return try JSONDecoder().decode(Answer.self, from: Data(buffer.readableBytesView))
        } catch {
            throw OffloadError(
                .device, "the device's answer is not understood; are both of the same version? (\(error))")
        }
    }
}

/// No device answers at the address.
package struct DeviceUnreachable: Error, Sendable {
    package let address: String
    package let reason: String
}
