import OffloadDomain

/// Merges as they would be, made from commits that are here, without any work tree.
extension ResultRepository {
    /// How each pair of commits goes together, in one process.
    func mergeForecasts(_ pairs: [(CommitHash, CommitHash)]) async throws -> [MergeForecast] {
        guard !pairs.isEmpty else { return [] }
        let input = pairs.map { "\($0) \($1)\n" }.joined()
        let found = try await git.require(
            ["merge-tree", "--write-tree", "--stdin", "-z"], at: place, input: Array(input.utf8))
        let forecasts = try MergeForecast.read(found.output)
        guard forecasts.count == pairs.count else {
            throw OffloadError(.device, "git merge-tree has answered \(forecasts.count) of \(pairs.count) questions")
        }
        return forecasts
    }

    /// Whether two commits have any history in common. What has none git does not merge.
    func areRelated(_ left: CommitHash, _ right: CommitHash) async throws -> Bool {
        try await git.run(["merge-base", left.hex, right.hex], at: place).succeeded
    }

    /// The results that a commit has in its history.
    func results(in head: CommitHash) async throws -> Set<AttemptKey> {
        let found = try await git.require(
            ["for-each-ref", "--merged=\(head)", "--format=%(refname:lstrip=2)", "refs/offload/"], at: place)
        return Set(
            found.text.split(separator: "\n").compactMap { line in
                let parts = line.split(separator: "/")
                guard parts.count == 2, let number = Int(parts[1]) else { return nil }
                return AttemptKey(task: TaskID(unchecked: String(parts[0])), number: AttemptNumber(value: number))
            })
    }

    /// Where the commit of a merge is kept until the user's repository has it.
    static func mergeRef(_ key: AttemptKey) -> String { "refs/offload-merges/\(key.task)/\(key.number)" }

    /// Makes the commit that a merge puts into the project.
    /// - Parameters:
    ///   - parents: the project's commit, and the result's when both histories are to be seen.
    ///   - author: who merges; nil for nobody in particular.
    func mergeCommit(
        _ tree: String, on parents: [CommitHash], key: AttemptKey, message: String, author: Git.Author?
    ) async throws -> CommitHash {
        let made = try await git.signing(as: author).require(
            ["commit-tree"] + parents.flatMap { ["-p", $0.hex] } + ["-F", "-", tree], at: place,
            input: Array(message.utf8))
        guard let commit = CommitHash(made.text) else {
            throw OffloadError(.device, "git commit-tree answered \(PlainText.prefix(made.text, bytes: 100))")
        }
        try await git.require(["update-ref", "--end-of-options", Self.mergeRef(key), commit.hex], at: place)
        return commit
    }

    /// The difference between two commits as a patch, at most `limit` bytes of it.
    func patch(
        from: CommitHash, to: CommitHash, paths: [String], limit: Int
    ) async throws -> (text: [UInt8], isCut: Bool) {
        try FileSystem.makeFolder(scratchFolder)
        let file = "\(scratchFolder)/patch-\(UInt64.random(in: .min ... .max))"
        do {
            // Into a file, because how long it becomes nobody knows before.
            try await git.require(
                [
                    "diff-tree", "-p", "-r", "--no-color", "--no-renames", "--no-ext-diff", "--no-textconv",
                    "--output=\(file)", from.hex, to.hex, "--",
                ] + paths.map(Self.pathspec), at: place)
            let text = try FileSystem.read(file, from: 0, limit: limit)
            let isCut = FileSystem.size(of: file) > Int64(limit)
            await files.remove(file)
            return (text, isCut)
        } catch {
            await files.remove(file)
            throw error
        }
    }

    /// Of a name that is no UTF-8 only so much is known here that something stands between its letters.
    private static func pathspec(_ path: String) -> String {
        let letters = path.unicodeScalars
        guard letters.contains("\u{FFFD}") else { return ":(top,literal)\(path)" }
        let pattern = letters.map { letter in
            "*?[\\".unicodeScalars.contains(letter) ? "\\\(letter)" : letter == "\u{FFFD}" ? "*" : "\(letter)"
        }
        return ":(top,glob)\(pattern.joined())"
    }
}
