import Foundation
import OffloadClient
import OffloadDomain
import OffloadWire
import Testing

/// Results of projects without git: compared with the folder, taken into it, put back.
@Suite("Results without git", .serialized, .timeLimit(.minutes(5)))
struct FolderResultTests {
    static let places = CrashPlace.allCases.filter { $0.way == .merging }

    @Test("A result is shown, taken, put back and taken again")
    func takeAndPutBack() async throws {
        try await Self.with { device, folder in
            let task = try await Self.done("Note it", "append notes.md | two\nwrite new.md | fresh", on: device, folder)
            let found = try await Self.result(task, on: device)
            #expect(found.result.state == "ready" && found.result.branch == nil && found.result.conflicts.isEmpty)
            #expect(found.files.map(\.path) == ["new.md", "notes.md"])
            #expect(found.files.map(\.change) == ["added", "modified"])
            let patch: PatchView = try await device.with { try await $0.get("\(TwoDevices.resultsPath)/\(task)/diff") }
            #expect(patch.patch.contains("--- /dev/null\n+++ b/new.md\n@@ -0,0 +1 @@\n+fresh\n"), "\(patch.patch)")
            #expect(
                patch.patch.contains("--- a/notes.md\n+++ b/notes.md\n@@ -1 +1,2 @@\n one\n+two\n"), "\(patch.patch)")
            #expect(folder.read("notes.md") == "one\n", "nothing was taken by itself")

            let merged = try await Self.act("merge", on: task, device)
            #expect(merged.state == "merged" && merged.merged?.mode == "files" && merged.merged?.target == folder.path)
            #expect(folder.read("notes.md") == "one\ntwo\n" && folder.read("new.md") == "fresh\n")
            #expect(try folder.names() == ["menu.txt", "new.md", "notes.md", "offload.yml"])
            let after: PatchView = try await device.with {
                try await $0.get("\(TwoDevices.resultsPath)/\(task)/diff?path=notes.md")
            }
            #expect(after.patch.contains(" one\n+two\n"), "what it changed is still told: \(after.patch)")

            #expect(try await Self.act("undo", on: task, device).state == "ready")
            #expect(folder.read("notes.md") == "one\n" && folder.read("new.md") == nil)
            #expect(try await Self.act("discard", on: task, device).state == "discarded")
            #expect(try await Self.act("undo", on: task, device).state == "ready")
            #expect(try await Self.act("merge", on: task, device).state == "merged")
            #expect(folder.read("notes.md") == "one\ntwo\n")
        }
    }

    @Test("What both changed is a conflict; taken all the same, both are kept")
    func bothAreKept() async throws {
        try await Self.with { device, folder in
            let first = try await Self.done("Dearer rye", "replace menu.txt | rye 4.20 | rye 4.80", on: device, folder)
            let second = try await Self.done("Round rye", "replace menu.txt | rye 4.20 | rye 4.25", on: device, folder)
            #expect(try await Self.result(first, on: device).result.conflictsWith == [second])
            _ = try await Self.act("merge", on: first, device)
            let clash = try await Self.result(second, on: device).result
            #expect(clash.state == "conflict" && clash.conflicts.map(\.path) == ["menu.txt"])
            #expect(clash.conflicts.map(\.kind) == ["content"])

            #expect(try await Self.act("merge", on: second, device).state == "merged")
            #expect(folder.read("menu.txt") == "rye 4.80\nspelt 4.60\n", "what the project has is not touched")
            #expect(folder.read("menu.txt.offload-\(clash.ideaId)") == "rye 4.25\nspelt 4.60\n")
            _ = try await Self.act("undo", on: second, device)
            #expect(try folder.names() == ["menu.txt", "notes.md", "offload.yml"])

            // What a person has written since is never overwritten.
            try folder.write("menu.txt", "mine\n")
            let error = try await device.with { client in
                await #expect(throws: OffloadError.self) {
                    let _: ResultView = try await client.post("\(TwoDevices.resultsPath)/\(first)/undo")
                }
            }
            #expect(error?.kind == .conflict && error?.message.contains("menu.txt") == true)
            #expect(folder.read("menu.txt") == "mine\n")
        }
    }

    @Test("A crash in a merge takes nothing twice and forgets nothing", arguments: places)
    func crashInMerge(_ place: CrashPlace) async throws {
        try await Self.with(["OFFLOAD_CRASH_AT": "\(place.rawValue)#1"]) { device, folder in
            let task = try await Self.done("Note it", "append notes.md | two\nwrite new.md | fresh", on: device, folder)
            _ = try? await Self.act("merge", on: task, device)
            if place == .undoAfterEffect { _ = try? await Self.act("undo", on: task, device) }
            await device.waitForEnd()
            try device.start(extra: ["OFFLOAD_CRASH_AT": ""])
            var found = try await Self.result(task, on: device).result
            while ["merging", "unmerging"].contains(found.state) {
                found = try await Self.result(task, on: device).result
            }
            #expect((found.state == "merged") == (folder.read("new.md") != nil), "\(found.state)")
            #expect(folder.read("notes.md") == (found.state == "merged" ? "one\ntwo\n" : "one\n"))
            _ = try await Self.act("merge", on: task, device)
            _ = try await Self.act("merge", on: task, device)
            #expect(folder.read("notes.md") == "one\ntwo\n")
            #expect(try folder.names() == ["menu.txt", "new.md", "notes.md", "offload.yml"])
            _ = try await Self.act("undo", on: task, device)
            #expect(try folder.names() == ["menu.txt", "notes.md", "offload.yml"])
            #expect(folder.read("notes.md") == "one\n")
        }
    }

    // MARK: - Driving the device

    private static func with(
        _ environment: [String: String] = [:], _ body: (DeviceProcess, SampleFolder) async throws -> Void
    ) async throws {
        try await withScratchFolder { scratch in
            try FileManager.default.createDirectory(atPath: "\(scratch)/home", withIntermediateDirectories: true)
            let folder = try SampleFolder(in: scratch)
            let device = DeviceProcess(folder: scratch, environment: environment)
            defer { device.kill() }
            try device.start()
            try await body(device, folder)
        }
    }

    /// - Returns: the task whose result waits to be taken.
    private static func done(
        _ title: String, _ steps: String, on device: DeviceProcess, _ folder: SampleFolder
    ) async throws -> String {
        try await device.with { client in
            let project: ProjectView = try await client.post(
                "/api/bridge/projects", ProjectRequest(name: nil, path: folder.path))
            let idea: IdeaView = try await client.post(
                "/api/bridge/ideas",
                IdeaRequest(
                    projectId: project.id, title: title, description: sample(steps), status: "accepted"))
            let assigned: AssignmentView = try await client.post(
                "/api/bridge/batches/any/assign", AssignRequest(ideaIds: [idea.id]))
            let lane: BatchView = try await client.get("/api/bridge/batches/batch1")
            if lane.status == "idle" {
                let _: BatchView = try await client.post(
                    "/api/bridge/batches/batch1/control", ActionRequest(action: "start"))
            }
            let task = assigned.assigned[0].taskId
            while true {
                let view: TaskView = try await client.get("/api/bridge/tasks/\(task)")
                if view.status == "completed" { return task }
                #expect(view.status != "failed", "\(view.error?.message ?? "")")
                if view.status == "failed" { return task }
            }
        }
    }

    private static func result(_ task: String, on device: DeviceProcess) async throws -> ResultDetail {
        try await device.with { try await $0.get("\(TwoDevices.resultsPath)/\(task)") }
    }

    @discardableResult
    private static func act(_ action: String, on task: String, _ device: DeviceProcess) async throws -> ResultView {
        try await device.with { try await $0.post("\(TwoDevices.resultsPath)/\(task)/\(action)") }
    }
}
