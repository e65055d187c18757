import OffloadDomain
import SystemPackage

#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

/// A git folder of ours that exists for one checkout or one snapshot.
///
/// An agent runs as the same user and can find and change our repository, its configuration and any index that lies around.
/// What git believes while it looks at an agent's files therefore comes from a folder that did not exist while the agent ran:
/// a configuration of ours without filters, and an index that is built anew.
package struct ScratchGitFolder: Sendable {
    package let path: String
    /// The object folder of our repository, in which new objects are kept.
    package let objects: String

    package var index: String { "\(path)/index" }

    /// - Parameters:
    ///   - folder: where scratch folders live; created when missing.
    ///   - isLong: whether object names are SHA-256.
    static func make(in folder: String, objects: String, isLong: Bool) throws -> ScratchGitFolder {
        try FileSystem.makeFolder(folder)
        let scratch = ScratchGitFolder(
            path: "\(folder)/\(UInt64.random(in: .min ... .max))-\(getpid())", objects: objects)
        // Refused when the name exists: whatever stands there is not ours.
        guard mkdir(scratch.path, 0o700) == 0 else {
            throw OffloadError(.device, "cannot create \(scratch.path): \(Errno(rawValue: errno))")
        }
        try FileSystem.makeFolder("\(scratch.path)/refs")
        try FileSystem.write(Array("ref: refs/heads/none\n".utf8), to: "\(scratch.path)/HEAD")
        try FileSystem.write(Array(configuration(isLong: isLong).utf8), to: "\(scratch.path)/config")
        return scratch
    }

    static func configuration(isLong: Bool) -> String {
        var text = "[core]\n\trepositoryformatversion = \(isLong ? 1 : 0)\n\tbare = false\n\tfilemode = true\n"
        if isLong { text += "[extensions]\n\tobjectformat = sha256\n" }
        return text
    }
}
