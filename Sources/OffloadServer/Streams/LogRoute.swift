import HTTPTypes
import Hummingbird
import NIOCore
import OffloadDomain
import OffloadEngine

/// `GET /api/bridge/tasks/{id}/log`: what an attempt wrote, a part of it or all that is still to come.
struct LogRoute {
    let bridge: Bridge

    /// Most bytes in one answer, and in one write of a followed log.
    private static let partLimit = 1024 * 1024

    static let all = [
        ControlRoute(.get, "/api/bridge/tasks/{id}/log") { bridge, request, context in
            try await LogRoute(bridge: bridge).log(request, context)
        }
    ]

    private func log(_ request: Request, _ context: BasicRequestContext) async throws -> Response {
        let key = try await attempt(request, of: try context.id(TaskID.self))
        let offset = try request.integerQuery("offset") ?? 0
        let limit = try request.integerQuery("limit") ?? Self.partLimit
        guard offset >= 0, (1...Self.partLimit).contains(limit) else {
            throw OffloadError.invalid("offset and limit", "from 0, and 1 to \(Self.partLimit)")
        }
        switch try request.query("follow") {
        case nil, "false": return try await part(of: key, from: Int64(offset), limit: limit)
        case "true": return follow(key, from: Int64(offset), request)
        default: throw OffloadError.invalid("follow", "true or false")
        }
    }

    private func attempt(_ request: Request, of id: TaskID) async throws -> AttemptKey {
        let report = try await bridge.tasks.find(id)
        guard let number = try request.integerQuery("attempt") else { return report.task.attemptKey }
        guard report.attempts.contains(where: { $0.key.number.value == number }) else {
            throw OffloadError(.notFound, "task \(id) has no attempt \(number)")
        }
        return AttemptKey(task: id, number: AttemptNumber(value: number))
    }

    private func part(of key: AttemptKey, from offset: Int64, limit: Int) async throws -> Response {
        let part = try await bridge.logs.read(key, from: offset, limit: limit)
        var headers = Self.headers
        headers[.logOffset] = String(part.offset)
        headers[.logNextOffset] = String(part.nextOffset)
        headers[.logTotal] = String(part.total)
        return Response(status: .ok, headers: headers, body: ResponseBody(byteBuffer: ByteBuffer(bytes: part.bytes)))
    }

    private func follow(_ key: AttemptKey, from offset: Int64, _ request: Request) -> Response {
        Response(
            status: .ok, headers: Self.headers,
            body: ResponseBody { writer in
                try await StreamedBody.write(to: &writer, of: request) { output in
                    var next = offset
                    // Listening first: what is written between a look and the wait would be missed otherwise.
                    let growth = bridge.logs.growth(of: key)
                    next = try await drain(key, from: next, output)
                    if try await isOver(key) { return _ = try await drain(key, from: next, output) }
                    for await _ in growth { next = try await drain(key, from: next, output) }
                    _ = try await drain(key, from: next, output)
                }
            })
    }

    private func isOver(_ key: AttemptKey) async throws -> Bool {
        let attempt = try await bridge.context.ledger.read { try $0.attempt(key) }
        guard case .ended = attempt?.state else { return attempt == nil }
        return true
    }

    private func drain(_ key: AttemptKey, from offset: Int64, _ output: StreamedBody.Output) async throws -> Int64 {
        var next = offset
        while true {
            let part = try await bridge.logs.read(key, from: next, limit: Self.partLimit)
            if part.offset > next {
                try await output.write(ByteBuffer(string: "\n… \(part.offset - next) bytes are not kept …\n"))
            }
            next = part.nextOffset
            guard !part.bytes.isEmpty else { return next }
            try await output.write(ByteBuffer(bytes: part.bytes))
        }
    }

    private static var headers: HTTPFields {
        [.contentType: "text/plain; charset=utf-8", .cacheControl: "no-store"]
    }
}
