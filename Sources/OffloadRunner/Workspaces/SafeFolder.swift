import OffloadDomain
import SystemPackage

#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

/// An open folder below which paths are walked without ever following a symbolic link.
///
/// What an agent or a repository put into a folder may be a link to anywhere. Going component by component from an open
/// descriptor leaves no moment in which such a link could lead outside.
struct SafeFolder: ~Copyable {
    /// Only for the calls that go from it; nobody else closes it.
    let descriptor: CInt

    /// - Throws: `OffloadError` of kind `unprocessable` when the path is no folder that can be opened.
    init(path: String) throws {
        descriptor = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw Self.error("open the folder \(path)") }
    }

    /// Takes over an open descriptor of a folder.
    init(descriptor: CInt) { self.descriptor = descriptor }

    deinit { close(descriptor) }

    /// Enters a folder below this one and creates it where it is missing.
    /// - Throws: `OffloadError` of kind `unprocessable` when the name is taken by a link or a file.
    func entering(_ name: String) throws -> SafeFolder {
        var child = openat(descriptor, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
        if child < 0, errno == ENOENT {
            guard mkdirat(descriptor, name, 0o755) == 0 || errno == EEXIST else {
                throw Self.error("create the folder \(name)")
            }
            child = openat(descriptor, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
        }
        guard child >= 0 else { throw Self.error("enter \(name), which must be a folder and no link") }
        return SafeFolder(descriptor: child)
    }

    /// Enters a chain of folders.
    func entering(path components: some Sequence<String>) throws -> SafeFolder {
        var folder = SafeFolder(descriptor: fcntl(descriptor, F_DUPFD_CLOEXEC, 0))
        for component in components { folder = try folder.entering(component) }
        return folder
    }

    /// How the name of a file ends that is being written and has not got its own name yet.
    static let unfinished = ".offload-new"

    /// Writes a file as a whole and durably: either the old content is there or the new one. A link of that name is
    /// replaced, not followed. A file that has the content already is left alone.
    func write(_ name: String, _ bytes: [UInt8], mode: mode_t = 0o644) throws {
        if content(of: name, expecting: bytes.count) == bytes { return }
        let temporary = ".\(name)\(Self.unfinished)"
        unlinkat(descriptor, temporary, 0)
        let file = openat(descriptor, temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode)
        guard file >= 0 else { throw Self.error("create \(name)") }
        var written = 0
        while written < bytes.count {
            let count = bytes[written...].withUnsafeBytes { Self.write(file, $0) }
            guard count > 0 else {
                let error = Self.error("write \(name)")
                close(file)
                unlinkat(descriptor, temporary, 0)
                throw error
            }
            written += count
        }
        let synchronised = fsync(file) == 0
        close(file)
        guard synchronised, renameat(descriptor, temporary, descriptor, name) == 0 else {
            throw Self.error("keep \(name)")
        }
        fsync(descriptor)
    }

    static func write(_ file: CInt, _ bytes: UnsafeRawBufferPointer) -> Int {
        #if canImport(Glibc)
        Glibc.write(file, bytes.baseAddress, bytes.count)
        #else
        Darwin.write(file, bytes.baseAddress, bytes.count)
        #endif
    }

    private func content(of name: String, expecting size: Int) -> [UInt8]? {
        let file = openat(descriptor, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC)
        guard file >= 0 else { return nil }
        defer { close(file) }
        var bytes = [UInt8](repeating: 0, count: size + 1)
        let count = bytes.withUnsafeMutableBytes { read(file, $0.baseAddress, $0.count) }
        return count == size ? Array(bytes[..<size]) : nil
    }

    static func error(_ what: String) -> OffloadError {
        let reason = Errno(rawValue: errno)
        return OffloadError(.unprocessable, "cannot \(what): \(reason)")
    }
}
