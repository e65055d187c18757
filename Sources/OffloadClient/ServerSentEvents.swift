package import OffloadDomain

/// One event of a stream, as the WHATWG's "Server-sent events" defines it.
package struct ServerSentEvent: Sendable, Equatable {
    package var id: String?
    package var name: String
    package var data: String
}

/// Cuts a byte stream into events. Comments and unknown fields are skipped.
package struct ServerSentEventParser: Sendable {
    private var line: [UInt8] = []
    private var event = ServerSentEvent(id: nil, name: "message", data: "")
    private var hasData = false

    /// An event larger than this is refused: no event of ours comes near it.
    package static let limit = 4 * 1024 * 1024

    package init() {}

    /// - Throws: `OffloadError` of kind `tooLarge`.
    package mutating func take(_ bytes: some Sequence<UInt8>) throws(OffloadError) -> [ServerSentEvent] {
        var events: [ServerSentEvent] = []
        for byte in bytes {
            guard byte == UInt8(ascii: "\n") else {
                line.append(byte)
                guard line.count + event.data.utf8.count <= Self.limit else {
                    throw OffloadError(.tooLarge, "an event of the stream has more than \(Self.limit) bytes")
                }
                continue
            }
            if line.last == UInt8(ascii: "\r") { line.removeLast() }
            if let finished = endLine() { events.append(finished) }
            line.removeAll(keepingCapacity: true)
        }
        return events
    }

    private mutating func endLine() -> ServerSentEvent? {
        guard !line.isEmpty else {
            defer {
                event = ServerSentEvent(id: nil, name: "message", data: "")
                hasData = false
            }
            return hasData ? event : nil
        }
        let text = String(decoding: line, as: UTF8.self)
        let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        let value = parts.count > 1 ? String(parts[1].first == " " ? parts[1].dropFirst() : parts[1]) : ""
        switch parts[0] {
        case "id": event.id = value
        case "event": event.name = value
        case "data":
            event.data += hasData ? "\n" + value : value
            hasData = true
        default: break
        }
        return nil
    }
}
