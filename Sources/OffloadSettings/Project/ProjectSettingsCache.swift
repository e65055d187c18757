package import OffloadDomain
import Synchronization

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

/// Reads a project's settings again only when its `offload.yml` has changed: they are asked for with every attempt.
package final class ProjectSettingsCache: Sendable {
    /// What tells one state of a file from another. The time of the last change of the inode can't be set by anybody.
    private struct Stamp: Equatable {
        let inode: UInt64
        let size: Int64
        let changedSeconds: Int64
        let changedNanoseconds: Int64
    }

    /// More projects than this are not remembered.
    private static let limit = 256

    private let known = Mutex<[String: (stamp: Stamp, settings: ProjectSettings)]>([:])

    package init() {}

    /// - Throws: what `ProjectSettingsFile.load` throws; a file that can't be taken is read again each time.
    package func settings(folder: String) throws(OffloadError) -> ProjectSettings {
        let stamp = Self.stamp(FilePath.join(folder, ProjectSettingsFile.name))
        if let stamp, let entry = known.withLock({ $0[folder] }), entry.stamp == stamp { return entry.settings }
        let settings = try ProjectSettingsFile.load(folder: folder)
        guard let stamp else { return settings }
        known.withLock { known in
            if known.count >= Self.limit { known.removeAll() }
            known[folder] = (stamp, settings)
        }
        return settings
    }

    private static func stamp(_ path: String) -> Stamp? {
        var status = stat()
        guard lstat(path, &status) == 0 else { return nil }
        #if canImport(Darwin)
        let changed = status.st_ctimespec
        #else
        let changed = status.st_ctim
        #endif
        return Stamp(
            inode: UInt64(status.st_ino), size: Int64(status.st_size), changedSeconds: Int64(changed.tv_sec),
            changedNanoseconds: Int64(changed.tv_nsec))
    }
}
