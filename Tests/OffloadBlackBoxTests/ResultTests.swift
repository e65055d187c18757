import Foundation
import OffloadClient
import OffloadDomain
import OffloadWire
import Testing

/// Results come home from another device, are forecast, merged, thrown away, and sent back.
@Suite("Results", .serialized, .timeLimit(.minutes(5)))
struct ResultTests {
    /// Has ideas done on the other device.
    /// - Returns: their results, in the order of the ideas.
    private func done(
        _ ideas: [(title: String, steps: String)], on devices: TwoDevices, isMet: Bool = false
    ) async throws -> [ResultView] {
        if !isMet { _ = try await devices.meet() }
        let ids = try await devices.write(ideas)
        try await devices.queue(ids)
        let results = try await devices.waitForResults { results in
            ids.allSatisfy { id in results.contains { $0.ideaId == id && $0.state != "uploading" } }
        }
        return ids.compactMap { id in results.first { $0.ideaId == id } }
    }

    @Test("Result Merge Conflict: Handle git conflicts gracefully")
    func mergeConflict() async throws {
        try await TwoDevices.with { devices in
            let project = devices.sourceProject
            try project.git("add", "--all")
            try project.git("commit", "--quiet", "--message=Settings")
            let base = try project.git("rev-parse", "HEAD")
            let results = try await done(
                [
                    ("Greet the moon", sample("replace app.sh | hello | hello moon")),
                    ("Greet the sun", sample("replace app.sh | hello | hello sun")),
                    ("Add a note", sample("append notes.md | a line")),
                ], on: devices)
            let (moon, sun, note) = (results[0], results[1], results[2])
            // All are branches here, on exactly the commit that was given out, and two of them are known to clash.
            for result in results {
                #expect(result.state == "ready" && result.deviceName == "Laptop-Work", "\(result)")
                let branch = try #require(result.branch)
                #expect(try project.git("rev-parse", "\(branch)^") == base)
            }
            let forecast = try await TwoDevices.results(of: devices.source)
            let moonNow = try #require(forecast.first { $0.taskId == moon.taskId })
            #expect(moonNow.conflictsWith == [sun.taskId] && moonNow.conflicts.isEmpty)
            #expect(forecast.first { $0.taskId == note.taskId }?.conflictsWith == [])
            #expect(try project.git("rev-parse", "HEAD") == base, "nothing was merged by itself")

            let merged = try await devices.merge(moon.taskId)
            #expect(merged.state == "merged" && merged.merged?.target == "refs/heads/main")
            #expect(try project.git("show", "HEAD:app.sh").contains("hello moon"))
            #expect(try String(contentsOfFile: "\(project.path)/app.sh", encoding: .utf8).contains("hello moon"))
            #expect(try project.git("status", "--porcelain", "--", ":!.claude") == "")

            // The other one clashes now: the project says so by itself, and nothing of it is changed by trying.
            let clash = try await devices.waitForResults { results in
                results.contains { $0.taskId == sun.taskId && $0.state == "conflict" }
            }
            let found = try #require(clash.first { $0.taskId == sun.taskId })
            #expect(found.conflicts.map { "\($0.path): \($0.kind)" } == ["app.sh: content"])
            let head = try project.git("rev-parse", "HEAD")
            await #expect(throws: OffloadError.self) { try await devices.merge(sun.taskId) }
            #expect(try project.git("rev-parse", "HEAD") == head)
            #expect(try project.git("status", "--porcelain", "--", ":!.claude") == "")

            // What does not clash is merged on top.
            try await devices.merge(note.taskId, MergeRequest(mode: "squash", message: "Note it"))
            #expect(try project.git("log", "-1", "--format=%s|%P") == "Note it|\(head)")

            // The one that clashes is done again, with both sides in front of the agent.
            let again: TaskView = try await devices.source.with {
                try await $0.post("\(TwoDevices.resultsPath)/\(sun.taskId)/retry-with-conflict")
            }
            let second = try await devices.waitForResults { results in
                results.contains { $0.taskId == again.id && $0.state != "uploading" }
            }
            // The sample agent finds "hello" in the present state, too.
            let result = try #require(second.first { $0.taskId == again.id })
            #expect(result.state == "ready", "\(result)")
            #expect(second.first { $0.taskId == sun.taskId }?.state == "discarded")
            let name = try #require(try Self.requirementOfSecondTry(in: project))
            let text = try String(contentsOfFile: "\(project.path)/\(name)", encoding: .utf8)
            #expect(text.contains("+echo hello sun") && text.contains("+echo hello moon"), "\(text)")
            try await devices.merge(again.id)
            #expect(try project.git("show", "HEAD:app.sh").contains("hello sun moon"))
            try project.git("fsck", "--strict")
        }
    }

