import OffloadCrypto
import OffloadDomain
import Synchronization

#if os(Linux)
// Where the compiler takes `stat` to be declared, once a library that we use brings it in.
internal import CoreFoundation
#endif
#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

/// The index that a checkout has left, kept so that the snapshot has to read only files that have changed since.
///
/// It lies where an agent can find it. That it is still the same is known by its digest, which only this process has.
struct KeptIndex: Sendable {
    private let path: String
    private let digest: String
    /// When git wrote it. Files that were written at the same time or later are looked at by their content.
    private let written: timespec

    /// - Throws: `OffloadError` of kind `device` when it can't be kept.
    init(_ bytes: [UInt8], of index: String, at path: String) throws {
        var status = stat()
        guard lstat(index, &status) == 0 else { throw SafeFolder.error("look at \(index)") }
        #if canImport(Glibc)
        written = status.st_mtim
        #else
        written = status.st_mtimespec
        #endif
        self.path = path
        digest = ContentDigest.hex(of: bytes)
        try FileSystem.put(bytes, at: path)
    }

    /// Puts it where git looks for one.
    /// - Returns: false when it is not what it was; nothing is there then.
    func restore(to index: String) throws -> Bool {
        guard let bytes = FileSystem.read(path), ContentDigest.hex(of: bytes) == digest else { return false }
        try FileSystem.put(bytes, at: index)
        let times = [written, written]
        guard utimensat(AT_FDCWD, index, times, AT_SYMLINK_NOFOLLOW) == 0 else {
            FileSystem.removeFile(index)
            return false
        }
        return true
    }
}

/// The kept indexes of the workspaces that this process has made.
final class KeptIndexes: Sendable {
    private let known = Mutex<[AttemptKey: KeptIndex]>([:])

    subscript(key: AttemptKey) -> KeptIndex? {
        get { known.withLock { $0[key] } }
        set { known.withLock { $0[key] = newValue } }
    }
}
