import Foundation
import OffloadClient
import OffloadDomain
import OffloadWire
import Testing

/// Bad input gets a message that says what to do, and loses nothing.
@Suite("Bad input", .serialized)
struct BadInputTests {
    @Test("No body of any kind answers 5xx, and what is wrong is named")
    func bodies() async throws {
        try await withDevice { device in
            let huge = String(repeating: "x", count: 10 * 1024 * 1024)
            let bodies: [(String, String, [Int])] = [
                ("POST /api/bridge/ideas", "", [400]), ("POST /api/bridge/ideas", "null", [400]),
                ("POST /api/bridge/ideas", "[]", [400]), ("POST /api/bridge/ideas", "{", [400]),
                ("POST /api/bridge/ideas", "{\"projectId\":\"p-x\",\"title\":5}", [400]),
                ("POST /api/bridge/ideas", "{\"projectId\":\"../x\",\"title\":\"a\"}", [400]),
                ("POST /api/bridge/ideas", "{\"projectId\":\"p-x\",\"title\":\"\"}", [400]),
                ("POST /api/bridge/ideas", "{\"projectId\":\"p-x\",\"title\":\"a\\u0000b\"}", [400]),
                ("POST /api/bridge/ideas", "{\"projectId\":\"p-x\",\"title\":\"\(huge)\"}", [413]),
                ("POST /api/bridge/ideas", "{\"projectId\":\"p-nothing\",\"title\":\"a\"}", [404]),
                ("POST /api/bridge/ideas", String(repeating: "[", count: 100_000), [400]),
                ("POST /api/bridge/ideas", "{\"projectId\":\"p-x\",\"title\":\"a\",\"priority\":1e999}", [400]),
                ("POST /api/bridge/projects", "{\"path\":\"/nonexistent/folder\"}", [422]),
                ("POST /api/bridge/projects", "{\"path\":\"relative\"}", [400]),
                ("POST /api/bridge/projects", "{\"path\":\"/etc/hostname\"}", [422]),
                ("POST /api/bridge/projects", "{\"path\":\"/tmp\\u0000x\"}", [400]),
                ("POST /api/bridge/batches/batch1/assign", "{\"ideaIds\":[]}", [400]),
                ("POST /api/bridge/batches/batch1/assign", "{\"ideaIds\":[\"i-nothing\"]}", [404]),
                ("POST /api/bridge/batches/batch99/assign", "{\"ideaIds\":[\"i-nothing\"]}", [400, 404]),
                ("POST /api/bridge/batches/batch1/control", "{\"action\":\"explode\"}", [400]),
                ("POST /api/bridge/batches/batch1/control", "{\"action\":\"resume\"}", [409]),
                ("POST /api/bridge/tasks/t-nothing/cancel", "{}", [404]),
                ("GET /api/bridge/tasks?limit=-1", "", [400]), ("GET /api/bridge/tasks?limit=x", "", [400]),
                ("GET /api/bridge/ideas?limit=1&limit=2", "", [400]), ("GET /api/bridge/ideas?status=odd", "", [400]),
                ("GET /api/bridge/ideas/i-nothing", "", [404]), ("GET /api/bridge/tasks/t-nothing/log", "", [404]),
                ("GET /api/bridge/nothing", "", [404]),
            ]
            for (target, body, expected) in bodies {
                let parts = target.split(separator: " ")
                let length = parts[0] == "GET" ? "" : "Content-Length: \(body.utf8.count)\r\n"
                let head = GateTests.good(device.address).map { "\($0)\r\n" }.joined()
                let answer = try RawHTTP.send(
                    "\(parts[0]) \(parts[1]) HTTP/1.1\r\n\(head)\(length)Connection: close\r\n\r\n\(body)",
                    to: device.address)
                #expect(expected.contains(answer.status), "\(target) \(body.prefix(60)) answers \(answer.status)")
                let view = try JSONDecoder().decode(Problem.self, from: Data(answer.body.utf8))
                #expect(!view.message.isEmpty && !view.error.isEmpty)
            }
        }
    }

    private struct Problem: Decodable {
        let error: String
        let message: String
    }

