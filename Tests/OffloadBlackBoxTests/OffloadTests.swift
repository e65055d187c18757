import Foundation
import OffloadClient
import OffloadWire
import Testing

/// Work crosses over to another device, is done there, and word of it comes home.
@Suite("Offload", .serialized, .timeLimit(.minutes(5)))
struct OffloadTests {
    @Test("Happy Path: Pair -> Queue -> Sync -> Execute -> Complete")
    func happyPath() async throws {
        try await TwoDevices.with(settings: "agent: sample\ncheck: \"sh app.sh | grep -q hello\"\n") { devices in
            let pair = try await devices.meet()
            let ideas = try await devices.write([
                ("Add a note", sample("append notes.md | a line", "say working")),
                ("Break the greeting", sample("replace app.sh | hello | bye")),
            ])
            let queued = try await devices.queue(ideas, to: pair.devicePairId)
            #expect(queued.queued == 2 && queued.refused.isEmpty)
            let requirement = try #require(queued.requirements.first)
            #expect(requirement.ideaId == ideas[0] && requirement.requirementPath.hasPrefix(".claude/requirements/"))
            #expect(requirement.content.contains("append notes.md"))

            let done = try await devices.wait { $0.count == 2 && TwoDevices.areOver($0) }
            let (good, bad) = (done.first { $0.ideaId == ideas[0] }, done.first { $0.ideaId == ideas[1] })
            #expect(good?.status == "completed" && good?.filesChanged == ["notes.md"])
            #expect(good?.devicePairId == pair.devicePairId && good?.deviceName == "Laptop-Work")
            #expect(bad?.status == "failed" && bad?.error?.kind == "check_failed")

            // On the target it was an ordinary task, with its requirement file and its branch.
            let name = try #require(requirement.requirementPath.split(separator: "/").last)
            let file = try String(
                contentsOfFile: "\(devices.targetProject.path)/.claude/requirements/\(name)", encoding: .utf8)
            #expect(file == requirement.content)
            #expect(try devices.targetProject.git("show", "offload/add-a-note:notes.md") == "a line\n")
            let local = try await TwoDevices.tasks(of: devices.target)
            #expect(Set(local.map(\.id)) == Set(done.map(\.taskId)))
            #expect(local.allSatisfy { $0.devicePairId == pair.devicePairId })
            // Its log is here too.
            let id = try #require(good?.taskId)
            let log = try devices.source.offload(["logs", id])
            #expect(log.output.contains("working"), "\(log)")
            // Nothing of it touched the source's folder but the requirement files.
            #expect(
                try devices.sourceProject.git("status", "--porcelain", "--", ".", ":!.claude") == "?? offload.yml\n")
        }
    }
}
