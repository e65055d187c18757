import Foundation
import OffloadClient
import OffloadDomain
import OffloadWire
import Testing

/// The plug is pulled in the middle of a merge: afterwards the result is in the project once or not at all, the device knows
/// which, and the repository is whole.
@Suite("Crashes while merging", .serialized, .timeLimit(.minutes(5)))
struct MergeCrashTests {
    static let places = CrashPlace.allCases.filter { $0.way == .merging }

    @Test("A crash in a merge integrates nothing twice and forgets nothing", arguments: places)
    func crashInMerge(_ place: CrashPlace) async throws {
        try await withScratchFolder { folder in
            let project = try SampleRepository(in: folder)
            try project.git("add", "--all")
            try project.git("commit", "--quiet", "--message=Settings")
            try FileManager.default.createDirectory(atPath: "\(folder)/home", withIntermediateDirectories: true)
            let device = DeviceProcess(folder: folder, environment: ["OFFLOAD_CRASH_AT": "\(place.rawValue)#1"])
            defer { device.kill() }
            try device.start()
            let task = try await Self.result(on: device, project)
            let before = try project.git("rev-parse", "HEAD")
            try? await Self.act("merge", on: task, device)
            if place == .undoAfterEffect { try? await Self.act("undo", on: task, device) }
            await device.waitForEnd()

            try device.start(extra: ["OFFLOAD_CRASH_AT": ""])
            let found = try await Self.settled(task, on: device)
            let isThere = try project.git("rev-parse", "HEAD") != before
            #expect((found.state == "merged") == isThere, "\(found.state)")
            if found.state == "ready" { try await Self.act("merge", on: task, device) }
            // Saying it again is as if it had been said once.
            try await Self.act("merge", on: task, device)
            #expect(try project.git("rev-list", "--count", "--merges", "HEAD") == "1\n")
            #expect(try project.git("rev-parse", "HEAD^1") == before)
            #expect(try project.git("status", "--porcelain", "--", ":!.claude") == "")
            try project.git("fsck", "--strict")
        }
    }

    private static func act(_ action: String, on task: String, _ device: DeviceProcess) async throws {
        let _: ResultView = try await device.with {
            try await $0.post("\(TwoDevices.resultsPath)/\(task)/\(action)")
        }
    }

    /// - Returns: the task whose result waits to be merged.
    private static func result(on device: DeviceProcess, _ project: SampleRepository) async throws -> String {
        try await device.with { client in
            let registered: ProjectView = try await client.post(
                "/api/bridge/projects", ProjectRequest(name: nil, path: project.path))
            let idea: IdeaView = try await client.post(
                "/api/bridge/ideas",
                IdeaRequest(
                    projectId: registered.id, title: "Add a note", description: sample("append notes.md | a line"),
                    status: "accepted"))
            let assigned: AssignmentView = try await client.post(
                "/api/bridge/batches/any/assign", AssignRequest(ideaIds: [idea.id]))
            let _: BatchView = try await client.post(
                "/api/bridge/batches/batch1/control", ActionRequest(action: "start"))
            // From the first event on: it may have happened before anybody listens.
            try await client.events(after: "0") { event in event.name != "offload_result_ready" }
            return assigned.assigned[0].taskId
        }
    }

    /// After a start the device asks the project what became of a merge that was cut off.
    private static func settled(_ task: String, on device: DeviceProcess) async throws -> ResultView {
        try await device.with { client in
            while true {
                let detail: ResultDetail = try await client.get("\(TwoDevices.resultsPath)/\(task)")
                guard ["merging", "unmerging"].contains(detail.result.state) else { return detail.result }
            }
        }
    }
}
