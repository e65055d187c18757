import OffloadDomain

/// Results on their way from device to device.
extension ResultRepository {
    /// How much a result may bring. An honest one is far below; a dishonest one is stopped before it fills disk or memory.
    enum Limits {
        static let objects = 200_000
        /// Bytes of one file.
        static let file: Int64 = 1 << 30
        /// Bytes of all files.
        static let files: Int64 = 4 << 30
    }

    /// A result that comes from another device.
    struct Incoming: Sendable {
        let key: AttemptKey
        let tip: CommitHash
        let base: CommitHash
    }

    /// Writes a bundle of a kept result to `path`: its commit, without the history below it.
    func bundle(_ key: AttemptKey, commit: CommitHash, base: CommitHash, to path: String) async throws {
        let ref = Self.resultRef(key)
        guard try await points(ref, to: commit) else {
            throw OffloadError(.notFound, "the result of attempt \(key) is not kept on this device any more")
        }
        try await git.require(["bundle", "create", "--quiet", path, ref, "^\(base)"], at: place)
    }

    func points(_ ref: String, to commit: CommitHash) async throws -> Bool {
        try await self.commit(at: ref) == commit
    }

    /// Takes a result over from a pack of another device.
    /// - Parameters:
    ///   - pack: the path of a file that ends with the pack.
    ///   - start: where in it the pack begins.
    ///   - objects: an empty folder for what comes in; what is in it when this throws was not taken over.
    /// - Throws: `OffloadError` of kind `unprocessable` or `tooLarge` saying what is wrong with it.
    func adopt(
        _ result: Incoming, pack: String, from start: Int64, through objects: String
    ) async throws -> TreeDifference {
        let quarantine = Git.Place.quarantine(gitFolder: gitFolder, objects: objects)
        try FileSystem.makeFolder("\(objects)/pack")
        let indexed = try await git.run(
            [
                "index-pack", "--strict", "--fix-thin", "--stdin",
                "--max-input-size=\(ResultAnnouncement.sizeLimit)",
            ], at: quarantine, inputFile: pack, inputOffset: start)
        guard indexed.succeeded else { throw Self.refusal(PlainText.trimmed(indexed.message)) }
        let difference = try await judge(result, at: quarantine)
        try takeIn(objects)
        try point(Self.resultRef(result.key), at: result.tip)
        return difference
    }

    /// What a result that was taken over before changes.
    func difference(of commit: CommitHash, from base: CommitHash, at place: Git.Place? = nil) async throws
        -> TreeDifference
    {
        let found = try await git.require(
            ["diff-tree"] + TreeDifference.arguments + [base.hex, commit.hex], at: place ?? self.place)
        return try TreeDifference(found.output)
    }

    private func judge(
        _ result: Incoming, at quarantine: Git.Place
    ) async throws -> TreeDifference {
        let (tip, base) = (result.tip, result.base)
        async let changes = self.difference(of: tip, from: base, at: quarantine)
        try await measure(tip, base, at: quarantine)
        let difference = try await changes
        for entry in difference.entries {
            switch (entry.modeBefore, entry.modeAfter) {
            case ("160000", "160000"): throw Self.refusal("it moves the submodule \(entry.path)")
            case ("160000", _): throw Self.refusal("it removes the submodule \(entry.path)")
            case (_, "160000"): throw Self.refusal("it brings the submodule \(entry.path)")
            case (_, "100644"), (_, "100755"), (_, "120000"), (_, "000000"): break
            default: throw Self.refusal("\(entry.path) is no file, program or link")
            }
        }
        return difference
    }

    /// It has to be one commit directly on the base, so that nothing that was not asked for can hide below it; every object has
    /// to be there, and none of them too large.
    private func measure(_ tip: CommitHash, _ base: CommitHash, at quarantine: Git.Place) async throws {
        let listed = try await git.run(
            ["rev-list", "--objects", "--no-object-names", "--parents", tip.hex, "^\(base)", "--"], at: quarantine)
        guard listed.succeeded else { throw Self.refusal(PlainText.trimmed(listed.message)) }
        let lines = listed.output.split(separator: UInt8(ascii: "\n"))
        // Only commits have parents, and with them more than one word.
        let commits = lines.filter { $0.contains(UInt8(ascii: " ")) }
        guard commits.count == 1, commits[0].elementsEqual("\(tip) \(base)".utf8) else {
            throw Self.refusal("it is not one commit on the base that was given out")
        }
        guard lines.count <= Limits.objects else { throw Self.tooLarge("\(lines.count) objects") }
        let names = lines.flatMap { $0.prefix { $0 != UInt8(ascii: " ") } + [UInt8(ascii: "\n")] }
        let sizes = try await git.run(
            ["cat-file", "--batch-check=%(objecttype) %(objectsize)"], at: quarantine, input: names)
        guard sizes.succeeded else { throw Self.refusal(PlainText.trimmed(sizes.message)) }
        var total: Int64 = 0
        for line in sizes.output.split(separator: UInt8(ascii: "\n")) {
            let words = line.split(separator: UInt8(ascii: " ")).map { String(decoding: $0, as: UTF8.self) }
            guard words.count == 2, let size = Int64(words[1]) else { throw Self.refusal("objects of it are missing") }
            guard size <= Limits.file else { throw Self.tooLarge("a file of \(size) bytes") }
            total += size
        }
        guard total <= Limits.files else { throw Self.tooLarge("\(total) bytes") }
    }

    /// Paths that a result adds and that are the same as another one where case and composition of letters count for nothing.
    func twins(of difference: TreeDifference, in tip: CommitHash) async throws -> [(path: String, twin: String)] {
        let added = Set(difference.entries.filter { $0.status == "A" }.map(\.path))
        guard !added.isEmpty else { return [] }
        let listed = try await git.require(["ls-tree", "-r", "-z", "--name-only", tip.hex], at: place)
        // Texts that are composed differently are equal to Swift.
        var known: [String: String] = [:]
        var twins: [(path: String, twin: String)] = []
        for name in listed.output.split(separator: 0).map({ String(decoding: $0, as: UTF8.self) }) {
            let folded = name.lowercased()
            if let twin = known[folded], added.contains(name) || added.contains(twin) { twins.append((name, twin)) }
            known[folded] = name
        }
        return twins
    }

    private static func refusal(_ reason: String) -> OffloadError {
        OffloadError(.unprocessable, "the result was not taken over: \(PlainText.prefix(reason, bytes: 400))")
    }

    private static func tooLarge(_ what: String) -> OffloadError {
        OffloadError(.tooLarge, "the result was not taken over: it brings \(what)")
    }
}
