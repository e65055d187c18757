import Foundation
import OffloadDomain
import OffloadTesting
import Testing

@testable import OffloadRunner

/// What a paired device could send in the place of a result. Nothing but exactly the result is ever taken over.
@Suite("Hostile bundles", .serialized, .timeLimit(.minutes(5))) struct HostileBundleTests {
    private func expectRefused(
        _ bundle: Data, _ tip: CommitHash, as key: AttemptKey = GitWorld.newKey(), in world: GitWorld,
        _ what: String
    ) async throws {
        let before = try world.state()
        do {
            _ = try await world.deliver(bundle, tip, as: key)
            Issue.record("taken over: \(what)")
        } catch let error as OffloadError {
            #expect([.unprocessable, .tooLarge].contains(error.kind), "\(what): \(error)")
        }
        #expect(try world.state() == before, "\(what) left something behind")
    }

    @Test("The control: an honest result is taken over, twice as once, and its branch can be written")
    func honest() async throws {
        try await GitWorld.with { world in
            let (key, tip) = (GitWorld.newKey(), try world.honestCommit())
            let arrival = try await world.deliver(try world.bundle(tip, key: key), tip, as: key)
            #expect(arrival.storage == .commit(tip, base: world.base))
            #expect(arrival.extent == TaskResult.Extent(files: 1, insertions: 1, deletions: 0))
            #expect(try await world.deliver(try world.bundle(tip, key: key), tip, as: key) == arrival)
            #expect(try GitWorld.run(["rev-parse", ResultRepository.resultRef(key)], in: world.ours) == tip.hex)
        }
    }

    private static let refs = [
        "refs/heads/main", "refs/heads/-x", "refs/remotes/origin/main", "refs/stash", "refs/notes/commits", "HEAD",
        "refs/tags/v1", "refs/replace/1234567890123456789012345678901234567890", "refs/offload/../heads/main",
        "refs/offload/t-1/1.lock", "refs/offload-bases/x", "refs/offload/t-0/1 refs/heads/main",
        "--upload-pack=touch x",
    ]

    @Test("A bundle brings exactly the one ref that was announced, on exactly the base that was given out")
    func headers() async throws {
        try await GitWorld.with { world in
            let tip = try world.honestCommit()
            let key = GitWorld.newKey()
            let (ref, base) = (ResultRepository.resultRef(key), world.base)
            var headers = Self.refs.map { "# v2 git bundle\n-\(base) x\n\(tip) \($0)\n\n" }
            headers += Self.refs.map { "# v2 git bundle\n-\(base) x\n\(tip) \(ref)\n\(tip) \($0)\n\n" }
            headers += [
                "# v2 git bundle\n\(tip) \(ref)\n\n", "# v2 git bundle\n-\(base) x\n\n",
                "# v2 git bundle\n-\(base) x\n-\(tip) x\n\(tip) \(ref)\n\n",
                "# v2 git bundle\n-\(base) x\n\(base) \(ref)\n\n", "# v9 git bundle\n-\(base) x\n\(tip) \(ref)\n\n",
                "# v3 git bundle\n@filter=blob:none\n-\(base) x\n\(tip) \(ref)\n\n",
                "# v2 git bundle\r\n-\(base) x\r\n\(tip) \(ref)\r\n\r\n", "PACK", "",
                String(repeating: "# v2 git bundle\n", count: 10_000),
            ]
            for header in headers {
                let bundle = try world.bundle(tip, key: key, header: header)
                try await expectRefused(bundle, tip, as: key, in: world, header)
            }
        }
    }

    @Test(
        "The control: whoever fetches all that a bundle names has its branch moved and objects put in the place of others"
    )
    func naiveFetch() async throws {
        try await GitWorld.with { world in
            let (key, tip) = (GitWorld.newKey(), try world.honestCommit())
            let replaced = "refs/replace/\(world.base)"
            let header =
                "# v2 git bundle\n-\(world.base) x\n\(tip) refs/heads/main\n\(tip) \(replaced)\n\n"
            let path = "\(world.folder)/hostile.bundle"
            try world.bundle(tip, key: key, header: header).write(to: URL(fileURLWithPath: path))
            try GitWorld.run(["fetch", "--quiet", "--update-head-ok", path, "+refs/*:refs/*"], in: world.users)
            #expect(try GitWorld.run(["rev-parse", "refs/heads/main"], in: world.users) == tip.hex)
            #expect(try GitWorld.run(["rev-parse", replaced], in: world.users) == tip.hex)
        }
    }

    @Test("A result is one commit on its base")
    func shapes() async throws {
        try await GitWorld.with { world in
            let tree = try GitWorld.run(["rev-parse", "\(try world.honestCommit())^{tree}"], in: world.sender)
            let deep = try world.commit(tree, on: [try world.honestCommit("other.txt").hex])
            let merge = try world.commit(tree, on: [world.base.hex, try world.honestCommit("third.txt").hex])
            let orphan = try world.commit(tree, on: [])
            for tip in [deep, merge, orphan] {
                let key = GitWorld.newKey()
                try await expectRefused(try world.bundle(tip, key: key), tip, as: key, in: world, "\(tip)")
            }
            // Not a commit at all.
            let key = GitWorld.newKey()
            let notCommit = try #require(CommitHash(tree))
            let pack = try GitWorld.bytes(
                ["pack-objects", "--stdout", "-q"], in: world.sender, input: Data("\(tree)\n".utf8))
            try await expectRefused(
                try world.bundle(notCommit, key: key, pack: pack), notCommit, as: key, in: world, "a tree")
        }
    }

    @Test("Trees with names that lead elsewhere, submodules, and what is no file are refused")
    func trees() async throws {
        try await GitWorld.with { world in
            let blob = try world.blob()
            let names = [".git", ".GIT", "..", ".", "git~1", "a/b", ".git\u{200C}", "", ".git/hooks"]
            var trees: [(String, String)] = []
            for name in names {
                trees.append((name, try world.tree([("100644", Array(name.utf8), blob)])))
                let inner = try world.tree([("100644", Array(name.utf8), blob)])
                trees.append(("sub/\(name)", try world.tree([("40000", Array("sub".utf8), inner)])))
            }
            for mode in ["160000", "100600x", "10644", "140000"] {
                trees.append(
                    (mode, try world.tree([(mode, Array("x".utf8), mode == "160000" ? world.base.hex : blob)])))
            }
            trees.append(
                ("twice", try world.tree([("100644", Array("x".utf8), blob), ("100644", Array("x".utf8), blob)])))
            trees.append(
                (
                    ".gitmodules as link",
                    try world.tree([("120000", Array(".gitmodules".utf8), try world.blob("../x"))])
                ))
            for (name, tree) in trees {
                let (key, tip) = (GitWorld.newKey(), try world.commit(tree, on: [world.base.hex]))
                guard let pack = try? world.pack(tip) else {
                    // git itself packs nothing of the kind; then it is packed object by object.
                    let objects = [tip.hex, tree, blob].joined(separator: "\n") + "\n"
                    let pack = try GitWorld.bytes(
                        ["pack-objects", "--stdout", "-q"], in: world.sender, input: Data(objects.utf8))
                    try await expectRefused(
                        try world.bundle(tip, key: key, pack: pack), tip, as: key, in: world, name)
                    continue
                }
                try await expectRefused(try world.bundle(tip, key: key, pack: pack), tip, as: key, in: world, name)
            }
        }
    }

    @Test("Objects that are missing are noticed")
    func missingObjects() async throws {
        try await GitWorld.with { world in
            let (key, tip) = (GitWorld.newKey(), try world.honestCommit())
            let pack = try GitWorld.bytes(
                ["pack-objects", "--stdout", "-q"], in: world.sender, input: Data("\(tip)\n".utf8))
            try await expectRefused(
                try world.bundle(tip, key: key, pack: pack), tip, as: key, in: world, "a commit without its files")
        }
    }

    @Test("Links, settings and names that are the same without case are named, not refused")
    func notable() async throws {
        try await GitWorld.with { world in
            let blob = try world.blob()
            let base = try GitWorld.run(["ls-tree", "\(world.base)"], in: world.sender)
            #expect(base.contains("a.txt"))
            try GitWorld.run(["checkout", "--quiet", "--detach", world.base.hex], in: world.sender)
            for entry in [
                "100644,\(blob),A.TXT", "100644,\(blob),.claude/settings.json", "120000,\(blob),link",
                "100644,\(blob),.gitattributes",
            ] {
                try GitWorld.run(["update-index", "--add", "--cacheinfo", entry], in: world.sender)
            }
            let tip = try world.commit(
                try GitWorld.run(["write-tree"], in: world.sender), on: [world.base.hex])
            let key = GitWorld.newKey()
            let arrival = try await world.deliver(try world.bundle(tip, key: key), tip, as: key)
            #expect(arrival.sensitivePaths == [".claude/settings.json", ".gitattributes", "link"])
            #expect(arrival.notes.count == 1 && arrival.notes[0].contains("A.TXT"), "\(arrival.notes)")
        }
    }

    @Test("A bundle that was damaged on purpose is refused or is the same result")
    func mutations() async throws {
        let isFull = ProcessInfo.processInfo.environment["OFFLOAD_PROVE"] == "1"
        try await GitWorld.with { world in
            var generator = SplitMix64(seed: 20_261_125)
            let tip = try world.honestCommit("new.txt", String(repeating: "line\n", count: 500))
            var taken = 0
            for _ in 0..<(isFull ? 10_000 : 150) {
                let key = GitWorld.newKey()
                var bundle = try world.bundle(tip, key: key)
                if Bool.random(using: &generator) {
                    bundle = bundle.prefix(Int.random(in: 0..<bundle.count, using: &generator))
                } else {
                    let place = bundle.startIndex + Int.random(in: 0..<bundle.count, using: &generator)
                    bundle[place] ^= 1 << UInt8.random(in: 0..<8, using: &generator)
                }
                let before = try GitWorld.run(["for-each-ref"], in: world.users)
                do {
                    let arrival = try await world.deliver(bundle, tip, as: key)
                    #expect(arrival.storage == .commit(tip, base: world.base))
                    taken += 1
                } catch let error as OffloadError {
                    #expect(error.kind == .unprocessable || error.kind == .conflict, "\(error)")
                }
                #expect(try GitWorld.run(["for-each-ref"], in: world.users) == before)
            }
            try GitWorld.run(["fsck", "--strict"], in: world.ours)
            try GitWorld.run(["fsck", "--strict"], in: world.users)
            print("of the damaged bundles \(taken) were the same result")
        }
    }
}
