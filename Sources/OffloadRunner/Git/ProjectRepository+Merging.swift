import OffloadDomain

/// Explicit merges: the only thing of ours that ever moves the user's branch and files.
extension ProjectRepository {
    /// A branch's name without what all branches have in front.
    static func name(of ref: String) -> String {
        ref.hasPrefix("refs/heads/") ? String(ref.dropFirst("refs/heads/".count)) : ref
    }

    /// What is checked out; nothing at all before the first commit.
    func position() async throws -> ProjectPosition {
        let found = try await git.run(
            ["rev-parse", "--quiet", "HEAD^{commit}", "--symbolic-full-name", "HEAD"], at: place)
        let lines = found.text.split(separator: "\n").map(String.init)
        guard found.succeeded, lines.count == 2, let commit = CommitHash(lines[0]) else {
            return ProjectPosition(branch: nil, commit: nil)
        }
        return ProjectPosition(branch: lines[1] == "HEAD" ? nil : lines[1], commit: commit)
    }

    /// - Returns: the branch that a merge would move, and where it is.
    /// - Throws: `OffloadError` of kind `conflict` when the repository is in no state for a merge.
    func readyForMerge() async throws -> (branch: String, commit: CommitHash) {
        let position = try await position()
        guard let commit = position.commit else {
            throw OffloadError(.conflict, "the repository in \(folder) has no commit yet; commit something first")
        }
        // First, because a rebase leaves no branch checked out until it is over.
        if let operation = try await operationUnderWay() {
            throw OffloadError(.conflict, "a \(operation) is under way in \(folder); finish or abort it first")
        }
        guard let branch = position.branch else {
            throw OffloadError(
                .conflict, "no branch is checked out in \(folder); check out the one to merge into, then try again")
        }
        let changed = try await changedPaths()
        guard changed.isEmpty else {
            let names = changed.prefix(5).joined(separator: ", ") + (changed.count > 5 ? ", …" : "")
            throw OffloadError(
                .conflict, "\(folder) has changes that are not committed (\(names)); commit or stash them first")
        }
        return (branch, commit)
    }

    private static let operations = [
        ("MERGE_HEAD", "merge"), ("rebase-merge", "rebase"), ("rebase-apply", "rebase"),
        ("CHERRY_PICK_HEAD", "cherry-pick"), ("REVERT_HEAD", "revert"), ("BISECT_LOG", "bisection"),
    ]

    private func operationUnderWay() async throws -> String? {
        let found = try await git.require(
            ["rev-parse"] + Self.operations.flatMap { ["--git-path", $0.0] }, at: place)
        let paths = found.text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        for (path, operation) in zip(paths, Self.operations) {
            let absolute = path.hasPrefix("/") ? path : "\(folder)/\(path)"
            if FileSystem.kind(of: absolute) != .missing { return operation.1 }
        }
        return nil
    }

    /// Tracked files that differ from what is committed, but for requirement files, which are ours.
    private func changedPaths() async throws -> [String] {
        let found = try await git.require(
            ["status", "--porcelain=v1", "-z", "--untracked-files=no", "--ignore-submodules=all", "--no-renames"],
            at: place, settings: withoutFilters())
        return found.output.split(separator: 0).map { String(decoding: $0.dropFirst(3), as: UTF8.self) }
            .filter { !$0.hasPrefix(Requirement.folder + "/") }
    }

    /// Brings a commit over from a repository of ours. Nothing refers to it yet.
    func fetch(_ ref: String, from source: String) async throws {
        try await git.require(
            [
                "fetch", "--quiet", "--no-tags", "--no-write-fetch-head", "--no-auto-maintenance", "--end-of-options",
                source, ref,
            ], at: place)
    }