    @Test("Folders in which no agent can work are refused with advice")
    func folders() async throws {
        try await withDevice { device in
            let repository = try SampleRepository(in: device.folder)
            try repository.git("init", "--quiet", "--bare", "\(device.folder)/bare.git")
            try repository.git("init", "--quiet", "\(device.folder)/unborn")
            try FileManager.default.createDirectory(
                atPath: "\(repository.path)/inside", withIntermediateDirectories: true)
            for (path, words) in [
                ("\(device.folder)/bare.git", "bare"), ("\(device.folder)/unborn", "no commit"),
                ("\(repository.path)/inside", "lies inside"), (device.dataFolder, "overlap"),
            ] {
                let result = try device.offload(["project", "add", path])
                #expect(result.exitCode == 1)
                #expect(result.errors.contains(words), "\(path): \(result.errors)")
            }
        }
    }

    @Test("Detached HEAD, a dirty tree and a held index lock are no obstacle, and stay as they are")
    func unusualRepositories() async throws {
        try await withDevice { device in
            let repository = try SampleRepository(in: device.folder)
            try repository.git("checkout", "--quiet", "--detach")
            try repository.write("README.md", "changed and not committed\n")
            try repository.write(".git/index.lock", "")
            let status = FileManager.default.contents(atPath: "\(repository.path)/.git/index")
            #expect(try device.offload(["project", "add", repository.path]).exitCode == 0)
            #expect(
                try device.offload(
                    ["idea", "add", "Add a note", "--accept", "-d", sample("append notes.md | a line")]).exitCode == 0)
            let run = try device.offload(["run"])
            #expect(run.exitCode == 0, "\(run.output)\(run.errors)")
            #expect(try repository.git("show", "offload/add-a-note:notes.md") == "a line\n")
            #expect(try repository.git("show", "offload/add-a-note:README.md") == "A project.\n")
            #expect(FileManager.default.contents(atPath: "\(repository.path)/.git/index") == status)
            #expect(FileManager.default.fileExists(atPath: "\(repository.path)/.git/index.lock"))
        }
    }

    @Test("An agent that is not installed fails its task with advice")
    func missingAgent() async throws {
        try await withDevice { device in
            let repository = try SampleRepository(
                in: device.folder, settings: "agent: command\ncommand: [no-such-program-anywhere]\n")
            _ = try device.offload(["project", "add", repository.path])
            _ = try device.offload(["idea", "add", "Anything", "--accept"])
            let run = try device.offload(["run"])
            #expect(run.exitCode == 2)
            #expect(run.output.contains("agent_missing"), "\(run.output)")
            #expect(run.output.contains("no-such-program-anywhere"))
        }
    }

    @Test("A project whose folder is gone is named, and nothing waits for it")
    func vanishedFolder() async throws {
        try await withDevice { device in
            let repository = try SampleRepository(in: device.folder)
            #expect(try device.offload(["project", "add", repository.path]).exitCode == 0)
            #expect(try device.offload(["idea", "add", "Anything", "--accept"]).exitCode == 0)
            try FileManager.default.moveItem(atPath: repository.path, toPath: "\(device.folder)/moved")
            let run = try device.offload(["run", "--project", "project"])
            #expect(run.exitCode == 1)
            #expect(run.errors.contains("is gone"), "\(run.errors)")
        }
    }

    @Test("A second device on the same data folder, a port in use and a data folder that is a file say so")
    func startsThatCannotWork() async throws {
        try await withDevice { device in
            let port = String(device.address.split(separator: ":")[1])
            let second = try device.offload(["serve"])
            #expect(second.exitCode == 1)
            #expect(second.errors.contains("\(device.pid)"), "\(second.errors)")
            let other = DeviceProcess(
                folder: device.folder,
                environment: ["OFFLOAD_DATA_DIR": "\(device.folder)/other", "OFFLOAD_PORT": port])
            let taken = try other.offload(["serve"])
            #expect(taken.exitCode == 1)
            #expect(taken.errors.contains("--port"), "\(taken.errors)")
            try Data().write(to: URL(fileURLWithPath: "\(device.folder)/file"))
            let file = DeviceProcess(
                folder: device.folder, environment: ["OFFLOAD_DATA_DIR": "\(device.folder)/file"])
            let refused = try file.offload(["serve"])
            #expect(refused.exitCode == 1)
            #expect(!refused.errors.isEmpty)
        }
    }

    @Test("Without a device the command line says how to start one")
    func noDevice() async throws {
        try await withScratchFolder { folder in
            let device = DeviceProcess(folder: folder, environment: ["OFFLOAD_PORT": "1"])
            let result = try device.offload(["status"])
            #expect(result.exitCode == 3)
            #expect(result.errors.contains("offload serve"))
        }
    }
}
