import OffloadDomain

/// Files that are made to be sent, each in a folder of its own that goes with it.
struct ScratchFiles: Sendable {
    private let root: String
    private let files: FileSystem

    /// - Parameter dataFolder: the device's data folder, absolute.
    init(dataFolder: String, files: FileSystem) {
        root = "\(dataFolder)/scratch"
        self.files = files
    }

    /// Makes a folder, and removes it when `body` throws.
    func withNew<Value>(_ name: String, _ body: (_ folder: String) async throws -> Value) async throws -> Value {
        try FileSystem.makeFolder(root)
        let folder = "\(root)/\(name)-\(UInt64.random(in: .min ... .max))"
        try FileSystem.makeEmptyFolder(folder)
        do {
            return try await body(folder)
        } catch {
            await files.remove(folder)
            throw error
        }
    }

    /// - Parameter write: writes the file at the path that it is called with.
    func pack(name: String, _ write: (_ path: String) async throws -> Void) async throws -> any BasePack {
        try await withNew(name) { folder in
            let path = "\(folder)/\(name)"
            try await write(path)
            return Pack(path: path, size: FileSystem.size(of: path), folder: folder, files: files)
        }
    }

    /// The same, for results.
    func packedResult(_ write: (_ path: String) async throws -> Void) async throws -> PackedResult {
        var digest = ""
        let pack = try await pack(name: "result") { path in
            try await write(path)
            digest = try IncomingResults.digest(of: path)
        }
        return PackedResult(pack: pack, digest: digest)
    }

    func remove(_ folder: String) async { await files.remove(folder) }

    private struct Pack: BasePack {
        let path: String
        let size: Int64
        let folder: String
        let files: FileSystem

        func read(from offset: Int64, limit: Int) throws -> [UInt8] {
            try FileSystem.read(path, from: offset, limit: limit)
        }

        func discard() async { await files.remove(folder) }
    }
}
