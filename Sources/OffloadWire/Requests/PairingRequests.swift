package import OffloadDomain

#if canImport(FoundationEssentials)
package import FoundationEssentials
#else
package import Foundation
#endif

/// `POST /api/bridge/offload/pair`
package struct PairRequest: Codable, Sendable {
    package var projectId: String
    /// What to call this device on the other one; the device's own name if not said.
    package var deviceName: String?

    package init(projectId: String, deviceName: String? = nil) {
        self.projectId = projectId
        self.deviceName = deviceName
    }
}

/// `POST /api/bridge/offload/accept`
package struct AcceptRequest: Codable, Sendable {
    package var pairingCode: String
    /// Local path to the same project.
    package var targetProjectPath: String
    package var deviceName: String?
    /// Where the source listens: `host:port`, also with `https://`.
    package var sourceUrl: String

    package init(pairingCode: String, targetProjectPath: String, deviceName: String? = nil, sourceUrl: String) {
        self.pairingCode = pairingCode
        self.targetProjectPath = targetProjectPath
        self.deviceName = deviceName
        self.sourceUrl = sourceUrl
    }
}

/// `POST /api/bridge/offload/disconnect`
package struct DisconnectRequest: Codable, Sendable {
    package var devicePairId: String

    package init(devicePairId: String) { self.devicePairId = devicePairId }
}

/// `PATCH /api/bridge/offload/devices/{id}`
package struct DeviceEdit: Codable, Sendable {
    /// Where the source of this pair is to be found from now on.
    package var address: String

    package init(address: String) { self.address = address }
}

/// What one side says about itself while it pairs. The very bytes are part of what both sides prove to each other, so nobody
/// in between can change a name or a version.
package struct PairingIntroduction: Codable, Sendable, Equatable {
    package enum Role: String, Codable, Sendable {
        case source, target
    }

    package var role: Role
    package var deviceId: String
    package var deviceName: String
    /// Versions of the protocol between devices that this one speaks.
    package var protocols: [Int]
    /// The project: its name on the source, its path on the target. For people.
    package var project: String

    package init(role: Role, deviceId: String, deviceName: String, project: String) {
        self.role = role
        self.deviceId = deviceId
        self.deviceName = deviceName
        protocols = [PeerProtocol.version]
        self.project = project
    }

    package static let sizeLimit = 8_192

    /// The bytes that are sent and proved.
    package func encoded() throws -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return [UInt8](try encoder.encode(self))
    }

    /// Reads what the other side proved that it said.
    /// - Throws: `OffloadError` of kind `invalidRequest` when a field is not what it has to be, of kind `unprocessable` when the
    ///   two have no version of the protocol in common.
    package init(proved bytes: [UInt8], by role: Role) throws(OffloadError) {
        guard bytes.count <= Self.sizeLimit,
            let introduction = try? JSONDecoder().decode(PairingIntroduction.self, from: Data(bytes)),
            introduction.role == role, DeviceID(rawValue: introduction.deviceId) != nil,
            (1...256).contains(introduction.deviceName.utf8.count), PlainText.isOneLine(introduction.deviceName),
            introduction.project.utf8.count <= 4_096
        else { throw .invalid("associated", "what the other device says about itself is not understood") }
        guard introduction.protocols.contains(PeerProtocol.version) else {
            throw OffloadError(
                .unprocessable,
                "the devices speak different versions of the protocol; bring Offload up to date on both")
        }
        self = introduction
    }
}

/// What devices say to each other.
package enum PeerProtocol {
    package static let version = 1
    /// Carries the version in every request between devices.
    package static let header = "X-Offload-Protocol"
}

/// `POST /api/bridge/offload/handshake`, between devices: one of the messages of a pairing.
package struct HandshakeRequest: Codable, Sendable {
    package enum Step: String, Codable, Sendable {
        /// Asks for a run; `nonce`.
        case hello
        /// `run`, `share` and `associated`.
        case share
        /// `run` and `tag`: the proof that the code is known.
        case confirm
        /// The pair is stored here; needs its key.
        case stored
    }

    package var step: Step
    package var run: Int?
    package var nonce: Data?
    package var share: Data?
    package var associated: Data?
    package var tag: Data?

    package init(
        step: Step, run: Int? = nil, nonce: [UInt8]? = nil, share: [UInt8]? = nil, associated: [UInt8]? = nil,
        tag: [UInt8]? = nil
    ) {
        self.step = step
        self.run = run
        self.nonce = nonce.map { Data($0) }
        self.share = share.map { Data($0) }
        self.associated = associated.map { Data($0) }
        self.tag = tag.map { Data($0) }
    }
}

package struct HandshakeAnswer: Codable, Sendable {
    package var run: Int?
    package var nonce: Data?
    package var share: Data?
    package var associated: Data?
    package var tag: Data?

    package init(
        run: Int? = nil, nonce: [UInt8]? = nil, share: [UInt8]? = nil, associated: [UInt8]? = nil, tag: [UInt8]? = nil
    ) {
        self.run = run
        self.nonce = nonce.map { Data($0) }
        self.share = share.map { Data($0) }
        self.associated = associated.map { Data($0) }
        self.tag = tag.map { Data($0) }
    }
}

/// `POST /api/bridge/offload/heartbeat`, between devices.
package struct HeartbeatRequest: Codable, Sendable {
    package var instance: String
    package var start: Int64
    package var version: String
    package var slots: Int
    package var freeSlots: Int
    package var agents: [String]
    /// The attempts that have not ended on the target.
    package var holding: [AttemptName]?

    package init(_ heartbeat: Presence.Heartbeat, holding keys: [AttemptKey]) {
        holding = keys.map(AttemptName.init)
        instance = heartbeat.instance
        start = heartbeat.start
        version = heartbeat.version
        slots = heartbeat.slots
        freeSlots = heartbeat.freeSlots
        agents = heartbeat.agents
    }

    /// - Throws: `OffloadError` of kind `invalidRequest` when a name is none, or there are too many.
    package func keys() throws(OffloadError) -> [AttemptKey] {
        let names = holding ?? []
        guard names.count <= AttemptWishes.limit else { throw .invalid("holding", "at most \(AttemptWishes.limit)") }
        var keys: [AttemptKey] = []
        for name in names { keys.append(try name.key()) }
        return keys
    }

    /// - Throws: `OffloadError` of kind `invalidRequest` when a field is out of its bounds.
    package func heartbeat() throws(OffloadError) -> Presence.Heartbeat {
        let texts = [instance, version] + agents
        guard texts.allSatisfy({ (1...64).contains($0.utf8.count) && PlainText.isOneLine($0) }), agents.count <= 32,
            (0...BatchID.limit).contains(slots), (0...slots).contains(freeSlots), start >= 0
        else { throw .invalid("heartbeat", "a field is out of its bounds") }
        return Presence.Heartbeat(
            instance: instance, start: start, version: version, slots: slots, freeSlots: freeSlots, agents: agents)
    }
}
