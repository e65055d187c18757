import ArgumentParser

#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

/// The built-in agent: it does what a requirement's `sample` block says, for trying Offload out without a model.
///
/// It speaks Claude Code's stream-json, so that what is tried is what runs later.
struct SampleAgentCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sample-agent",
        abstract: "Does what the `sample` block of the requirement on standard input says.",
        shouldDisplay: false)

    func run() throws {
        let script = SampleScript(requirement: StandardInput.readAll())
        var stage = SampleStage()
        stage.begin()
        for step in script.steps {
            guard stage.perform(step) else { throw ExitCode.failure }
        }
        stage.end(failure: nil)
    }
}
