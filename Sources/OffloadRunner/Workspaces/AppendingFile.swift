import OffloadDomain
import Synchronization
import SystemPackage

#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

/// A file of ours that is written piece by piece.
final class AppendingFile: Sendable {
    private let path: String
    private let file: Mutex<FileDescriptor?>

    /// - Throws: `OffloadError` of kind `device` when there is a file already, or no room for one.
    init(path: String) throws(OffloadError) {
        self.path = path
        do {
            file = Mutex(
                try FileDescriptor.open(
                    path, .writeOnly, options: [.create, .exclusiveCreate, .closeOnExec], permissions: .ownerReadWrite))
        } catch {
            throw OffloadError(.device, "cannot write \(path): \(error)")
        }
    }

    /// Goes on with a file, or begins it.
    /// - Throws: `OffloadError` of kind `device` when it can't be written.
    init(continuing path: String) throws(OffloadError) {
        self.path = path
        do {
            file = Mutex(
                try FileDescriptor.open(
                    path, .writeOnly, options: [.create, .append, .closeOnExec, .noFollow],
                    permissions: .ownerReadWrite))
        } catch {
            throw OffloadError(.device, "cannot write \(path): \(error)")
        }
    }

    deinit { file.withLock { try? $0?.close() } }

    func append(_ bytes: some Sequence<UInt8>) throws(OffloadError) {
        do {
            try file.withLock { file in _ = try file?.writeAll(bytes) }
        } catch {
            throw OffloadError(.device, "cannot write \(path): \(error)")
        }
    }

    /// Makes what was written durable.
    func flush() throws(OffloadError) {
        do {
            try file.withLock { file in
                guard let file else { return }
                guard fsync(file.rawValue) == 0 else { throw Errno(rawValue: errno) }
            }
        } catch {
            throw OffloadError(.device, "cannot keep \(path): \(error)")
        }
    }

    func close() throws(OffloadError) {
        do {
            try file.withLock { file in
                try file?.close()
                file = nil
            }
        } catch {
            throw OffloadError(.device, "cannot write \(path): \(error)")
        }
    }
}
