import Foundation
import OffloadClient
import OffloadWire
import Testing

/// What an attempt finds, what it may do, and what it leaves.
@Suite("Workspaces and agents", .serialized)
struct WorkspaceTests {
    @Test("The agent works on exactly the base, with the allow-listed ignored files, and they stay out of the result")
    func baseAndCopiedFiles() async throws {
        try await withDevice { device in
            let repository = try SampleRepository(
                in: device.folder,
                settings: """
                    agent: command
                    command: [sh, -c, "cat .env secret/key > seen.txt; git log --format=%s >> seen.txt; rm .env"]
                    copy: [.env, secret]

                    """)
            try repository.write(".gitignore", ".env\nsecret/\noffload.yml\n")
            try repository.git("add", ".gitignore")
            try repository.git("commit", "--quiet", "--message=Ignore")
            try repository.write(".env", "TOKEN=1\n")
            try FileManager.default.createDirectory(
                atPath: "\(repository.path)/secret", withIntermediateDirectories: true)
            try repository.write("secret/key", "KEY=2\n")
            try await complete("Look around", device, repository)
            #expect(
                try repository.git("show", "offload/look-around:seen.txt") == "TOKEN=1\nKEY=2\nIgnore\nBegin\n")
            #expect(
                try repository.git("ls-tree", "-r", "--name-only", "offload/look-around") == """
                    .gitignore
                    README.md
                    app.sh
                    seen.txt

                    """)
            #expect(FileManager.default.fileExists(atPath: "\(repository.path)/.env"))
        }
    }

    @Test("What an agent plants in its workspace is never executed by us")
    func plantedTraps() async throws {
        try await withScratchFolder { folder in
            let device = DeviceProcess(folder: folder, environment: ["REPOSITORY": "\(folder)/project"])
            try device.start()
            defer { device.kill() }
            let canary = "\(device.folder)/canary"
            let traps = """
                printf '[core]\\n\\tfsmonitor = touch \(canary)-fsmonitor\\n\\thooksPath = hooks\\n[filter "x"]\\n\\tclean = touch \(canary)-filter\\n\\tsmudge = touch \(canary)-smudge\\n[diff "x"]\\n\\tcommand = touch \(canary)-diff\\n\\ttextconv = touch \(canary)-textconv\\n' >> .git/config
                mkdir -p .git/hooks hooks
                for hook in pre-commit post-checkout reference-transaction post-merge fsmonitor-watchman; do
                  printf '#!/bin/sh\\ntouch \(canary)-hook\\n' | tee .git/hooks/$hook > hooks/$hook; chmod +x .git/hooks/$hook hooks/$hook
                done
                printf '* filter=x diff=x\\n' > .gitattributes
                mkdir bare && git init -q --bare bare/inner && printf '[core]\\n\\tfsmonitor = touch \(canary)-bare\\n' >> bare/inner/config
                git init -q nested && printf '[core]\\n\\tfsmonitor = touch \(canary)-nested\\n' >> nested/.git/config
                ln -s /etc outside
                ours=$(dirname "$(cat .git/objects/info/alternates)")
                git -C "$ours" config filter.y.clean "touch \(canary)-ours; cat"
                git -C "$ours" config core.fsmonitor "touch \(canary)-ours-fsmonitor"
                printf '*.txt filter=y\\n' >> .gitattributes
                rm -f ../index ../index.lock; ln -s "$REPOSITORY/.git/index" ../index; mkfifo ../ready.lock
                echo fine > result.txt
                """
            try traps.write(toFile: "\(device.folder)/traps.sh", atomically: true, encoding: .utf8)
            let repository = try SampleRepository(
                in: device.folder, settings: "agent: command\ncommand: [sh, \(device.folder)/traps.sh]\n")
            let index = FileManager.default.contents(atPath: "\(repository.path)/.git/index")
            try await complete("Plant traps", device, repository)
            #expect(FileManager.default.contents(atPath: "\(repository.path)/.git/index") == index)
            #expect(try repository.git("show", "offload/plant-traps:result.txt") == "fine\n")
            let planted = try FileManager.default.contentsOfDirectory(atPath: device.folder)
                .filter { $0.hasPrefix("canary") }
            #expect(planted.isEmpty, "executed: \(planted)")
        }
    }

    @Test("A workspace that an agent replaced by a link is not followed")
    func replacedWorkspace() async throws {
        try await withDevice { device in
            let secrets = "\(device.folder)/secrets"
            try FileManager.default.createDirectory(atPath: secrets, withIntermediateDirectories: true)
            try "top secret\n".write(toFile: "\(secrets)/secret.txt", atomically: true, encoding: .utf8)
            let repository = try SampleRepository(
                in: device.folder,
                settings: "agent: command\ncommand: [sh, -c, 'd=$PWD; cd ..; rm -rf \"$d\"; ln -s \(secrets) \"$d\"']\n"
            )
            #expect(try device.offload(["project", "add", repository.path]).exitCode == 0)
            #expect(try device.offload(["idea", "add", "Replace it", "--accept"]).exitCode == 0)
            let run = try device.offload(["run", "--json"])
            let task = try #require(try JSONDecoder().decode([TaskView].self, from: Data(run.output.utf8)).first)
            #expect(task.status == "failed")
            #expect(task.error?.kind == "workspace")
            #expect(try repository.git("for-each-ref", "refs/heads/offload/").isEmpty)
            #expect(FileManager.default.fileExists(atPath: "\(secrets)/secret.txt"), "what a link points to stays")
        }
    }

    @Test("Folders that git ignores do not keep a result from being taken")
    func ignoredRequirementFolder() async throws {
        try await withDevice { device in
            let repository = try SampleRepository(in: device.folder)
            try repository.write(".gitignore", ".claude/\n.env\n")
            try repository.git("add", ".gitignore")
            try repository.git("commit", "--quiet", "--message=Ignore")
            try repository.write("offload.yml", "agent: command\ncommand: [sh, -c, 'echo 1 > a']\ncopy: [.env]\n")
            try repository.write(".env", "TOKEN=1\n")
            try await complete("Write one", device, repository)
            #expect(try repository.git("show", "offload/write-one:a") == "1\n")
        }
    }

    @Test("Grandchildren in sessions of their own are ended with the attempt, and counted")
    func grandchildren() async throws {
        try await withDevice(environment: ["CANARY": "grandchildren"]) { device in
            let repository = try SampleRepository(
                in: device.folder,
                settings:
                    "agent: command\ncommand: [sh, -c, \"setsid sleep 1000 & (setsid sleep 1000 &) ; echo x > y\"]\n")
            let task = try await complete("Leave processes", device, repository)
            #expect((task.attempts.last?.processesEnded ?? 0) == 2)
            #expect(Survivors.carrying("OFFLOAD_ATTEMPT_MARKER").filter { $0.contains("sleep 1000") }.isEmpty)
        }
    }

    @Test("A folder without git gets a change set, and is left as it was")
    func folderWithoutGit() async throws {
        try await withDevice { device in
            let folder = "\(device.folder)/plain"
            try FileManager.default.createDirectory(atPath: "\(folder)/sub", withIntermediateDirectories: true)
            try "old\n".write(toFile: "\(folder)/sub/a.txt", atomically: true, encoding: .utf8)
            try "gone\n".write(toFile: "\(folder)/b.txt", atomically: true, encoding: .utf8)
            try "agent: command\ncommand: [sh, -c, \"echo new > sub/a.txt; rm b.txt; echo c > c.txt\"]\n"
                .write(toFile: "\(folder)/offload.yml", atomically: true, encoding: .utf8)
            #expect(try device.offload(["project", "add", folder]).exitCode == 0)
            #expect(try device.offload(["idea", "add", "Change things", "--accept"]).exitCode == 0)
            let run = try device.offload(["run", "--json"])
            #expect(run.exitCode == 0, "\(run.errors)")
            let task = try #require(try JSONDecoder().decode([TaskView].self, from: Data(run.output.utf8)).first)
            #expect(task.attempts.last?.result?.kind == "changeSet")
            #expect(task.attempts.last?.result?.filesChanged == 3)
            #expect(try String(contentsOfFile: "\(folder)/sub/a.txt", encoding: .utf8) == "old\n")
            #expect(FileManager.default.fileExists(atPath: "\(folder)/b.txt"))
            let kept = "\(device.dataFolder)/change-sets/\(task.id)/1"
            let changes = try String(contentsOfFile: "\(kept)/changes.json", encoding: .utf8)
            for path in ["b.txt", "c.txt", "sub/a.txt"] { #expect(changes.contains("\"\(path)\"")) }
            #expect(try FileManager.default.contentsOfDirectory(atPath: "\(kept)/blobs").count == 2)
        }
    }

    @Test("An agent without a workspace gets the requirement on standard input and an empty folder")
    func noWorkspace() async throws {
        try await withDevice { device in
            let seen = "\(device.folder)/seen"
            let repository = try SampleRepository(
                in: device.folder,
                settings: "agent: command\ncommand: [sh, -c, \"cat > \(seen); ls -A >> \(seen)\"]\nworkspace: none\n")
            let task = try await complete("Just a command", device, repository)
            #expect(task.attempts.last?.result == nil)
            let text = try String(contentsOfFile: seen, encoding: .utf8)
            #expect(text.contains("# Just a command"))
            #expect(text.hasSuffix("\n\n") || !text.contains("README.md"))
        }
    }

    @Test("Hostile text is shown as text by the command line")
    func hostileText() async throws {
        try await withDevice { device in
            let repository = try SampleRepository(
                in: device.folder,
                settings: "agent: command\ncommand: [printf, 'a\\033]0;owned\\007b\\033[2Jc\\n']\nworkspace: none\n")
            try await complete("Say \u{202E}evil", device, repository)
            let list = try device.offload(["tasks"])
            #expect(list.output.contains("\\u{202e}"))
            #expect(!list.output.contains("\u{202E}"))
        }
    }

    // MARK: - Steps

    @discardableResult
    private func complete(
        _ title: String, _ device: DeviceProcess, _ repository: SampleRepository
    ) async throws -> TaskView {
        let added = try device.offload(["project", "add", repository.path])
        #expect(added.exitCode == 0, "\(added.errors)")
        #expect(try device.offload(["idea", "add", title, "--accept"]).exitCode == 0)
        let run = try device.offload(["run", "--json"])
        let task = try #require(try JSONDecoder().decode([TaskView].self, from: Data(run.output.utf8)).first)
        #expect(task.status == "completed", "\(String(describing: task.error)) \(run.errors)")
        return task
    }
}
