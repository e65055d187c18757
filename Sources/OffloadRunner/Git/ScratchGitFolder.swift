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
        try FileSystem.put(Array("ref: refs/heads/none\n".utf8), at: "\(scratch.path)/HEAD")
        try FileSystem.put(Array(configuration(isLong: isLong).utf8), at: "\(scratch.path)/config")
        return scratch
    }

    /// Lets git pass over paths that it does not know yet.
    func exclude(_ paths: [String]) throws {
        guard !paths.isEmpty else { return }
        try FileSystem.makeFolder("\(path)/info")
        try FileSystem.put(Array(paths.map { Self.pattern($0) + "\n" }.joined().utf8), at: "\(path)/info/exclude")
    }

    /// A path as `gitignore(5)` has it, with everything escaped that means more than itself there.
    private static func pattern(_ path: String) -> String {
        "/" + path.map { "*?[]\\ ".contains($0) ? "\\\($0)" : String($0) }.joined()
    }

    static func configuration(isLong: Bool) -> String {
        var text = "[core]\n\trepositoryformatversion = \(isLong ? 1 : 0)\n\tbare = false\n\tfilemode = true\n"
        if isLong { text += "[extensions]\n\tobjectformat = sha256\n" }
        return text
    }
}
