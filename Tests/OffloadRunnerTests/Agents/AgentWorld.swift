import Foundation
import OffloadDomain
import Synchronization
import Testing

@testable import OffloadRunner

/// What the tests of agents share.
enum AgentWorld {
    /// Where the logs of all attempts of this test run go.
    static let logs = AttemptLogs { "\(ProcessWorld.scratch)/logs/\($0.task)/\($0.number)" }

    static func runner(
        environment: [String: String] = ["PATH": "/usr/local/bin:/usr/bin:/bin"], defaultAgent: String = "command",
        catalog: AgentCatalog = .standard(sampleExecutable: "/bin/sh"), crashPoint: any CrashPoint = NoCrashPoint(),
        lingering: Duration = .milliseconds(100), logs: AttemptLogs = AgentWorld.logs
    ) -> ProcessAgentRunner {
        ProcessAgentRunner(
            catalog: catalog, keeper: ProcessWorld.keeper, logs: logs, environment: environment,
            defaultAgent: defaultAgent,
            limits: .init(grace: .milliseconds(300), lingering: lingering, drain: .seconds(5)), crashPoint: crashPoint)
    }

    static func order(
        _ settings: ProjectSettings = .defaults, content: String = "Do it.", key: AttemptKey = ProcessWorld.newAttempt()
    ) -> AttemptOrder {
        let time = Timestamp(milliseconds: 0)
        guard let batch = BatchID(number: 1) else { preconditionFailure("there is a first lane") }
        return AttemptOrder(
            key: key, batch: batch,
            project: Project(
                id: ProjectID(unchecked: "p-1"), name: "p", path: "/p", versionControl: .none, createdAt: time),
            settings: settings,
            requirement: Requirement(
                id: RequirementID(unchecked: "r-1"), ideaID: IdeaID(unchecked: "i-1"), fileName: "r.md",
                content: content, base: nil, createdAt: time),
            title: "t", check: nil)
    }

    static func workspace(_ order: AttemptOrder, requirementPath: String? = nil) throws -> Workspace {
        Workspace(key: order.key, path: try ProcessWorld.newFolder(), requirementPath: requirementPath)
    }

    static func log(_ order: AttemptOrder, _ name: AttemptLogs.Name = .log) throws -> String {
        String(decoding: try logs.reader(name, of: order.key).read(from: 0, limit: 1 << 20).bytes, as: UTF8.self)
    }

    /// An agent that is a shell script and speaks Claude Code's protocol.
    static func scripted(_ script: String) -> AgentCatalog {
        AgentCatalog([
            AgentDefinition(
                name: "scripted", program: .path("/bin/sh"), arguments: [.text("-c"), .text(script)],
                prompt: .standardInput, output: .claudeStream, advice: "none")
        ])
    }
}

/// Remembers things in the order in which they happened.
final class Diary<Entry: Sendable>: Sendable {
    private let state = Mutex<[Entry]>([])

    func write(_ entry: Entry) { state.withLock { $0.append(entry) } }
    var entries: [Entry] { state.withLock { $0 } }
}

struct DiaryCrashPoint: CrashPoint {
    let diary: Diary<CrashPlace>
    func reached(_ place: CrashPlace) { diary.write(place) }
}
