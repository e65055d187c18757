package import OffloadDomain

/// Our own bare repository of a project. It keeps the commits that work starts from and the results, so that neither
/// garbage collection nor a rewritten history in the user's repository can take them away.
package struct ResultRepository: Sendable {
    let git: Git
    let scratchFolder: String
    let files: FileSystem
    package let gitFolder: String

    /// - Parameter scratchFolder: where folders for a moment may be made.
    init(git: Git, gitFolder: String, scratchFolder: String, files: FileSystem) {
        self.git = git
        self.gitFolder = gitFolder
        self.scratchFolder = scratchFolder
        self.files = files
    }

    package static func resultRef(_ key: AttemptKey) -> String { "refs/offload/\(key.task)/\(key.number)" }

    var place: Git.Place { .ours(gitFolder: gitFolder) }

    /// Makes an empty repository at `folder` with the object format of the user's.
    package static func create(at folder: String, like project: ProjectRepository, git: Git) async throws {
        let format = try await git.require(
            ["rev-parse", "--show-object-format"], at: .users(folder: project.folder))
        try await git.require(
            ["init", "--quiet", "--bare", "--template=", "--object-format=\(format.text)", "--end-of-options", folder],
            at: .nowhere)
    }

    /// Brings a commit with its history over from the user's repository and keeps it.
    /// - Throws: `OffloadError` of kind `unprocessable` when not all of its history is there.
    package func pin(_ commit: CommitHash, from project: ProjectRepository) async throws {
        if try await holds(commit) { return }
        do {
            try await git.require(
                [
                    "fetch", "--quiet", "--no-tags", "--no-write-fetch-head", "--no-auto-maintenance",
                    "--end-of-options", project.folder, "\(commit):\(Self.baseRef(commit))",
                ], at: place)
        } catch {
            throw await project.gap() ?? error
        }
        // Of a commit whose history ends early git says nothing, and keeps nothing.
        guard try await holds(commit) else {
            throw await project.gap()
                ?? OffloadError(
                    .unprocessable, "git could not bring commit \(commit.short) over from \(project.folder)")
        }
    }

    /// Lets a ref of ours point at a commit that is here, durably. Written as git writes it: a file with the commit's name.
    func point(_ ref: String, at commit: CommitHash) throws {
        let path = "\(gitFolder)/\(ref)"
        if let slash = path.lastIndex(of: "/") { try FileSystem.makeFolder(String(path[..<slash])) }
        try FileSystem.write(Array("\(commit)\n".utf8), to: path)
    }

    /// What a ref of ours points at. As git keeps it after every change of ours, in a file of its own, that needs no process.
    func commit(at ref: String) async throws -> CommitHash? {
        if let bytes = FileSystem.read("\(gitFolder)/\(ref)"), bytes.count <= 65,
            let commit = CommitHash(PlainText.trimmed(String(decoding: bytes, as: UTF8.self)))
        {
            return commit
        }
        guard FileSystem.kind(of: "\(gitFolder)/packed-refs") != .missing else { return nil }
        let found = try await git.run(["rev-parse", "--quiet", "--verify", "--end-of-options", ref], at: place)
        return found.succeeded ? CommitHash(found.text) : nil
    }

    func withScratch<Value>(
        like commit: CommitHash, _ body: (ScratchGitFolder) async throws -> Value
    ) async throws -> Value {
        let scratch = try ScratchGitFolder.make(
            in: scratchFolder, objects: "\(gitFolder)/objects", isLong: commit.hex.utf8.count == 64)
        do {
            let value = try await body(scratch)
            await files.remove(scratch.path)
            return value
        } catch {
            await files.remove(scratch.path)
            throw error
        }
    }

    /// Writes the files of `commit` into an empty work tree, with a `.git` folder for the agent.
    /// - Parameter path: where the index is kept for the snapshot.
    func checkOut(_ commit: CommitHash, into workTree: String, keepingIndexAt path: String) async throws -> KeptIndex {
        try await withScratch(like: commit) { scratch in
            try await git.require(
                ["read-tree", "--reset", "-u", "--no-recurse-submodules", commit.hex],
                at: .workTree(workTree, through: scratch))
            guard let index = FileSystem.read(scratch.index) else {
                throw OffloadError(.device, "the checkout left no index at \(scratch.index)")
            }
            try AgentGitFolder.write(into: workTree, objects: scratch.objects, base: commit, index: index)
            return try KeptIndex(index, of: scratch.index, at: path)
        }
    }

    /// What a work tree differs in from the commit that it started as.
    package struct Change: Sendable, Equatable {
        package let commit: CommitHash
        package let filesChanged: Int
        package let insertions: Int
        package let deletions: Int
        /// The first of the changed paths.
        package let paths: [String]
        /// Repositories and submodules inside the work tree; git can't keep their files.
        package let nestedRepositories: [String]
    }
}
