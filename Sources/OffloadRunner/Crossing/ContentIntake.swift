import OffloadCrypto
import OffloadDomain
import Synchronization

/// Takes contents in as they come, and keeps each under its digest once it is whole and is what it says.
final class ContentIntake: Sendable {
    private struct State {
        var reader = ContentFrameReader()
        /// What is expected, with its size where that is known.
        var wanted: [String: Int64?]
        var current: Current?
        var arrived: Set<String> = []
        var total: Int64 = 0
    }

    private struct Current {
        let digest: String
        /// nil for what is passed over.
        let file: AppendingFile?
        var sum = ContentDigest()
    }

    private let folder: String
    private let limit: Int64
    private let state: Mutex<State>

    /// - Parameters:
    ///   - folder: where they are kept; it exists.
    ///   - wanted: what is expected, with its size where that is known. Anything else is refused.
    ///   - limit: the most bytes of all together.
    init(folder: String, wanted: [String: Int64?], limit: Int64 = FolderLimits.total) {
        self.folder = folder
        self.limit = limit
        state = Mutex(State(wanted: wanted))
    }

    /// - Throws: `OffloadError` of kind `unprocessable` when it is nothing that was asked for, `tooLarge` beyond a limit,
    ///   `device` when there is no room.
    func take(_ piece: [UInt8]) throws {
        try state.withLock { state in
            var reader = state.reader
            try reader.take(piece) { try use($0, &state) }
            state.reader = reader
        }
    }

    /// - Returns: what has come and was what it said.
    /// - Throws: `OffloadError` of kind `device` when it was cut off.
    func finish() throws -> Set<String> {
        try state.withLock { state in
            try state.reader.finish()
            return state.arrived
        }
    }

    private func use(_ part: ContentFrameReader.Part, _ state: inout State) throws {
        switch part {
        case .begins(let digest, let size):
            // Each is sent once.
            guard let expected = state.wanted.removeValue(forKey: digest) else { throw ContentFrameReader.refusal }
            state.total += min(size, limit)
            guard size <= FolderLimits.file, state.total <= limit else {
                throw OffloadError(.tooLarge, "the files that the other device sends are larger than is taken")
            }
            let isAsListed = expected == nil || expected == size
            state.current = Current(digest: digest, file: isAsListed ? try begin(digest) : nil)
        case .bytes(let bytes):
            guard state.current?.file != nil else { return }
            bytes.withUnsafeBytes { state.current?.sum.update($0) }
            try state.current?.file?.append(bytes)
        case .ends:
            guard let current = state.current else { return }
            state.current = nil
            guard let file = current.file else { return }
            try file.flush()
            try file.close()
            guard current.sum.hex() == current.digest else { return }
            try FileSystem.move(path(current.digest, isWhole: false), to: path(current.digest, isWhole: true))
            state.arrived.insert(current.digest)
        }
    }

    private func begin(_ digest: String) throws -> AppendingFile {
        let path = path(digest, isWhole: false)
        FileSystem.removeFile(path)
        return try AppendingFile(path: path)
    }

    private func path(_ digest: String, isWhole: Bool) -> String {
        "\(folder)/\(digest)\(isWhole ? "" : Self.unfinished)"
    }

    /// How the names of files end that have not come whole.
    static let unfinished = ".part"
}
