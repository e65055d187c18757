import OffloadDomain

/// The `.git` folder that the agent finds in its workspace: a real repository whose history comes from ours, in which it
/// may look around and commit as it likes. None of our own git calls ever uses it again.
enum AgentGitFolder {
    private static let branch = "work"

    /// - Parameters:
    ///   - objects: our repository's object folder, read through `alternates`.
    ///   - index: the index that belongs to the files as they are now.
    static func write(into tree: String, objects: String, base: CommitHash, index: [UInt8]) throws {
        let folder = "\(tree)/.git"
        for part in ["objects/info", "objects/pack", "refs/heads", "refs/tags", "info"] {
            try FileSystem.makeFolder("\(folder)/\(part)")
        }
        let config = ScratchGitFolder.configuration(isLong: base.hex.utf8.count == 64)
        try FileSystem.put(Array("ref: refs/heads/\(branch)\n".utf8), at: "\(folder)/HEAD")
        try FileSystem.put(Array(config.utf8), at: "\(folder)/config")
        try FileSystem.put(Array("\(objects)\n".utf8), at: "\(folder)/objects/info/alternates")
        try FileSystem.put(Array("\(base)\n".utf8), at: "\(folder)/refs/heads/\(branch)")
        try FileSystem.put(index, at: "\(folder)/index")
    }
}
