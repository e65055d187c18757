import OffloadDomain

/// What an attempt has made of a work tree, as one commit.
extension ResultRepository {
    /// Keeps the work tree's state as one commit on `base` under the attempt's ref. Doing it again for an unchanged work
    /// tree gives the same commit.
    /// - Parameters:
    ///   - index: what the checkout has left; without it every file is read.
    ///   - excluding: paths that never belong to a result.
    /// - Returns: nil when nothing was changed.
    func snapshot(
        _ workTree: String, base: CommitHash, key: AttemptKey, from index: KeptIndex?, excluding: [String],
        message: String
    ) async throws -> Change? {
        try await withScratch(like: base) { scratch in
            let work = Git.Place.workTree(workTree, through: scratch)
            try scratch.exclude(excluding)
            if try index?.restore(to: scratch.index) != true {
                try await git.require(["read-tree", base.hex], at: work)
            }
            var nested = try await filledSubmodules(of: base, in: workTree)
            nested += try await addAll(at: work)
            var made = try await commit(base, key, message, at: work)
            if try await takeOut(excluding, &nested, of: made.difference, base: base, at: work) {
                made = try await commit(base, key, message, at: work)
            }
            guard !made.difference.entries.isEmpty || !nested.isEmpty else { return nil }
            try point(Self.resultRef(key), at: made.commit)
            let extent = made.difference.extent
            return Change(
                commit: made.commit, filesChanged: extent.files, insertions: extent.insertions,
                deletions: extent.deletions,
                paths: made.difference.entries.prefix(AttemptResult.pathLimit).map(\.path), nestedRepositories: nested)
        }
    }

    /// - Returns: nested repositories that git can't add.
    private func addAll(at work: Git.Place) async throws -> [String] {
        if try await git.run(["add", "--all", "--", "."], at: work).succeeded { return [] }
        // git refuses to add a nested repository without a commit, and everything else with it.
        let others = try await git.require(["ls-files", "--others", "--exclude-standard", "-z"], at: work)
        let nested = others.output.split(separator: 0).map { String(decoding: $0, as: UTF8.self) }
            .filter { $0.hasSuffix("/") }.map { String($0.dropLast()) }
        try await git.require(
            ["add", "--all", "--", "."] + nested.map { ":(top,exclude,literal)\($0)" }, at: work)
        return nested
    }

    /// A commit of everything that was added, and how it differs from the base. Nothing refers to it yet.
    private func commit(
        _ base: CommitHash, _ key: AttemptKey, _ message: String, at work: Git.Place
    ) async throws -> (commit: CommitHash, difference: TreeDifference) {
        let tree = try await git.require(["write-tree"], at: work).text
        async let found = git.require(["diff-tree"] + TreeDifference.arguments + [base.hex, tree], at: place)
        let commit = try await commit(tree, base: base, key: key, message: message)
        return (commit, try TreeDifference(try await found.output))
    }

    /// Takes out what is no part of a result: changes of submodules, repositories inside the work tree, and excluded paths that
    /// git was told to ignore and knows all the same.
    /// - Returns: whether there was any.
    private func takeOut(
        _ excluding: [String], _ nested: inout [String], of difference: TreeDifference, base: CommitHash,
        at work: Git.Place
    ) async throws -> Bool {
        let hasLinks = difference.entries.contains { $0.modeAfter == "160000" || $0.modeBefore == "160000" }
        if hasLinks {
            let dropped = try await dropNestedRepositories(base: base, at: work)
            nested += dropped.filter { !nested.contains($0) }
        }
        let excluded = excluding.filter { path in
            difference.entries.contains { $0.path == path || $0.path.hasPrefix(path + "/") }
        }
        if !excluded.isEmpty {
            try await git.require(
                ["reset", "--quiet", base.hex, "--"] + excluded.map { ":(top,literal)\($0)" }, at: work)
        }
        return hasLinks || !excluded.isEmpty
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

    private func commit(
        _ tree: String, base: CommitHash, key: AttemptKey, message: String
    ) async throws -> CommitHash {
        let ref = Self.resultRef(key)
        if let kept = try await self.commit(at: ref) {
            let known = try await git.run(["rev-parse", "--verify", "--end-of-options", "\(kept)^{tree}"], at: place)
            if known.succeeded, known.text == tree { return kept }
        }
        let made = try await git.require(
            ["commit-tree", "-p", base.hex, "-F", "-", tree], at: place, input: Array(message.utf8))
        guard let hash = CommitHash(made.text) else {
            throw OffloadError(.device, "git commit-tree answered \(PlainText.prefix(made.text, bytes: 100))")
        }
        return hash
    }
}
