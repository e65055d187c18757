package import OffloadDomain

/// Answers `POST /api/bridge/offload/pair`.
package struct PairView: Codable, Sendable {
    package var pairingCode: String
    package var expiresAt: String
    package var expiresInMs: Int64
    package var sourceDeviceId: String
    /// Where this device may be reached, `host:port` each.
    package var addresses: [String]
    /// What to type on the other device, as a QR code: its rows, where `1` is dark.
    package var qrCode: [String]?

    package init(
        pairingCode: String, expiresAt: Timestamp, expiresIn: Duration, sourceDeviceId: DeviceID, addresses: [String],
        qrCode: [String]?
    ) {
        self.qrCode = qrCode
        self.pairingCode = pairingCode
        self.expiresAt = expiresAt.iso8601
        expiresInMs = expiresIn.wholeMilliseconds
        self.sourceDeviceId = sourceDeviceId.rawValue
        self.addresses = addresses
    }
}

/// Answers `GET /api/bridge/offload/pair`: the latest code and what became of it.
package struct PairStateView: Codable, Sendable {
    /// none, open, taken, burned, expired or cancelled.
    package var state: String
    package var pairingCode: String?
    package var expiresAt: String?
    package var expiresInMs: Int64?
    package var projectId: String?
    package var guessesLeft: Int?
    /// Of an open code: where this device may be reached, and what to type there as a QR code; see `PairView`.
    package var addresses: [String]?
    package var qrCode: [String]?
    /// The rest is there once the code is taken.
    package var devicePairId: String?
    package var deviceName: String?
    package var checkWords: [String]?

    package init(state: String) { self.state = state }
}

/// Answers `POST /api/bridge/offload/accept`.
package struct AcceptView: Codable, Sendable {
    package var success = true
    package var devicePairId: String
    package var sourceDeviceUrl: String
    package var sourceDeviceId: String
    package var sourceDeviceName: String
    package var projectId: String
    package var checkWords: [String]

    package init(_ pair: JoinedPair, address: PeerAddress, checkWords: [String]) {
        devicePairId = pair.id.rawValue
        sourceDeviceUrl = "https://\(address)"
        sourceDeviceId = pair.sourceDeviceID.rawValue
        sourceDeviceName = pair.sourceName
        projectId = pair.projectID.rawValue
        self.checkWords = checkWords
    }
}

package struct PairedDeviceView: Codable, Sendable, Equatable {
    package var devicePairId: String
    /// What the other device is to this one: source (gives work) or target (takes work).
    package var role: String
    package var status: String
    package var deviceId: String
    package var deviceName: String
    package var projectId: String
    /// The project over there: its name on a source, its path on a target.
    package var peerProject: String
    package var connected: Bool
    /// Of a target: whether a person wants it to take nothing new for now; left out otherwise.
    package var paused: Bool?
    package var createdAt: String
    package var lastSyncAt: String?
    package var version: String?
    package var slots: Int?
    package var freeSlots: Int?
    package var agents: [String]?
    /// Of a source: where it may be found, the latest that worked first.
    package var addresses: [String]?
    /// Why there is no connection, in words.
    package var problem: String?

    package init(_ pair: DevicePair, presence: Presence?) {
        self.init(
            pair.device, status: pair.status.isOver ? "disconnected" : pair.status.rawValue,
            peerProject: pair.targetPath,
            createdAt: pair.createdAt, connected: presence?.isConnected ?? false)
        lastSyncAt = pair.lastSyncAt?.iso8601
        paused = pair.isPaused ? true : nil
        guard let latest = presence?.latest else { return }
        version = latest.version
        slots = latest.slots
        freeSlots = latest.freeSlots
        agents = latest.agents
    }

    package init(_ pair: JoinedPair, connected: Bool, problem: String?) {
        self.init(
            pair.device, status: pair.status.isOver ? "disconnected" : pair.status.rawValue,
            peerProject: pair.sourceProject, createdAt: pair.createdAt, connected: connected)
        addresses = pair.addresses.map(\.description)
        self.problem = problem
    }

    private init(
        _ device: PairedDevice, status: String, peerProject: String, createdAt: Timestamp, connected: Bool
    ) {
        devicePairId = device.pairID.rawValue
        role = device.role.rawValue
        self.status = status
        deviceId = device.deviceID.rawValue
        deviceName = device.name
        projectId = device.projectID.rawValue
        self.peerProject = peerProject
        self.connected = connected
        self.createdAt = createdAt.iso8601
    }
}

package struct PairedDeviceList: Codable, Sendable {
    package var devices: [PairedDeviceView]
    /// Why no other device can reach this one, although some should.
    package var problem: String?

    package init(devices: [PairedDeviceView], problem: String?) {
        self.devices = devices
        self.problem = problem
    }
}

/// Says that something was done, where there is nothing else to say.
package struct DoneView: Codable, Sendable {
    package var success = true

    package init() {}
}

extension Duration {
    package var wholeMilliseconds: Int64 {
        components.seconds * 1_000 + components.attoseconds / 1_000_000_000_000_000
    }
}
