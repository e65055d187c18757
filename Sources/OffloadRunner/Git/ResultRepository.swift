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

    private func withScratch<Value>(
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
    package func checkOut(_ commit: CommitHash, into workTree: String) async throws {
        try await withScratch(like: commit) { scratch in
            try await git.require(
                ["read-tree", "--reset", "-u", "--no-recurse-submodules", commit.hex],
                at: .workTree(workTree, through: scratch))
            try AgentGitFolder.write(into: workTree, objects: scratch.objects, base: commit, index: scratch.index)
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

    /// Keeps the work tree's state as one commit on `base` under the attempt's ref. Doing it again for an unchanged work
    /// tree gives the same commit.
    /// - Parameter excluding: paths that never belong to a result.
    /// - Returns: nil when nothing was changed.
    package func snapshot(
        _ workTree: String, base: CommitHash, key: AttemptKey, excluding: [String], message: String
    ) async throws -> Change? {
        try await withScratch(like: base) { scratch in
            let work = Git.Place.workTree(workTree, through: scratch)
            try await git.require(["read-tree", base.hex], at: work)
            let filled = try await filledSubmodules(of: base, in: workTree)
            return try await snapshot(
                at: work, base: base, key: key, excluding: excluding, leavingOut: filled, message: message)
        }
    }

    private func snapshot(
        at work: Git.Place, base: CommitHash, key: AttemptKey, excluding: [String], leavingOut filled: [String],
        message: String
    ) async throws -> Change? {
        let changed = try await add(excluding: excluding, base: base, at: work)
        let nested = changed + filled.filter { !changed.contains($0) }
        let tree = try await git.require(["write-tree"], at: work).text
        let baseTree = try await git.require(
            ["rev-parse", "--verify", "--end-of-options", "\(base)^{tree}"], at: place)
        guard tree != baseTree.text || !nested.isEmpty else { return nil }
        let counts = try await count(from: baseTree.text, to: tree)
        let commit = try await commit(tree, base: base, key: key, message: message)
        return Change(
            commit: commit, filesChanged: counts.files, insertions: counts.insertions, deletions: counts.deletions,
            paths: counts.paths, nestedRepositories: nested)
    }

    /// - Returns: the nested repositories that were left out.
    private func add(excluding: [String], base: CommitHash, at work: Git.Place) async throws -> [String] {
        let nested = try await addAll(base: base, at: work)
        // Taken out again instead of left out: git refuses to leave a path out that it ignores anyway.
        if !excluding.isEmpty {
            try await git.require(
                ["reset", "--quiet", base.hex, "--"] + excluding.map { ":(top,literal)\($0)" }, at: work)
        }
        return nested
    }

    private func addAll(base: CommitHash, at work: Git.Place) async throws -> [String] {
        if try await git.run(["add", "--all", "--", "."], at: work).succeeded {
            return try await dropNestedRepositories(base: base, at: work)
        }
        // git refuses to add a nested repository without a commit, and everything else with it.
        let others = try await git.require(["ls-files", "--others", "--exclude-standard", "-z"], at: work)
        let nested = others.output.split(separator: 0).map { String(decoding: $0, as: UTF8.self) }
            .filter { $0.hasSuffix("/") }.map { String($0.dropLast()) }
        try await git.require(
            ["add", "--all", "--", "."] + nested.map { ":(top,exclude,literal)\($0)" }, at: work)
        return try await nested + dropNestedRepositories(base: base, at: work)
    }

    private func commit(
        _ tree: String, base: CommitHash, key: AttemptKey, message: String
    ) async throws -> CommitHash {
        let ref = Self.resultRef(key)
        let kept = try await git.require(["for-each-ref", "--format=%(objectname) %(tree)", ref], at: place)
        let words = kept.text.split(separator: " ").map(String.init)
        if words.count == 2, words[1] == tree, let hash = CommitHash(words[0]) { return hash }
        let made = try await git.require(
            ["commit-tree", "-p", base.hex, "-F", "-", tree], at: place, input: Array(message.utf8))
        guard let hash = CommitHash(made.text) else {
            throw OffloadError(.device, "git commit-tree answered \(PlainText.prefix(made.text, bytes: 100))")
        }
        try await git.require(["update-ref", "--end-of-options", ref, hash.hex], at: place)
        return hash
    }

    /// Puts submodules in the index back to what the base has, takes repositories that the base does not have out of it, and
    /// names both.
    private func dropNestedRepositories(base: CommitHash, at work: Git.Place) async throws -> [String] {
        let raw = try await git.require(["diff-index", "--cached", "--raw", "-z", "--no-renames", base.hex], at: work)
        let fields = raw.output.split(separator: 0)
        var nested: [String] = []
        var before: [UInt8] = []
        for (header, path) in zip(fields, fields.dropFirst()) where header.first == UInt8(ascii: ":") {
            let words = String(decoding: header, as: UTF8.self).dropFirst().split(separator: " ")
            guard words.count == 5, words[0] == "160000" || words[1] == "160000" else { continue }
            nested.append(String(decoding: path, as: UTF8.self))
            // What was not there has the mode 0, with which the index forgets it.
            before += Array("\(words[0]) \(words[2])\t".utf8) + path + [0]
        }
        guard !nested.isEmpty else { return [] }
        try await git.require(["update-index", "-z", "--index-info"], at: work, input: before)
        return nested
    }

    private struct Counts {
        var files = 0
        var insertions = 0
        var deletions = 0
        var paths: [String] = []
    }

    private func count(from: String, to: String) async throws -> Counts {
        let result = try await git.require(
            ["diff-tree", "-r", "--numstat", "-z", "--no-renames", "--no-ext-diff", "--no-textconv", from, to],
            at: place)
        var counts = Counts()
        for entry in result.output.split(separator: 0) {
            let columns = entry.split(separator: UInt8(ascii: "\t"), maxSplits: 2)
            guard columns.count == 3 else { continue }
            counts.files += 1
            counts.insertions += Int(String(decoding: columns[0], as: UTF8.self)) ?? 0
            counts.deletions += Int(String(decoding: columns[1], as: UTF8.self)) ?? 0
            if counts.paths.count < AttemptResult.pathLimit {
                counts.paths.append(String(decoding: columns[2], as: UTF8.self))
            }
        }
        return counts
    }
}