    private static func requirementOfSecondTry(in project: SampleRepository) throws -> String? {
        let folder = ".claude/requirements"
        return try FileManager.default.contentsOfDirectory(atPath: "\(project.path)/\(folder)").first { name in
            try String(contentsOfFile: "\(project.path)/\(folder)/\(name)", encoding: .utf8)
                .contains("What happened before")
        }.map { "\(folder)/\($0)" }
    }

    @Test("A merge is undone, a result is thrown away and brought back, and what stands in the way is said")
    func decisions() async throws {
        try await TwoDevices.with { devices in
            let project = devices.sourceProject
            try project.git("add", "--all")
            try project.git("commit", "--quiet", "--message=Settings")
            let results = try await done(
                [
                    ("Add a note", sample("append notes.md | a line")),
                    ("Run on every push", sample("write .github/workflows/ci.yml | on: push")),
                    ("Change nothing", sample("say nothing to do")),
                ].dropLast(), on: devices)
            let (note, hook) = (results[0], results[1])
            let head = try project.git("rev-parse", "HEAD")
            func refusal(_ body: () async throws -> Void) async throws -> String {
                do {
                    try await body()
                    return ""
                } catch let error as OffloadError {
                    #expect(error.kind == .conflict)
                    #expect(try project.git("rev-parse", "HEAD") == head, "nothing was changed")
                    return error.message
                }
            }
            try project.write("README.md", "Not committed.\n")
            #expect(try await refusal { try await devices.merge(note.taskId) }.contains("README.md"))
            #expect(try String(contentsOfFile: "\(project.path)/README.md", encoding: .utf8) == "Not committed.\n")
            try project.git("checkout", "--quiet", "README.md")
            // A file that nobody has committed and that the merge would overwrite.
            try project.write("notes.md", "My own notes.\n")
            #expect(try await refusal { try await devices.merge(note.taskId) }.contains("notes.md"))
            #expect(try String(contentsOfFile: "\(project.path)/notes.md", encoding: .utf8) == "My own notes.\n")
            try FileManager.default.removeItem(atPath: "\(project.path)/notes.md")
            try project.git("checkout", "--quiet", "--detach")
            #expect(try await refusal { try await devices.merge(note.taskId) }.contains("no branch is checked out"))
            try project.git("checkout", "--quiet", "main")
            #expect(try await refusal { try await devices.merge(hook.taskId) }.contains(".github/workflows/ci.yml"))
            #expect(hook.needsConfirmation == [".github/workflows/ci.yml"])

            try await devices.merge(hook.taskId, MergeRequest(confirm: true))
            #expect(try project.git("rev-parse", "HEAD^1") == head)
            let idea: IdeaView = try await devices.source.with { try await $0.get("/api/bridge/ideas/\(hook.ideaId)") }
            #expect(idea.status == "implemented")
            #expect(try await devices.act("undo", on: hook.taskId).state == "ready")
            #expect(try project.git("rev-parse", "HEAD") == head)
            #expect(!FileManager.default.fileExists(atPath: "\(project.path)/.github"))
            let reopened: IdeaView = try await devices.source.with {
                try await $0.get("/api/bridge/ideas/\(hook.ideaId)")
            }
            #expect(reopened.status == "accepted")

            let branch = try #require(note.branch)
            #expect(try await devices.act("discard", on: note.taskId).state == "discarded")
            #expect(try project.git("branch", "--list", branch) == "")
            let back = try await devices.act("undo", on: note.taskId)
            #expect(back.state == "ready" && back.branch == branch)
            #expect(try project.git("show", "\(branch):notes.md") == "a line\n")

            // What somebody merges by hand counts as merged.
            try project.git("merge", "--quiet", "--no-ff", "--message=By hand", try #require(hook.branch))
            let byHand = try await TwoDevices.results(of: devices.source).first { $0.taskId == hook.taskId }
            #expect(byHand?.state == "merged")
            await #expect(throws: OffloadError.self) { try await devices.act("undo", on: hook.taskId) }
            try project.git("reset", "--quiet", "--hard", "HEAD~1")

            // Once something stands on top of it, a merge is not taken out by moving the branch.
            try await devices.merge(note.taskId)
            try project.advance()
            let top = try project.git("rev-parse", "HEAD")
            await #expect(throws: OffloadError.self) { try await devices.act("undo", on: note.taskId) }
            #expect(try project.git("rev-parse", "HEAD") == top)
            #expect(
                try await TwoDevices.results(of: devices.source).first { $0.taskId == note.taskId }?.state == "merged")
            try project.git("fsck", "--strict")
        }
    }

