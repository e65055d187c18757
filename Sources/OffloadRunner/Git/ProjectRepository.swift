package import OffloadDomain

/// The user's own repository. Read, and given branches under `offload/`; nothing else of it is ever written but by a merge that
/// a person asks for.
package struct ProjectRepository: Sendable {
    let git: Git
    let place: Git.Place
    package let folder: String

    package init(git: Git, folder: String) {
        self.git = git
        self.folder = folder
        place = .users(folder: folder)
    }

    package enum Kind: Sendable, Equatable {
        case none
        /// A work tree whose top is this folder.
        case workTree
        /// A folder inside the work tree whose top is given.
        case inside(top: String)
        case bare
    }

    /// What the folder is to git.
    package func kind() async throws -> Kind {
        let top = try await git.run(["rev-parse", "--show-toplevel"], at: place)
        if top.succeeded { return top.text == folder || top.text.isEmpty ? .workTree : .inside(top: top.text) }
        let bare = try await git.run(["rev-parse", "--is-bare-repository"], at: .ours(gitFolder: folder))
        return bare.succeeded ? .bare : .none
    }

    /// The first line of what git says when it looks for the repository.
    func complaint() async -> String {
        let found = try? await git.run(["rev-parse", "--git-dir"], at: place)
        let line = found?.message.split(separator: "\n").first.map(String.init)
        return PlainText.prefix(line ?? "it says nothing", bytes: 400)
    }

    /// The top of a work tree that encloses the folder, if there is one above it.
    package func enclosingTop() async throws -> String? {
        let result = try await git.run(["-C", folder, "rev-parse", "--show-toplevel"], at: .nowhere)
        return result.succeeded && !result.text.isEmpty && result.text != folder ? result.text : nil
    }

    /// The commit that is checked out.
    /// - Throws: `OffloadError` of kind `unprocessable` when there is none yet.
    package func head() async throws -> CommitHash {
        let result = try await git.run(
            ["rev-parse", "--quiet", "--verify", "--end-of-options", "HEAD^{commit}"], at: place)
        guard result.succeeded, let hash = CommitHash(result.text) else {
            throw OffloadError(
                .unprocessable, "the repository in \(folder) has no commit yet; commit something, then try again")
        }
        return hash
    }

    /// Whether a commit is in the repository, whatever leads to it.
    package func has(_ commit: CommitHash) async throws -> Bool {
        try await git.run(["cat-file", "-e", "--end-of-options", "\(commit)^{commit}"], at: place).succeeded
    }

    /// Why a part of the history may be missing, and how to get it; nil when all of it is said to be there.
    func gap() async -> OffloadError? {
        let isShallow = try? await git.run(["rev-parse", "--is-shallow-repository"], at: place)
        if isShallow?.text == "true" {
            return OffloadError(
                .unprocessable,
                "\(folder) is a shallow clone; get the rest of its history with: git fetch --unshallow")
        }
        let promises = try? await git.run(["config", "--get-regexp", #"^remote\..*\.promisor$"#], at: place)
        guard promises?.succeeded == true else { return nil }
        return OffloadError(
            .unprocessable,
            "\(folder) is a partial clone; get all of its files with: git fetch --refetch --no-filter")
    }

    /// Creates a branch `offload/…` at `commit`, or finds the one that an earlier call created for it.
    /// - Parameters:
    ///   - base: the commit that it was made on.
    ///   - ref: the commit's full ref name in `source`.
    ///   - slug: the wanted name behind `offload/`; `-2`, `-3` … when it is taken.
    /// - Returns: the branch's name.
    /// - Throws: `OffloadError` of kind `unprocessable` with git's message when none could be written.
    package func publish(
        _ commit: CommitHash, on base: CommitHash, ref: String, from source: String, slug: String
    ) async throws -> String {
        async let known = branches(startingWith: "offload/\(slug)")
        if try await !has(both: commit, and: base) { try await fetch(ref, from: source) }
        var taken = try await known
        var refusals = 0
        while true {
            if let existing = taken.first(where: { $0.commit == commit.hex }) { return existing.name }
            let name =
                "offload/" + Slug.firstFree(slug) { candidate in taken.contains { $0.name == "offload/\(candidate)" } }
            let zero = String(repeating: "0", count: commit.hex.utf8.count)
            let created = try await git.run(
                ["update-ref", "-m", "offload: result", "--end-of-options", "refs/heads/\(name)", commit.hex, zero],
                at: place)
            if created.succeeded { return name }
            refusals += 1
            guard refusals < Self.tries else {
                throw OffloadError(
                    .unprocessable,
                    "git could not create the branch \(name) in \(folder): \(PlainText.prefix(created.message, bytes: 400))"
                )
            }
            // Another git process may hold a lock for a moment; a foreign lock is waited for, never removed.
            try await Task.sleep(for: .milliseconds(50 << refusals) + .milliseconds(Int.random(in: 0..<50)))
            taken = try await branches(startingWith: "offload/\(slug)")
        }
    }

    private func has(both commit: CommitHash, and base: CommitHash) async throws -> Bool {
        let found = try await git.run(
            ["cat-file", "--batch-check=%(objecttype)"], at: place, input: Array("\(commit)\n\(base)\n".utf8))
        return found.succeeded && found.text == "commit\ncommit"
    }

    /// Takes the objects of a small pack over that was judged in our own repository. Nothing refers to them yet. Where this
    /// does not go, `publish` fetches them.
    /// - Parameters:
    ///   - pack: the path of a file that ends with the pack.
    ///   - start: where in it the pack begins.
    func receive(pack: String, from start: Int64) async {
        guard FileSystem.size(of: pack) <= Self.smallPack else { return }
        _ = try? await git.run(["unpack-objects", "-q"], at: place, inputFile: pack, inputOffset: start)
    }

    /// Bytes of a pack up to which its objects are kept one by one, as git does with small ones that it fetches.
    private static let smallPack: Int64 = 256 * 1024

    private static let tries = 5

    private func branches(startingWith prefix: String) async throws -> [(name: String, commit: String)] {
        let result = try await git.require(
            ["for-each-ref", "--format=%(objectname) %(refname:lstrip=2)", "refs/heads/offload/"], at: place)
        return String(decoding: result.output, as: UTF8.self).split(separator: "\n").compactMap { line in
            let parts = line.split(separator: " ", maxSplits: 1)
            guard parts.count == 2, parts[1].hasPrefix(prefix) else { return nil }
            return (String(parts[1]), String(parts[0]))
        }
    }
}
