import HTTPTypes
import Hummingbird
import NIOCore
import OffloadDomain
import OffloadEngine
import OffloadWire
import ServiceLifecycle

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// `GET /api/bridge/stream`: everything that happens, as server-sent events whose ids are positions in the event table.
struct EventStreamRoute {
    let bridge: Bridge

    static let all = [
        ControlRoute(.get, "/api/bridge/stream") { bridge, request, _ in
            try EventStreamRoute(bridge: bridge).open(request)
        }
    ]

    private func open(_ request: Request) throws -> Response {
        let projectID = try request.projectQuery()
        let position = try Self.position(request)
        // Taken here, while there is still a status to answer with.
        let seat = try bridge.hub.takeSeat()
        return Response(
            status: .ok,
            headers: [.contentType: "text/event-stream; charset=utf-8", .cacheControl: "no-store"],
            body: ResponseBody { writer in
                try await StreamedBody.write(to: &writer, of: request) { output in
                    try await follow(after: position, projectID: projectID, seat, output)
                }
            })
    }

    private static func position(_ request: Request) throws(OffloadError) -> Int64? {
        let values = request.headers[values: .lastEventID]
        guard let text = values.first, !text.isEmpty else { return nil }
        guard values.count == 1, let position = Int64(text), position >= 0 else {
            throw .invalid("Last-Event-ID", "the id of an event of this stream")
        }
        return position
    }

    private func follow(
        after position: Int64?, projectID: ProjectID?, _ seat: EventHub.Seat, _ output: StreamedBody.Output
    ) async throws {
        try await bridge.hub.watch(after: position, projectID: projectID, progress: bridge.progress, seat: seat) {
            news in
            switch news {
            case .began(let position):
                try await output.write(established(position))
            case .events(let events):
                var buffer = ByteBuffer()
                for event in events { Self.append(event.payload, name: event.name, id: event.position, to: &buffer) }
                try await output.write(buffer)
            case .progress(let entries):
                try await output.write(try Self.frame(entries))
            case .quiet:
                try await output.write(ByteBuffer(string: ": ping\n\n"))
            case .reset(let position):
                var buffer = ByteBuffer()
                let payload = #"{"type":"stream_reset","projectId":null,"payload":{}}"#
                Self.append(Array(payload.utf8), name: "stream_reset", id: position, to: &buffer)
                try await output.write(buffer)
            }
        }
    }

    private func established(_ position: Int64) throws -> ByteBuffer {
        let device = bridge.context.device
        let payload = EstablishedEvent(
            timestamp: bridge.context.clock.now().iso8601,
            payload: EstablishedEvent.Payload(
                deviceId: device.id.rawValue, deviceName: device.name, version: device.version, position: position))
        var buffer = ByteBuffer()
        Self.append(try Self.json(payload), name: payload.type, id: position, to: &buffer)
        return buffer
    }

    private static func frame(_ entries: [ProgressBoard.Entry]) throws -> ByteBuffer {
        var buffer = ByteBuffer()
        for entry in entries {
            let view = ProgressView(taskId: entry.taskID, action: entry.action, tokens: entry.tokens)
            let name = entry.isElsewhere ? "offload_task_progress" : "task_progress"
            append(try json(ProgressEvent(type: name, payload: view)), name: name, id: nil, to: &buffer)
        }
        return buffer
    }

    private static func json(_ value: some Encodable) throws -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return Array(try encoder.encode(value))
    }

    private static func append(_ payload: [UInt8], name: String, id: Int64?, to buffer: inout ByteBuffer) {
        if let id { buffer.writeString("id: \(id)\n") }
        buffer.writeString("event: \(name)\ndata: ")
        buffer.writeBytes(payload)
        buffer.writeString("\n\n")
    }
}

private struct EstablishedEvent: Encodable {
    struct Payload: Encodable {
        let deviceId: String
        let deviceName: String
        let version: String
        let position: Int64
    }

    var type = "connection_established"
    let timestamp: String
    let payload: Payload
}

private struct ProgressEvent: Encodable {
    let type: String
    let payload: ProgressView
}
