import OffloadCrypto
import OffloadDomain

/// Results that come in, each in a file that grows until it is whole.
struct IncomingResults: Sendable {
    private let folder: String
    private let files: FileSystem

    /// - Parameter dataFolder: the device's data folder, absolute.
    init(dataFolder: String, files: FileSystem) {
        folder = "\(dataFolder)/incoming"
        self.files = files
    }

    private func path(of key: AttemptKey) -> String { "\(folder)/\(key.task).\(key.number).bundle" }

    func received(of key: AttemptKey) -> Int64 { FileSystem.size(of: path(of: key)) }

    func take(_ bytes: [UInt8], at offset: Int64, of key: AttemptKey) throws -> Int64 {
        let present = received(of: key)
        guard offset == present, !bytes.isEmpty else { return present }
        try FileSystem.makeFolder(folder)
        let file = try AppendingFile(continuing: path(of: key))
        try file.append(bytes)
        try file.close()
        return present + Int64(bytes.count)
    }

    func forget(_ key: AttemptKey) async { await files.remove(path(of: key)) }

    /// - Returns: the path of the file, which holds exactly what was announced.
    /// - Throws: `OffloadError` of kind `conflict` when it does not; it is forgotten then.
    func whole(_ announcement: ResultAnnouncement) async throws -> String {
        let path = path(of: announcement.key)
        guard received(of: announcement.key) == announcement.size,
            try Self.digest(of: path) == announcement.digest
        else {
            await forget(announcement.key)
            throw OffloadError(.conflict, "what arrived is not what was announced; send it again")
        }
        return path
    }

    /// SHA-256 of a file, in lower-case hexadecimal digits.
    static func digest(of path: String) throws -> String {
        var digest = ContentDigest()
        try forEachPiece(of: path) { digest.update($0) }
        return digest.hex()
    }

    static func forEachPiece(of path: String, from start: Int64 = 0, _ use: ([UInt8]) throws -> Void) throws {
        var offset = start
        while true {
            let piece = try FileSystem.read(path, from: offset, limit: 1 << 20)
            guard !piece.isEmpty else { return }
            try use(piece)
            offset += Int64(piece.count)
        }
    }
}