    /// Settings with which git reads and writes files as they are stored, whatever filters the repository names.
    private func withoutFilters() async throws -> [Git.Setting] {
        let found = try await git.run(
            ["config", "--name-only", "-z", "--get-regexp", #"^filter\..*\.(clean|smudge|process|required)$"#],
            at: place)
        return found.output.split(separator: 0).map { key in
            let key = String(decoding: key, as: UTF8.self)
            return Git.Setting(key: key, value: key.hasSuffix(".required") ? "false" : "")
        }
    }

    /// Moves the branch that is checked out forward to a commit on top of it, with index and files.
    /// - Throws: `OffloadError` of kind `conflict` with git's own words; nothing was changed then.
    func advance(_ branch: String, to commit: CommitHash) async throws {
        let settings =
            try await withoutFilters() + [Git.Setting(key: "branch.\(Self.name(of: branch)).mergeOptions", value: "")]
        // Files that git ignores are somebody's, too: by itself git would overwrite them.
        try await unlocked {
            try await git.run(
                [
                    "merge", "--ff-only", "--no-overwrite-ignore", "--quiet", "--no-stat", "--no-autostash",
                    "--no-verify-signatures", "--strategy=ort", "--end-of-options", commit.hex,
                ], at: place, settings: settings)
        }
    }

    /// Moves the branch that is checked out back, with index and files; whatever is changed in the files stays, and so does what
    /// git does not know or ignores.
    /// - Throws: `OffloadError` of kind `conflict` with git's own words; nothing was changed then.
    func retreat(_ branch: String, to commit: CommitHash) async throws {
        let settings = try await withoutFilters()
        // Not a reset, which would overwrite ignored files.
        try await unlocked {
            try await git.run(
                [
                    "checkout", "--quiet", "--no-overwrite-ignore", "--no-track", "-B", Self.name(of: branch),
                    commit.hex, "--",
                ], at: place, settings: settings)
        }
    }

    /// Another git process may hold a lock for a moment; a foreign lock is waited for, never removed.
    private func unlocked(_ call: () async throws -> ToolResult) async throws {
        var result = try await call()
        for round in 1..<5 where !result.succeeded && result.message.contains(".lock") {
            try await Task.sleep(for: .milliseconds(50 << round) + .milliseconds(Int.random(in: 0..<50)))
            result = try await call()
        }
        guard result.succeeded else {
            throw OffloadError(
                .conflict,
                "git could not change \(folder): \(PlainText.prefix(PlainText.trimmed(result.message), bytes: 600))")
        }
    }

    /// Whether a branch has a commit in its history.
    func has(_ commit: CommitHash, in ref: String) async throws -> Bool {
        try await git.run(["merge-base", "--is-ancestor", commit.hex, ref, "--"], at: place).succeeded
    }

    /// Removes a branch that nobody has checked out and that still points at the commit.
    func remove(_ branch: String, at commit: CommitHash) async throws {
        let ref = "refs/heads/\(branch)"
        let found = try await git.run(
            ["for-each-ref", "--format=%(refname) %(objectname) %(worktreepath)", ref], at: place)
        guard found.succeeded, found.text == "\(ref) \(commit)" else { return }
        _ = try await git.run(["update-ref", "-d", "--end-of-options", ref, commit.hex], at: place)
    }

    /// Who commits here: what the repository says, else the user's own settings.
    func author(home: String?) async -> Git.Author? {
        var files: [[String]] = [[]]
        if let home { files += [["--file", "\(home)/.gitconfig"], ["--file", "\(home)/.config/git/config"]] }
        var (name, email): (String?, String?)
        for file in files {
            if name == nil { name = await value("user.name", in: file) }
            if email == nil { email = await value("user.email", in: file) }
        }
        guard let name, let email else { return nil }
        return Git.Author(name: name, email: email)
    }

    private func value(_ key: String, in file: [String]) async -> String? {
        let found = try? await git.run(["config"] + file + ["--includes", "--get", key], at: place)
        guard let found, found.succeeded, !found.text.isEmpty else { return nil }
        return found.text
    }
}
