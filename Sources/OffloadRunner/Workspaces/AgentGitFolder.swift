import OffloadDomain

/// The `.git` folder that the agent finds in its workspace: a real repository whose history comes from ours, in which it
/// may look around and commit as it likes. None of our own git calls ever uses it again.
enum AgentGitFolder {
    private static let branch = "work"

    /// - Parameters:
    ///   - objects: our repository's object folder, read through `alternates`.
    ///   - index: the index that belongs to the files as they are now.
    static func write(into tree: String, objects: String, base: CommitHash, index: String) throws {
        let folder = "\(tree)/.git"
        for part in ["objects/info", "objects/pack", "refs/heads", "refs/tags", "info"] {
            try FileSystem.makeFolder("\(folder)/\(part)")
        }
        let config = ScratchGitFolder.configuration(isLong: base.hex.utf8.count == 64)
        try FileSystem.write(Array("ref: refs/heads/\(branch)\n".utf8), to: "\(folder)/HEAD")
        try FileSystem.write(Array(config.utf8), to: "\(folder)/config")
        try FileSystem.write(Array("\(objects)\n".utf8), to: "\(folder)/objects/info/alternates")
        try FileSystem.write(Array("\(base)\n".utf8), to: "\(folder)/refs/heads/\(branch)")
        guard let bytes = FileSystem.read(index) else {
            throw OffloadError(.device, "the checkout left no index at \(index)")
        }
        try FileSystem.write(bytes, to: "\(folder)/index")
    }
}
