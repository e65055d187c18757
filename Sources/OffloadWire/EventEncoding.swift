package import OffloadDomain

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// An event as the bytes that every listener gets.
///
/// Keys are sorted, so that the same event always becomes the same bytes: they are stored once, in the transaction that
/// made the event, and sent verbatim ever after.
package enum EventEncoding {
    /// The most that the free texts of an event (an agent's summary, a failure's message) may take, in UTF-8 bytes; the
    /// whole text can be asked for where the attempt is kept.
    package static let textLimit = RunReport.summaryLimit

    /// The event as UTF-8 JSON: `{"payload": {…}, "projectId": …, "timestamp": …, "type": …}`, without a line break.
    /// - Throws: `OffloadError` of kind `device` when the value cannot be written as JSON.
    package static func encode(_ event: BridgeEvent, at time: Timestamp) throws(OffloadError) -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        do {
            return [UInt8](try encoder.encode(Envelope(event, at: time)))
        } catch {
            throw OffloadError(.device, "the event \(event.name) cannot be written as JSON: \(error)")
        }
    }
}

private struct Envelope: Encodable {
    let type: String
    let projectId: String?
    let timestamp: String
    let payload: EventPayload

    private enum Key: CodingKey {
        case type, projectId, timestamp, payload
    }

    init(_ event: BridgeEvent, at time: Timestamp) {
        type = event.name
        projectId = event.projectID?.rawValue
        timestamp = time.iso8601
        payload = EventPayload(event)
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Key.self)
        try container.encode(type, forKey: .type)
        // Always there, also when it is null: a listener that filters by project needs no special case.
        try container.encode(projectId, forKey: .projectId)
        try container.encode(timestamp, forKey: .timestamp)
        try container.encode(payload, forKey: .payload)
    }
}
