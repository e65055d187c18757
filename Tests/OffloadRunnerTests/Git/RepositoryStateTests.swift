import Foundation
import OffloadDomain
import Testing

@testable import OffloadRunner

/// The whole way of a piece of work, with the user's repository in every state that users have theirs in.
@Suite("Repository states", .timeLimit(.minutes(5))) struct RepositoryStateTests {
    @Test(
        "A result is merged and undone, or refused in plain words, and nothing else changes",
        arguments: RepositoryState.all)
    func wholeWay(_ state: RepositoryState) async throws {
        try await CrossingWorld.with(state.base) { world in
            var way = Way(world: world, state: state, before: try world.state())
            do {
                try await way.go()
            } catch let error as OffloadError {
                guard case .refused(way.step, let words) = state.outcome, error.message.contains(words) else {
                    Issue.record("\(way.step): \(error)")
                    return
                }
                #expect([.conflict, .unprocessable].contains(error.kind))
                let isClash = error.message.contains("clashes") || error.message.contains("no history in common")
                #expect(isClash == !way.foreseen.isEmpty)
                // git remembers where it was before it tries.
                #expect(
                    try way.changes().filter { !$0.hasSuffix("/ORIG_HEAD") } == [], "a refusal changed something")
            }
            #expect(FileSystem.names(in: "\(world.folder)/canaries") == [])
        }
    }

    /// One state's way, and how far it came.
    private struct Way {
        let world: CrossingWorld
        let state: RepositoryState
        var before: HomeState
        var step = RepositoryState.Step.givingOut
        var foreseen: [Clash] = []

        func changes() throws -> [String] { try world.state().changes(since: before) }

        mutating func go() async throws {
            guard let result = try await bringHome() else { return }
            try world.shell(state.meanwhile)
            (step, before) = (.merging, try world.state())
            foreseen = try await world.forecast(result).items.flatMap(\.clashes)
            #expect(try await world.show(result).count == result.extent.files)
            #expect(try changes() == [], "looking at a result changed something")
            let plan = try await world.merge(result)
            #expect(foreseen == [])
            if case .merged(let paths) = state.outcome { try expectMerged(paths, plan) }
            try world.shell(state.check)

            if !state.later.isEmpty {
                try world.shell(state.later)
                before = try world.state()
            }
            step = .undoing
            try await world.undo(plan, of: result)
            guard case .merged = state.outcome else {
                Issue.record("it was merged and undone")
                return
            }
            #expect(try changes().filter { !$0.hasSuffix("/ORIG_HEAD") } == state.rewritten)
            try world.shell("git fsck --strict")
        }

        private mutating func bringHome() async throws -> TaskResult? {
            let base = try await world.giveOut()
            try await world.handOver(base)
            let made = try await world.work(state.work, on: base)
            guard case .commit(let commit, _) = made.storage else {
                guard case .nothing = state.outcome else {
                    Issue.record("nothing came of it")
                    return nil
                }
                #expect(try changes() == [])
                return nil
            }
            step = .arriving
            let result = try await world.bringHome(commit, on: base)
            let notes = made.notes + result.notes
            #expect(notes.count == state.notes.count, "\(notes)")
            for word in state.notes { #expect(notes.contains { $0.contains(word) }, "\(notes)") }
            #expect(try await world.integration.publish(result, of: world.source.project) == "offload/idea")
            #expect(try changes().allSatisfy { $0.contains("/refs/heads/offload") })
            return result
        }

        private func expectMerged(_ paths: [String], _ plan: Integration) throws {
            let changed = try changes()
            let files = changed.filter { $0.hasPrefix("user/") && !$0.hasPrefix("user/.git/") }
            #expect(files.map(ExactText.init) == paths.map { ExactText("user/\($0)") })
            let others = changed.filter { !files.contains($0) && $0 != "index" && !$0.hasSuffix("/ORIG_HEAD") }
            #expect(others.count == 1 && others.first?.hasSuffix(plan.target) == true, "\(others)")
        }
    }

    @Test(
        "A repository that git can't use is not taken for a folder without git",
        arguments: ["rm .git/HEAD", "rm -r .git"])
    func damaged(_ damage: String) async throws {
        try await CrossingWorld.with("") { world in
            try world.shell(damage)
            let folders = world.source.folders
            guard FileSystem.kind(of: "\(world.user)/.git") == .folder else {
                #expect(try await folders.inspect(path: world.user).versionControl == .none)
                return
            }
            await #expect(throws: OffloadError.self) { _ = try await folders.inspect(path: world.user) }
        }
    }

    @Test(
        "A submodule that another device moves, removes, replaces or brings is refused, and named",
        arguments: [
            ("git update-index --cacheinfo 160000,$BASE,lib", "moves the submodule lib"),
            ("printf '0 %040d\\tlib\\n' 0 | git update-index --index-info", "removes the submodule lib"),
            ("git update-index --cacheinfo 100644,$(git rev-parse $BASE:b.txt),lib", "removes the submodule lib"),
            ("git update-index --add --cacheinfo 160000,$BASE,x/y", "brings the submodule x/y"),
        ])
    func submodules(_ change: String, _ words: String) async throws {
        try await CrossingWorld.with(RepositoryState.submodule) { world in
            let base = try await world.giveOut()
            try await world.handOver(base)
            let theirs = try await world.target.repositories.repository(of: world.target.project).gitFolder
            let made = try world.shell(
                """
                BASE=\(base); export GIT_INDEX_FILE="$PWD/made"; git read-tree $BASE; \(change)
                made=$(git commit-tree -p $BASE -m Work $(git write-tree))
                git update-ref \(ResultRepository.resultRef(world.key)) $made; echo $made
                """, in: theirs)
            let commit = try #require(CommitHash(made))
            do {
                _ = try await world.bringHome(commit, on: base)
                Issue.record("taken over")
            } catch let error as OffloadError {
                #expect(error.kind == .unprocessable && error.message.contains(words), "\(error)")
            }
        }
    }

    @Test("A result without common history takes nothing from the forecast of the others")
    func strangers() async throws {
        try await CrossingWorld.with("") { world in
            let base = try await world.giveOut()
            try await world.handOver(base)
            guard case .commit(let commit, _) = try await world.work("echo x >x", on: base).storage else { return }
            let result = try await world.bringHome(commit, on: base)
            let ours = try await world.source.repositories.repository(of: world.source.project).gitFolder
            let alone = try #require(
                CommitHash(
                    try world.shell("git commit-tree $(git hash-object -w -t tree /dev/null) -m Alone", in: ours)))
            let stranger = TaskResult(
                key: GitWorld.newKey(), projectID: result.projectID, ideaID: result.ideaID, title: "Alone", pairID: nil,
                state: .ready, storage: .commit(alone, base: alone), extent: result.extent,
                createdAt: result.createdAt, updatedAt: result.updatedAt)
            let forecast = try await world.integration.forecast(
                [stranger, result], of: world.source.project,
                at: try await world.integration.position(of: world.source.project))
            #expect(forecast.item(stranger.key)?.clashes == [Clash(path: ".", kind: .history)])
            #expect(forecast.item(result.key)?.clashes == [])
        }
    }

    @Test("Names that are no UTF-8 are shown with what changed in them, merged and undone")
    func otherNames() async throws {
        try await CrossingWorld.with("mkdir \"$(printf 'n\\351')\"; cd n*; echo 1 >x; git add .; git commit -qm x") {
            world in
            let base = try await world.giveOut()
            try await world.handOver(base)
            let made = try await world.work(
                """
                echo 3 >"$(printf '[a]\\351*')"; cd n*; echo 2 >>x
                git init -q lib; git -C lib commit -q --allow-empty -m x
                """, on: base)
            guard case .commit(let commit, _) = made.storage else {
                Issue.record("nothing came of it")
                return
            }
            let result = try await world.bringHome(commit, on: base)
            #expect(try await world.show(result).map(\.path) == ["[a]\u{FFFD}*", "n\u{FFFD}/x"])
            let plan = try await world.merge(result)
            #expect(try world.shell("cat n*/x '[a]'*") == "1\n2\n3")
            try await world.undo(plan, of: result)
            #expect(try world.shell("cat n*/x; ls; git status --short") == "1\na.txt\nb.txt\nn\u{FFFD}\nsub")
        }
    }

    @Test("The control: each kind of change is seen")
    func control() async throws {
        let changes = [
            ("echo x >>b.txt", ["status", "user/b.txt"]), ("chmod +x b.txt", ["user/b.txt"]),
            ("chmod +x a.txt", ["status", "user/a.txt"]), ("ln -s b.txt link", ["status", "user/link"]),
            ("mkdir empty", ["user/empty"]),
            ("git config x.y z", ["user/.git/config"]), ("git branch x", ["user/.git/refs/heads/x"]),
            ("git update-index --assume-unchanged sub/c.txt", ["index"]), ("echo x >../beside", ["beside"]),
            ("rm -r sub", ["user/sub", "user/sub/c.txt"]), ("git status", []),
        ]
        try await CrossingWorld.with("") { world in
            var before = try world.state()
            for (script, expected) in changes {
                try world.shell(script)
                let after = try world.state()
                #expect(after.changes(since: before) == expected, "\(script)")
                before = after
            }
        }
    }
}
