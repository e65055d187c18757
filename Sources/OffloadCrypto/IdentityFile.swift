#if canImport(Darwin)
internal import Darwin
#elseif canImport(Musl)
internal import Musl
#else
internal import Glibc
#endif

/// The one file with the private key and the certificate. Only its owner may read it, and once it is there nothing here
/// changes or replaces it.
struct IdentityFile {
    /// A key and a certificate are far smaller; a file beyond it is something else.
    private static let largest = 16_384

    let folder: String
    var path: String { "\(folder)/identity.pem" }

    /// The file's text; nil when there is none.
    /// - Throws: `cannotBeRead`, `openToOthers`, or `damaged` when it is no ordinary file or too large.
    func read() throws(IdentityFailure) -> String? {
        // Without waiting: somebody may have put a pipe there.
        let file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard file >= 0 else {
            if errno == ENOENT { return nil }
            throw .cannotBeRead(path: path, reason: Self.reason(errno))
        }
        defer { close(file) }
        // Of the opened file, not of the name, which may mean another file by now.
        var status = stat()
        guard fstat(file, &status) == 0 else { throw .cannotBeRead(path: path, reason: Self.reason(errno)) }
        guard status.st_mode & S_IFMT == S_IFREG else { throw .damaged(path: path) }
        guard status.st_mode & 0o077 == 0 else { throw .openToOthers(path: path) }
        guard let bytes = Self.content(of: file, limit: Self.largest + 1) else {
            throw .cannotBeRead(path: path, reason: Self.reason(errno))
        }
        guard bytes.count <= Self.largest else { throw .damaged(path: path) }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Puts the file in its place with all its content, unless there is one already: of several processes that do this
    /// at the same time one wins, and all of them read what it wrote. On return the file is on the disk.
    /// - Throws: `cannotBeMade`.
    func place(_ text: String) throws(IdentityFailure) {
        try linkInPlace(text)
        try flushFolder()
    }

    private func linkInPlace(_ text: String) throws(IdentityFailure) {
        let temporary = "\(path).\(Hex.text(PairingNonce.make())).new"
        defer { unlink(temporary) }
        try write(text, to: temporary)
        // A link fails where a renaming would replace.
        guard link(temporary, path) == 0 || errno == EEXIST else { throw failure() }
    }

    private func write(_ text: String, to temporary: String) throws(IdentityFailure) {
        let file = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o600)
        guard file >= 0 else { throw failure() }
        defer { close(file) }
        var rest = Array(text.utf8)[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Self.systemWrite(file, $0) }
            if count < 0 && errno == EINTR { continue }
            guard count > 0 else { throw failure() }
            rest = rest.dropFirst(count)
        }
        // The mask of this process may have taken bits from its owner too.
        guard fchmod(file, 0o600) == 0, Self.flush(file) else { throw failure() }
    }

    private func flushFolder() throws(IdentityFailure) {
        let descriptor = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw failure() }
        defer { close(descriptor) }
        guard Self.flush(descriptor) else { throw failure() }
    }

    /// Nil when the system reports an error. Stops at `limit` bytes.
    private static func content(of file: Int32, limit: Int) -> [UInt8]? {
        var bytes: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 4_096)
        while bytes.count < limit {
            let count = piece.withUnsafeMutableBytes { systemRead(file, $0) }
            if count < 0 && errno == EINTR { continue }
            guard count >= 0 else { return nil }
            guard count > 0 else { break }
            bytes += piece.prefix(count)
        }
        return bytes
    }

    private static func flush(_ descriptor: Int32) -> Bool {
        #if canImport(Darwin)
        // There, fsync leaves the data in the drive's own cache. Not every file system knows the stronger call.
        if fcntl(descriptor, F_FULLFSYNC) == 0 { return true }
        #endif
        return fsync(descriptor) == 0
    }

    private static func systemRead(_ file: Int32, _ bytes: UnsafeMutableRawBufferPointer) -> Int {
        #if canImport(Darwin)
        Darwin.read(file, bytes.baseAddress, bytes.count)
        #elseif canImport(Musl)
        Musl.read(file, bytes.baseAddress, bytes.count)
        #else
        Glibc.read(file, bytes.baseAddress, bytes.count)
        #endif
    }

    private static func systemWrite(_ file: Int32, _ bytes: UnsafeRawBufferPointer) -> Int {
        #if canImport(Darwin)
        Darwin.write(file, bytes.baseAddress, bytes.count)
        #elseif canImport(Musl)
        Musl.write(file, bytes.baseAddress, bytes.count)
        #else
        Glibc.write(file, bytes.baseAddress, bytes.count)
        #endif
    }

    private func failure() -> IdentityFailure { .cannotBeMade(path: path, reason: Self.reason(errno)) }

    private static func reason(_ number: Int32) -> String {
        strerror(number).map { String(cString: $0) } ?? "error \(number)"
    }
}
