import OffloadDomain
import OffloadWire
import Synchronization

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

#if canImport(Darwin)
import Darwin
#elseif canImport(Musl)
import Musl
#else
import Glibc
#endif

/// The folder in which a device keeps everything, for one running device at a time.
///
/// The lock ends with the process, however it ends, and is not inherited by programs that it starts. What stands in the
/// lock file tells others who holds it; it means nothing when nobody does.
package final class DataFolder: Sendable {
    package let path: String
    /// Whether the last device that ran here did not end in order.
    package let wasUnclean: Bool

    private let lock: LockFile

    /// Takes the folder for this process, and makes it, for its owner only, when there is none.
    /// - Throws: `OffloadError` of kind `conflict` naming the process when a device runs there, of kind
    ///   `unprocessable` when the path cannot be a data folder.
    package static func open(path: String) throws -> DataFolder {
        // Before anything else runs in this process; whoever just ends gives its lock back without telling anybody.
        try open(path: path) { usleep(10_000) }
    }

    /// - Parameter pause: waits a little before the lock is tried again.
    static func open(path: String, pause: () -> Void) throws -> DataFolder {
        try make(path)
        let lock = try LockFile.take(path, pause: pause)
        return DataFolder(path: path, lock: lock)
    }

    private init(path: String, lock: LockFile) {
        self.path = path
        self.lock = lock
        wasUnclean = StoreFile.wasUnclean(folder: path)
    }

    /// Tells everyone who looks at the lock where the running device listens.
    package func announce(address: String) throws { try lock.write(address: address) }

    /// The device that holds the folder now; nil when none does or there is no such folder.
    package static func holder(path: String) -> (pid: Int32, address: String?)? { LockFile.holder(path) }

    /// The path of something in the folder.
    package func path(_ component: String) -> String { path + "/" + component }

    /// Lets go of the folder. Closing again does nothing.
    package func close() { lock.release() }

    private static func make(_ path: String) throws {
        var status = stat()
        if stat(path, &status) == 0 {
            guard status.st_mode & S_IFMT == S_IFDIR else {
                throw refusal(path, "it is not a folder")
            }
            try tighten(path, mode: status.st_mode)
            return
        }
        var current = path.hasPrefix("/") ? "" : "."
        for component in path.split(separator: "/") {
            current += "/\(component)"
            guard mkdir(current, 0o700) == 0 || errno == EEXIST else {
                throw refusal(path, "\(current) cannot be made (\(PrivateFile.reason(errno)))")
            }
        }
    }

    /// A folder that was there is closed to others only if it is ours or empty: a person may have named a shared one.
    private static func tighten(_ path: String, mode: mode_t) throws {
        guard mode & 0o077 != 0 else { return }
        let content = (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []
        guard content.isEmpty || content.contains(LockFile.name) else { return }
        guard chmod(path, 0o700) == 0 else { throw refusal(path, PrivateFile.reason(errno)) }
    }

    fileprivate static func refusal(_ path: String, _ reason: String) -> OffloadError {
        OffloadError(
            .unprocessable,
            "\(path) cannot be the data folder: \(reason). Name another one with OFFLOAD_DATA_DIR or --data-dir")
    }
}

/// `offload.lock`: held by `flock`, so nothing has to be cleaned up after a crash.
private final class LockFile: Sendable {
    static let name = "offload.lock"

    /// Someone who only looks holds the lock for an instant; a device that starts at that instant waits for it.
    private static let attempts = 20

    /// The open file; nil after `release`.
    private let descriptor: Mutex<Int32?>
    private let path: String
    private let startedAt: Timestamp

    private init(descriptor: Int32, path: String) {
        self.descriptor = Mutex(descriptor)
        self.path = path
        startedAt = Timestamp(milliseconds: Int64(Date().timeIntervalSince1970 * 1_000))
    }

    deinit { release() }

    static func take(_ folder: String, pause: () -> Void) throws -> LockFile {
        let path = folder + "/" + name
        let descriptor = open(path, O_CREAT | O_RDWR | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else {
            throw DataFolder.refusal(folder, "nothing can be written there (\(PrivateFile.reason(errno)))")
        }
        for attempt in 1...attempts {
            if flock(descriptor, LOCK_EX | LOCK_NB) == 0 {
                let lock = LockFile(descriptor: descriptor, path: path)
                try lock.write(address: nil)
                return lock
            }
            let reason = errno
            guard reason == EWOULDBLOCK || reason == EINTR else {
                close(descriptor)
                throw DataFolder.refusal(folder, "it cannot be locked (\(PrivateFile.reason(reason)))")
            }
            if attempt < attempts { pause() }
        }
        defer { close(descriptor) }
        throw OffloadError(.conflict, "\(folder) is in use by \(describe(read(descriptor)))")
    }

    static func holder(_ folder: String) -> (pid: Int32, address: String?)? {
        let descriptor = open(folder + "/" + name, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        // Closing gives the lock back, if it was free.
        defer { close(descriptor) }
        guard flock(descriptor, LOCK_SH | LOCK_NB) != 0, errno == EWOULDBLOCK else { return nil }
        return read(descriptor)
    }

    func write(address: String?) throws {
        let lines = ["pid \(getpid())", "started \(startedAt.iso8601)"] + (address.map { ["address \($0)"] } ?? [])
        let content = Array((lines.joined(separator: "\n") + "\n").utf8)
        try descriptor.withLock { descriptor in
            guard let descriptor else { throw OffloadError(.device, "the data folder is closed") }
            // Written over in one call and cut afterwards: a reader sees the old or the new lines, never none.
            guard pwrite(descriptor, content, content.count, 0) == content.count,
                ftruncate(descriptor, off_t(content.count)) == 0
            else { throw PrivateFile.failure("write", path) }
        }
    }

    func release() {
        descriptor.withLock { descriptor in
            guard let open = descriptor else { return }
            // The file stays: removing it would let two processes lock two files of the same name.
            ftruncate(open, 0)
            close(open)
            descriptor = nil
        }
    }

    private static func read(_ descriptor: Int32) -> (pid: Int32, address: String?)? {
        var buffer = [UInt8](repeating: 0, count: 1_024)
        let count = pread(descriptor, &buffer, buffer.count, 0)
        guard count > 0 else { return nil }
        var pid: Int32?
        var address: String?
        for line in String(decoding: buffer[..<count], as: UTF8.self).split(separator: "\n") {
            if line.hasPrefix("pid ") { pid = Int32(line.dropFirst(4)) }
            if line.hasPrefix("address ") { address = String(line.dropFirst(8)) }
        }
        return pid.map { ($0, address) }
    }

    private static func describe(_ holder: (pid: Int32, address: String?)?) -> String {
        guard let holder else { return "another process" }
        return "process \(holder.pid)" + (holder.address.map { " (listening on \($0))" } ?? "")
    }
}
