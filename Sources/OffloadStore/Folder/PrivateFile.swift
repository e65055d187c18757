import OffloadDomain

#if canImport(Darwin)
import Darwin
#elseif canImport(Musl)
import Musl
#else
import Glibc
#endif

/// Files that only their owner may read, by the calls of the system: what they report can be told to a person exactly.
enum PrivateFile {
    /// Makes an empty file if there is none.
    /// - Returns: whether it was made.
    @discardableResult
    static func make(_ path: String) throws -> Bool {
        let made = open(path, O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC, 0o600)
        guard made < 0 else {
            close(made)
            return true
        }
        guard errno == EEXIST else { throw failure("make", path) }
        return false
    }

    static func exists(_ path: String) -> Bool { access(path, F_OK) == 0 }

    /// Removes a file; that there is none is no error.
    static func remove(_ path: String) throws {
        guard unlink(path) == 0 || errno == ENOENT else { throw failure("remove", path) }
    }

    /// Takes the place of `destination` in one step.
    static func rename(_ path: String, to destination: String) throws {
        #if canImport(Darwin)
        let result = Darwin.rename(path, destination)
        #elseif canImport(Musl)
        let result = Musl.rename(path, destination)
        #else
        let result = Glibc.rename(path, destination)
        #endif
        guard result == 0 else { throw failure("rename", path) }
    }

    /// Waits until a file's content, or a folder's list of names, is on the disk.
    static func flush(_ path: String) throws {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw failure("open", path) }
        defer { close(descriptor) }
        #if canImport(Darwin)
        // There, fsync leaves the data in the drive's own cache. Not every file system knows the stronger call.
        if fcntl(descriptor, F_FULLFSYNC) == 0 { return }
        #endif
        guard fsync(descriptor) == 0 else { throw failure("flush", path) }
    }

    static func failure(_ verb: String, _ path: String, _ number: Int32 = errno) -> OffloadError {
        OffloadError(.device, "cannot \(verb) \(path): \(reason(number))")
    }

    static func reason(_ number: Int32) -> String {
        strerror(number).map { String(cString: $0) } ?? "error \(number)"
    }
}
