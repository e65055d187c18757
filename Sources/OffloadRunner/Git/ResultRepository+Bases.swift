import OffloadDomain

/// Commits that work starts from, on their way from device to device.
extension ResultRepository {
    static func baseRef(_ commit: CommitHash) -> String { "refs/offload-bases/\(commit)" }

    func holds(_ commit: CommitHash) async throws -> Bool {
        try await self.commit(at: Self.baseRef(commit)) == commit
    }

    /// The commits that are kept here, the newest first.
    func bases(limit: Int) async throws -> [CommitHash] {
        let result = try await git.require(
            [
                "for-each-ref", "--format=%(objectname)", "--sort=-committerdate", "--count=\(limit)",
                "refs/offload-bases/",
            ], at: place)
        return result.text.split(separator: "\n").compactMap { CommitHash(String($0)) }
    }

    /// Writes a bundle of a kept commit to `path`, without what `known` has in its history.
    func bundle(_ base: CommitHash, without known: [CommitHash], to path: String) async throws {
        guard try await holds(base) else {
            throw OffloadError(.notFound, "commit \(base.short) is not kept on this device any more")
        }
        var excluded: [String] = []
        for commit in known {
            let found = try await git.run(["cat-file", "-e", "--end-of-options", "\(commit)^{commit}"], at: place)
            if found.succeeded { excluded.append("^\(commit)") }
        }
        let ref = Self.baseRef(base)
        let made = try await git.run(
            ["bundle", "create", "--quiet", path, ref] + excluded, at: place)
        if made.succeeded { return }
        // Whoever asks has later commits but not this one, as a shallow clone does; git makes no empty bundle.
        guard !excluded.isEmpty else {
            throw OffloadError(
                .unprocessable, "git bundle failed: \(PlainText.prefix(PlainText.trimmed(made.message), bytes: 400))")
        }
        try await git.require(["bundle", "create", "--quiet", path, ref], at: place)
    }

    /// Takes a commit over from a pack of another device.
    /// - Parameters:
    ///   - pack: the path of the pack.
    ///   - objects: an empty folder for what comes in; what is in it when this throws was not taken over.
    func adopt(_ base: CommitHash, pack: String, through objects: String) async throws {
        let quarantine = Git.Place.quarantine(gitFolder: gitFolder, objects: objects)
        try FileSystem.makeFolder("\(objects)/pack")
        let indexed = try await git.run(
            ["index-pack", "--strict", "--fix-thin", "--stdin"], at: quarantine, inputFile: pack)
        guard indexed.succeeded else { throw Self.refusal(of: base, indexed) }
        // Everything from the commit down has to be there, or here already.
        let whole = try await git.run(
            ["rev-list", "--objects", "--quiet", "--end-of-options", base.hex], at: quarantine)
        guard whole.succeeded else { throw Self.refusal(of: base, whole) }
        try takeIn(objects)
        try await git.require(["update-ref", "--end-of-options", Self.baseRef(base), base.hex], at: place)
    }

    /// Takes packs that were judged out of their quarantine, durably.
    func takeIn(_ objects: String) throws {
        let names = FileSystem.names(in: "\(objects)/pack")
        // An index without its pack would be worse than a pack without its index.
        for suffix in [".pack", ".rev", ".idx"] {
            for name in names where name.hasSuffix(suffix) {
                let target = "\(gitFolder)/objects/pack/\(name)"
                guard FileSystem.kind(of: target) == .missing else { continue }
                try FileSystem.move("\(objects)/pack/\(name)", to: target)
            }
        }
        try FileSystem.flush("\(gitFolder)/objects/pack")
    }

    private static func refusal(of base: CommitHash, _ result: ToolResult) -> OffloadError {
        OffloadError(
            .unprocessable,
            "the other device's commit \(base.short) was not taken over: "
                + PlainText.prefix(PlainText.trimmed(result.message), bytes: 400))
    }
}