    /// Runs `body` with two devices whose agents run a script of the test.
    private static func withScript(
        _ script: String, _ body: (TwoDevices) async throws -> Void
    ) async throws {
        try await withScratchFolder { folder in
            let agent = "\(folder)/agent.sh"
            try script.write(toFile: agent, atomically: true, encoding: .utf8)
            try await TwoDevices.with(settings: "agent: command\ncommand: [sh, \(agent), \"{requirement}\"]\n") {
                devices in
                try await body(devices)
            }
        }
    }

    private static let manyFiles = """
        grep -q "Change nothing" "$1" && exit 0
        i=0
        while [ $i -lt 200 ]; do head -c 40000 /dev/urandom >"file-$i.bin"; i=$((i+1)); done
        """

    @Test("A large result comes whole through a network that loses requests and answers; an empty one is none")
    func largeAndEmpty() async throws {
        try await Self.withScript(Self.manyFiles) { devices in
            let folder = "\(devices.target.folder)/proxy"
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
            let proxy = try MeddlingProxy(
                before: devices.address, identity: "\(devices.source.dataFolder)/identity.pem", in: folder, trouble: 30)
            defer { proxy.stop() }
            _ = try await devices.accept(try await devices.openCode().pairingCode, at: proxy.address.description)
            let ids = try await devices.write([("Change nothing", ""), ("Many files", "")])
            try await devices.queue(ids)
            let results = try await devices.waitForResults { results in
                results.contains { $0.ideaId == ids[1] && $0.state != "uploading" }
            }
            let large = try #require(results.first { $0.ideaId == ids[1] })
            #expect(large.state == "ready" && large.filesChanged == 200, "\(large)")
            let (here, there) = (devices.sourceProject, devices.targetProject)
            let branch = try #require(large.branch)
            #expect(try here.git("rev-parse", "\(branch)^{tree}") == there.git("rev-parse", "\(branch)^{tree}"))
            _ = try await devices.wait { TwoDevices.areOver($0) }
            #expect(try await TwoDevices.results(of: devices.source).count == 1, "nothing came of no change")
            try here.git("fsck", "--strict")
        }
    }

    @Test(
        "The plug is pulled again and again while a result is on its way, and it arrives as it was",
        arguments: [true, false])
    func cutUploads(_ isSource: Bool) async throws {
        try await Self.withScript(Self.manyFiles) { devices in
            _ = try await devices.meet()
            let ids = try await devices.write([("Many files", "")])
            try await devices.queue(ids)
            _ = try await devices.wait { $0.count == 1 && TwoDevices.areOver($0) }
            let victim = isSource ? devices.source : devices.target
            for _ in 0..<Effort.count(8, full: 100) {
                victim.kill()
                try victim.start()
                // The random moment is the point of it; nothing waits for this time to pass.
                try await Task.sleep(for: .milliseconds(Int.random(in: 0...120)))
            }
            let results = try await devices.waitForResults { $0.contains { $0.state != "uploading" } }
            let branch = try #require(results.first?.branch)
            let (here, there) = (devices.sourceProject, devices.targetProject)
            #expect(try here.git("rev-parse", "\(branch)^{tree}") == there.git("rev-parse", "\(branch)^{tree}"))
            try here.git("fsck", "--strict")
        }
    }
}
