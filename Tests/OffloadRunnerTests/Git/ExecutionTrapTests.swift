import Foundation
import OffloadDomain
import Testing

@testable import OffloadRunner

/// Nothing in a repository makes us run a program: not in the user's on the source, and not in the one on the target.
@Suite("Execution traps", .timeLimit(.minutes(5))) struct ExecutionTrapTests {
    @Test("The whole way past a trap, and what plain git would have run", arguments: ExecutionTrap.all)
    func trap(_ trap: ExecutionTrap) async throws {
        try await CrossingWorld.with("\(ExecutionTrap.prepare)\n\(trap.arrange)", isCloned: true) { world in
            try clear(world)
            do {
                try await go(past: trap, world)
                #expect(trap.refusal == nil)
            } catch let error as OffloadError {
                #expect(trap.refusal.map(error.message.contains) == true, "\(error)")
            }
            #expect(canaries(world) == [])
            guard !trap.control.isEmpty else { return }
            try clear(world)
            try world.shell(trap.control)
            #expect(canaries(world) != [], "the trap is none")
        }
    }

    private func canaries(_ world: CrossingWorld) -> [String] { FileSystem.names(in: "\(world.folder)/canaries") }

    private func clear(_ world: CrossingWorld) throws {
        try world.shell("find '\(world.folder)/canaries' -mindepth 1 -delete")
    }

    private func go(past trap: ExecutionTrap, _ world: CrossingWorld) async throws {
        func expectQuiet(_ step: String) { #expect(canaries(world) == [], "\(step)") }
        let unknown = try #require(CommitHash(String(repeating: "12", count: 20)))
        #expect(try await !world.target.bases.holds(unknown, of: world.target.project))
        expectQuiet("looking for a commit")
        let base = try await world.giveOut()
        expectQuiet("giving out")
        try await world.handOver(base)
        expectQuiet("handing over")
        let made = try await world.work(trap.work, on: base)
        expectQuiet("workspace and snapshot")
        guard case .commit(let commit, _) = made.storage else {
            throw CrossingWorld.ShellFailed(script: trap.work, output: "")
        }
        let result = try await world.bringHome(commit, on: base)
        expectQuiet("arrival")
        try world.shell(ExecutionTrap.meanwhile)
        try clear(world)
        #expect(try await world.forecast(result).items.first?.clashes == [])
        expectQuiet("forecast")
        #expect(try await !world.show(result).isEmpty)
        expectQuiet("showing")
        _ = try await world.integration.publish(result, of: world.source.project)
        expectQuiet("branch")
        let plan = try await world.merge(result)
        expectQuiet("merge")
        #expect(try String(contentsOfFile: "\(world.user)/a.txt", encoding: .utf8) == "ONE\ntwo\nthree\nmore\n")
        try await world.undo(plan, of: result)
        expectQuiet("undo")
        #expect(try String(contentsOfFile: "\(world.user)/a.txt", encoding: .utf8) == "ONE\ntwo\nthree\n")
    }
}
