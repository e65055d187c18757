import GRDB
import OffloadDomain
import OffloadWire

private enum PairSQL {
    static let device = """
        id, source_device_id, target_device_id, source_project_id, target_project_path, status, last_sync_at, created_at, \
        target_name, key_digest, paused
        """
    static let joined = """
        id, source_device_id, source_name, source_project, project_id, fingerprint, pair_key, addresses, status, created_at
        """
}

extension SQLiteReading {
    package func devicePair(_ id: PairID) throws -> DevicePair? {
        try connection.first(
            "SELECT \(PairSQL.device) FROM device_pairs WHERE id = ?", [id.rawValue], DevicePair.init)
    }

    package func devicePairs() throws -> [DevicePair] {
        try connection.all("SELECT \(PairSQL.device) FROM device_pairs ORDER BY rowid", [], DevicePair.init)
    }

    package func joinedPair(_ id: PairID) throws -> JoinedPair? {
        try connection.first(
            "SELECT \(PairSQL.joined) FROM joined_pairs WHERE id = ?", [id.rawValue], JoinedPair.init)
    }

    package func joinedPairs() throws -> [JoinedPair] {
        try connection.all("SELECT \(PairSQL.joined) FROM joined_pairs ORDER BY rowid", [], JoinedPair.init)
    }
}

extension SQLiteTransaction {
    package func insert(_ pair: DevicePair) throws {
        try connection.write(
            """
            INSERT INTO device_pairs (\(PairSQL.device))
            VALUES (?, ?, ?, ?, CAST(? AS TEXT), ?, ?, ?, CAST(? AS TEXT), ?, ?)
            """,
            [
                pair.id.rawValue, pair.sourceDeviceID.rawValue, pair.targetDeviceID.rawValue, pair.projectID.rawValue,
                AnyText(pair.targetPath), pair.status.rawValue, pair.lastSyncAt?.iso8601, pair.createdAt.iso8601,
                AnyText(pair.targetName), pair.keyDigest, pair.isPaused,
            ])
    }

    package func update(_ pair: DevicePair) throws {
        let changed = try connection.write(
            "UPDATE device_pairs SET status = ?, last_sync_at = ?, paused = ? WHERE id = ?",
            [pair.status.rawValue, pair.lastSyncAt?.iso8601, pair.isPaused, pair.id.rawValue])
        guard changed == 1 else { throw OffloadError.missing(pair.id) }
    }

    package func removeDevicePair(_ id: PairID) throws {
        let removed = try connection.write("DELETE FROM device_pairs WHERE id = ?", [id.rawValue])
        guard removed == 1 else { throw OffloadError.missing(id) }
    }

    package func insert(_ pair: JoinedPair) throws {
        try connection.write(
            """
            INSERT INTO joined_pairs (\(PairSQL.joined))
            VALUES (?, ?, CAST(? AS TEXT), CAST(? AS TEXT), ?, ?, ?, ?, ?, ?)
            """,
            [
                pair.id.rawValue, pair.sourceDeviceID.rawValue, AnyText(pair.sourceName), AnyText(pair.sourceProject),
                pair.projectID.rawValue, pair.fingerprint, pair.key.reveal, try pair.encodedAddresses(),
                pair.status.rawValue, pair.createdAt.iso8601,
            ])
    }

    package func update(_ pair: JoinedPair) throws {
        let changed = try connection.write(
            "UPDATE joined_pairs SET status = ?, addresses = ? WHERE id = ?",
            [pair.status.rawValue, try pair.encodedAddresses(), pair.id.rawValue])
        guard changed == 1 else { throw OffloadError.missing(pair.id) }
    }

    package func removeJoinedPair(_ id: PairID) throws {
        let removed = try connection.write("DELETE FROM joined_pairs WHERE id = ?", [id.rawValue])
        guard removed == 1 else { throw OffloadError.missing(id) }
    }
}

extension JoinedPair {
    fileprivate func encodedAddresses() throws -> String { try TextList.encode(addresses.map(\.description)) }

    fileprivate init(_ fields: inout Fields) throws {
        let (id, source) = (PairID(unchecked: try fields.text()), DeviceID(unchecked: try fields.text()))
        let (name, project) = (try fields.text(), try fields.text())
        let (projectID, fingerprint) = (ProjectID(unchecked: try fields.text()), try fields.text())
        let (key, addresses) = (PairKey(try fields.text()), try fields.texts())
        let status = try fields.name(PairStatus.self)
        self.init(
            id: id, sourceDeviceID: source, sourceName: name, sourceProject: project, projectID: projectID,
            fingerprint: fingerprint, key: key, addresses: try addresses.map { try PeerAddress(parsing: $0) },
            status: status, createdAt: try fields.writtenTime())
    }
}

extension DevicePair {
    fileprivate init(_ fields: inout Fields) throws {
        let (id, source) = (PairID(unchecked: try fields.text()), DeviceID(unchecked: try fields.text()))
        let (target, project) = (DeviceID(unchecked: try fields.text()), ProjectID(unchecked: try fields.text()))
        let (path, status) = (try fields.text(), try fields.name(PairStatus.self))
        let (lastSyncAt, createdAt) = (try fields.optionalWrittenTime(), try fields.writtenTime())
        let (name, digest, isPaused) = (try fields.text(), try fields.text(), try fields.integer() != 0)
        self.init(
            id: id, sourceDeviceID: source, targetDeviceID: target, targetName: name, projectID: project,
            targetPath: path, keyDigest: digest, status: status, lastSyncAt: lastSyncAt,
            isPaused: isPaused, createdAt: createdAt)
    }
}

extension Fields {
    mutating func optionalWrittenTime() throws -> Timestamp? {
        try optionalText().map { text in
            guard let time = Timestamp(iso8601: text) else { throw damaged("\"\(text)\" is no time") }
            return time
        }
    }

    fileprivate mutating func writtenTime() throws -> Timestamp {
        guard let time = try optionalWrittenTime() else { throw damaged("a time is missing") }
        return time
    }
}
