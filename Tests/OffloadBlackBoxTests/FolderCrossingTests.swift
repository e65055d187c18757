import Foundation
import OffloadClient
import OffloadDomain
import OffloadWire
import Testing

/// Projects without git over two devices: the files go over, what became of them comes back.
@Suite("Without git over two devices", .serialized, .timeLimit(.minutes(5)))
struct FolderCrossingTests {
    static let places: [CrashPlace] = [
        .inboxAfterPull, .inboxAfterBase, .inboxAfterAccept, .attemptAfterWorkspace, .attemptAfterSnapshot,
        .resultAfterAnnounce, .resultAfterUpload, .resultAfterDelivery, .resultBeforeImport, .resultAfterImport,
        .resultAfterRecord,
    ]

    @Test("A result of a folder comes home, is taken, put back, and kept beside what changed meanwhile")
    func thereAndBack() async throws {
        try await Self.with { devices, here, there in
            try here.write("empty", "")
            try FileManager.default.createDirectory(atPath: "\(here.path)/sub", withIntermediateDirectories: true)
            try here.write("sub/deep.txt", "deep\n")
            // The laptop's folder is another than the PC's, and stays as it is.
            try there.write("menu.txt", "something else\n")
            try there.write("own.txt", "own\n")
            let tasks = try await Self.done(
                [
                    ("Note it", "append notes.md | two\nappend sub/deep.txt | deeper\nwrite new.md | fresh"),
                    ("Dearer rye", "replace menu.txt | rye 4.20 | rye 4.80"),
                ], on: devices, here)
            #expect(try there.names() == ["menu.txt", "notes.md", "offload.yml", "own.txt"])
            #expect(there.read("menu.txt") == "something else\n" && there.read("notes.md") == "one\n")

            let found: ResultDetail = try await devices.source.with {
                try await $0.get("\(TwoDevices.resultsPath)/\(tasks[0])")
            }
            #expect(found.result.state == "ready" && found.result.conflicts.isEmpty)
            #expect(found.files.map(\.path) == ["new.md", "notes.md", "sub/deep.txt"])
            let patch: PatchView = try await devices.source.with {
                try await $0.get("\(TwoDevices.resultsPath)/\(tasks[0])/diff")
            }
            #expect(patch.patch.contains("@@ -1 +1,2 @@\n one\n+two\n"), "\(patch.patch)")
            #expect(try await devices.merge(tasks[0]).state == "merged")
            #expect(here.read("notes.md") == "one\ntwo\n" && here.read("sub/deep.txt") == "deep\ndeeper\n")
            #expect(here.read("new.md") == "fresh\n")

            // A person was faster.
            try here.write("menu.txt", "rye 4.25\nspelt 4.60\n")
            let clash: ResultDetail = try await devices.source.with {
                try await $0.get("\(TwoDevices.resultsPath)/\(tasks[1])")
            }
            #expect(clash.result.state == "conflict" && clash.result.conflicts.map(\.path) == ["menu.txt"])
            #expect(try await devices.merge(tasks[1]).state == "merged")
            #expect(here.read("menu.txt") == "rye 4.25\nspelt 4.60\n")
            #expect(here.read("menu.txt.offload-\(clash.result.ideaId)") == "rye 4.80\nspelt 4.60\n")
            for task in tasks.reversed() { #expect(try await devices.act("undo", on: task).state != "merged") }
            #expect(here.read("notes.md") == "one\n" && here.read("new.md") == nil)

            // What is left over there is what the next attempt can use.
            let bases = "\(devices.target.dataFolder)/folder-bases"
            for project in try FileManager.default.contentsOfDirectory(atPath: bases) {
                #expect(try FileManager.default.contentsOfDirectory(atPath: "\(bases)/\(project)") == ["latest"])
            }
        }
    }

    @Test("What can't be another device's files is refused in words, and stays a task to be done here")
    func namesThatAreNoFilesElsewhere() async throws {
        try await Self.with { devices, here, _ in
            try here.write("aux.txt", "a name of a device\n")
            let over = try await Self.run([("Note it", "append notes.md | two")], on: devices, here)
            #expect(over.map(\.status) == ["failed"])
            #expect(over[0].error?.message.contains("aux.txt") == true, "\(String(describing: over[0].error))")
        }
    }

    @Test("The plug is pulled on the way there or back, and the result arrives once", arguments: places)
    func crash(_ place: CrashPlace) async throws {
        let isSource = [.resultBeforeImport, .resultAfterImport, .resultAfterRecord].contains(place)
        let crash = ["OFFLOAD_CRASH_AT": "\(place.rawValue)#1"]
        try await Self.with(source: isSource ? crash : [:], target: isSource ? [:] : crash) { devices, here, _ in
            let victim = isSource ? devices.source : devices.target
            let ideas = try await Self.queue(
                [("Note it", "append notes.md | two\nwrite new.md | fresh")], devices, here)
            await victim.waitForEnd()
            try victim.start(extra: ["OFFLOAD_CRASH_AT": ""])
            let results = try await devices.waitForResults { results in
                results.contains { $0.ideaId == ideas[0] && $0.state == "ready" }
            }
            #expect(results.count == 1)
            #expect(try await devices.merge(results[0].taskId).state == "merged")
            #expect(here.read("notes.md") == "one\ntwo\n" && here.read("new.md") == "fresh\n")
        }
    }

    // MARK: - Driving the devices

    private static func with(
        source: [String: String] = [:], target: [String: String] = [:],
        _ body: (TwoDevices, SampleFolder, SampleFolder) async throws -> Void
    ) async throws {
        try await TwoDevices.with(source: source, target: target) { devices in
            let here = try SampleFolder(in: devices.source.folder)
            let there = try SampleFolder(in: devices.target.folder)
            try await body(devices, here, there)
        }
    }

    /// Pairs the devices for the folders and queues ideas.
    /// - Returns: the ideas.
    private static func queue(
        _ ideas: [(title: String, steps: String)], _ devices: TwoDevices, _ here: SampleFolder
    ) async throws -> [String] {
        let code = try await devices.source.with { client in
            let project: ProjectView = try await client.post(
                "/api/bridge/projects", ProjectRequest(name: "plain", path: here.path))
            #expect(project.versionControl == "none")
            let code: PairView = try await client.post(
                "/api/bridge/offload/pair", PairRequest(projectId: project.id))
            return code
        }
        let (path, address) = ("\(devices.target.folder)/plain", devices.address.description)
        try await devices.target.with { client in
            let _: AcceptView = try await client.post(
                "/api/bridge/offload/accept",
                AcceptRequest(pairingCode: code.pairingCode, targetProjectPath: path, sourceUrl: address))
        }
        return try await devices.source.with { client in
            let project: ProjectView = try await client.post(
                "/api/bridge/projects", ProjectRequest(name: nil, path: here.path))
            var ids: [String] = []
            for idea in ideas {
                let made: IdeaView = try await client.post(
                    "/api/bridge/ideas",
                    IdeaRequest(
                        projectId: project.id, title: idea.title, description: sample(idea.steps), status: "accepted"))
                ids.append(made.id)
            }
            let _: QueueView = try await client.post(
                "/api/bridge/offload/queue", QueueRequest(devicePairId: nil, ideaIds: ids))
            return ids
        }
    }

    private static func run(
        _ ideas: [(title: String, steps: String)], on devices: TwoDevices, _ here: SampleFolder
    ) async throws -> [OffloadStatusView.Item] {
        _ = try await queue(ideas, devices, here)
        return try await devices.wait { $0.count == ideas.count && TwoDevices.areOver($0) }
    }

    /// - Returns: the tasks whose results have come home, in the order of the ideas.
    private static func done(
        _ ideas: [(title: String, steps: String)], on devices: TwoDevices, _ here: SampleFolder
    ) async throws -> [String] {
        let ids = try await queue(ideas, devices, here)
        let results = try await devices.waitForResults { results in
            results.count == ids.count && results.allSatisfy { $0.state == "ready" }
        }
        return ids.compactMap { id in results.first { $0.ideaId == id }?.taskId }
    }
}
