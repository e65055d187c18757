/// How far one device's half of a pair is.
package enum PairStatus: String, Sendable, CaseIterable {
    /// Stored here, and not known yet to be stored on the other side. On the source it authenticates nothing else. Next: active,
    /// or removed.
    case pending
    /// Next: leaving, disconnected.
    case active
    /// Ended here; the other device has not heard of it. On the source its key opens nothing any more. Next: disconnected.
    case leaving
    /// Ended, as both sides know; kept for the history.
    case disconnected

    /// Whether it is over, as people see it.
    package var isOver: Bool { self == .leaving || self == .disconnected }
}

/// A device that takes work from this one, for one project. This device is the source.
package struct DevicePair: Sendable, Equatable {
    package let id: PairID
    package let sourceDeviceID: DeviceID
    package let targetDeviceID: DeviceID
    /// What the other device calls itself.
    package let targetName: String
    package let projectID: ProjectID
    /// Where the project lies on the other device. A text for people, never opened here.
    package let targetPath: String
    /// SHA-256 of the pair's key, 64 hexadecimal digits. The key itself is with the target alone.
    package let keyDigest: String
    package var status: PairStatus
    package var lastSyncAt: Timestamp?
    /// A person wants the other device to take nothing new for now.
    package var isPaused: Bool
    package let createdAt: Timestamp

    package init(
        id: PairID, sourceDeviceID: DeviceID, targetDeviceID: DeviceID, targetName: String, projectID: ProjectID,
        targetPath: String, keyDigest: String, status: PairStatus = .pending, lastSyncAt: Timestamp? = nil,
        isPaused: Bool = false, createdAt: Timestamp
    ) {
        self.id = id
        self.sourceDeviceID = sourceDeviceID
        self.targetDeviceID = targetDeviceID
        self.targetName = targetName
        self.projectID = projectID
        self.targetPath = targetPath
        self.keyDigest = keyDigest
        self.status = status
        self.lastSyncAt = lastSyncAt
        self.isPaused = isPaused
        self.createdAt = createdAt
    }
}

/// A device that this one takes work from, for one project. This device is the target.
package struct JoinedPair: Sendable, Equatable {
    package let id: PairID
    package let sourceDeviceID: DeviceID
    package let sourceName: String
    /// What the source calls the project; a text for people.
    package let sourceProject: String
    /// The project here that work of this pair is done in.
    package let projectID: ProjectID
    /// SHA-256 of the source's certificate, 64 hexadecimal digits. Nothing is said to anybody who shows another one.
    package let fingerprint: String
    /// Proves to the source who asks.
    package let key: PairKey
    /// Where the source may be found, the latest that worked first.
    package var addresses: [PeerAddress]
    package var status: PairStatus
    package let createdAt: Timestamp

    /// Addresses that are remembered for one pair.
    package static let addressLimit = 8

    package init(
        id: PairID, sourceDeviceID: DeviceID, sourceName: String, sourceProject: String, projectID: ProjectID,
        fingerprint: String, key: PairKey, addresses: [PeerAddress], status: PairStatus = .pending, createdAt: Timestamp
    ) {
        self.id = id
        self.sourceDeviceID = sourceDeviceID
        self.sourceName = sourceName
        self.sourceProject = sourceProject
        self.projectID = projectID
        self.fingerprint = fingerprint
        self.key = key
        self.addresses = addresses
        self.status = status
        self.createdAt = createdAt
    }

    /// Puts an address in front of all others.
    package mutating func prefer(_ address: PeerAddress) {
        addresses.removeAll { $0 == address }
        addresses.insert(address, at: 0)
        addresses.removeLast(max(0, addresses.count - Self.addressLimit))
    }
}

/// The secret of one pair. It never shows in a description.
package struct PairKey: Sendable, Equatable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// 64 hexadecimal digits; call it where the key leaves the program on purpose, and nowhere else.
    package let reveal: String

    package init(_ text: String) { reveal = text }

    package var description: String { "(secret)" }
    package var debugDescription: String { "(secret)" }
    package var customMirror: Mirror { Mirror(self, children: [:]) }
}

/// A paired device as events tell of it, whichever role it has.
package struct PairedDevice: Sendable, Equatable {
    package enum Role: String, Sendable, CaseIterable {
        /// The other device gives work to this one.
        case source
        /// The other device takes work from this one.
        case target
    }

    package let pairID: PairID
    package let role: Role
    package let deviceID: DeviceID
    package let name: String
    package let projectID: ProjectID

    package init(pairID: PairID, role: Role, deviceID: DeviceID, name: String, projectID: ProjectID) {
        self.pairID = pairID
        self.role = role
        self.deviceID = deviceID
        self.name = name
        self.projectID = projectID
    }
}

extension DevicePair {
    /// The other device.
    package var device: PairedDevice {
        PairedDevice(pairID: id, role: .target, deviceID: targetDeviceID, name: targetName, projectID: projectID)
    }
}

extension JoinedPair {
    /// The other device.
    package var device: PairedDevice {
        PairedDevice(pairID: id, role: .source, deviceID: sourceDeviceID, name: sourceName, projectID: projectID)
    }
}
