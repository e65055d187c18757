import HTTPTypes
import Hummingbird
import NIOCore
import OffloadDomain

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

enum JSONResponse {
    static func make(_ value: some Encodable, status: HTTPResponse.Status = .ok) -> Response {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        guard let data = try? encoder.encode(value) else {
            // Every view is made of strings, numbers and lists; none of them can fail to encode.
            return Response(status: .serviceUnavailable)
        }
        return Response(
            status: status,
            headers: [.contentType: "application/json; charset=utf-8", .cacheControl: "no-store"],
            body: ResponseBody(byteBuffer: ByteBuffer(bytes: data)))
    }
}

extension Request {
    /// Reads the body as JSON.
    /// - Throws: `OffloadError` of kind `tooLarge` or `invalidRequest` naming the field that does not fit.
    func json<Value: Decodable>(
        _ type: Value.Type, limit: Int = 1024 * 1024, patience: Int = Request.patience
    ) async throws -> Value {
        let buffer = try await collected(upTo: limit, patience: max(limit, patience))
        do {
            return try JSONDecoder().decode(type, from: Data(buffer.readableBytesView))
        } catch let error as DecodingError {
            throw OffloadError(.invalidRequest, Self.words(error))
        }
    }

    /// How much of a body that is too large is read and thrown away.
    static let patience = 64 * 1024 * 1024

    /// What is too large is read to its end all the same: a client that sends first and listens then would never hear why it
    /// was refused.
    func collected(upTo limit: Int, patience: Int) async throws -> ByteBuffer {
        let tooLarge = OffloadError(.tooLarge, "the body has more than \(limit) bytes")
        if let length = headers[.contentLength].flatMap({ Int($0) }), length > patience { throw tooLarge }
        var collected = ByteBuffer()
        var received = 0
        do {
            for try await var part in body {
                received += part.readableBytes
                if received <= limit { collected.writeBuffer(&part) }
                guard received <= patience else { break }
            }
        } catch is CancellationError {
            throw CancellationError()
        } catch {
            throw OffloadError(.invalidRequest, "the body is not what its head announced")
        }
        guard received <= limit else { throw tooLarge }
        return collected
    }

    private static func words(_ error: DecodingError) -> String {
        switch error {
        case .keyNotFound(let key, let context):
            "\(path(context.codingPath + [key])): is missing"
        case .typeMismatch(let type, let context):
            "\(path(context.codingPath)): must be \(name(of: type))"
        case .valueNotFound(let type, let context):
            "\(path(context.codingPath)): must be \(name(of: type)), not null"
        case .dataCorrupted(let context):
            context.codingPath.isEmpty ? "the body is not valid JSON" : "\(path(context.codingPath)): cannot be read"
        @unknown default:
            "the body cannot be read"
        }
    }

    private static func path(_ keys: [any CodingKey]) -> String {
        keys.isEmpty ? "body" : keys.map(\.stringValue).joined(separator: ".")
    }

    private static func name(of type: any Any.Type) -> String {
        switch type {
        case is String.Type: "a text"
        case is Int.Type, is Int64.Type, is Double.Type: "a number"
        case is Bool.Type: "true or false"
        default: String(describing: type).hasPrefix("Array") ? "a list" : "an object"
        }
    }

    // MARK: - Query

    /// - Throws: `OffloadError` of kind `invalidRequest` when the name stands there twice.
    func query(_ name: String) throws(OffloadError) -> String? {
        let values = uri.queryParameters[values: name[...]]
        guard values.count <= 1 else { throw .invalid(name, "only once") }
        return values.first.map(String.init)
    }

    func integerQuery(_ name: String) throws(OffloadError) -> Int? {
        guard let text = try query(name) else { return nil }
        guard let value = Int(text) else { throw .invalid(name, "must be a whole number") }
        return value
    }

    func page() throws(OffloadError) -> Page {
        try Page(limit: try integerQuery("limit") ?? 50, offset: try integerQuery("offset") ?? 0)
    }

    /// A project filter; absent and `*` mean all.
    func projectQuery() throws(OffloadError) -> ProjectID? {
        guard let text = try query("projectId"), text != "*" else { return nil }
        return try ProjectID(parsing: text)
    }

    /// One word of a closed list.
    func choice<Choice: RawRepresentable & CaseIterable>(
        _ name: String, of type: Choice.Type
    ) throws(OffloadError) -> Choice? where Choice.RawValue == String {
        guard let text = try query(name) else { return nil }
        return try Choice(choosing: text, for: name)
    }
}

extension RawRepresentable where Self: CaseIterable, RawValue == String {
    /// - Throws: `OffloadError` of kind `invalidRequest` that lists what there is to choose from.
    init(choosing text: String, for field: String) throws(OffloadError) {
        guard let value = Self(rawValue: text) else {
            throw .invalid(field, Self.allCases.map(\.rawValue).joined(separator: ", "))
        }
        self = value
    }
}
