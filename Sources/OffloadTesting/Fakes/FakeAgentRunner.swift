package import OffloadDomain
import Synchronization

/// Starts nothing. Each agent or command that it is asked to run appears in `starts`, and ends when the test says so.
package final class FakeAgentRunner: AgentRunner {
    /// Every run, in the order of their starts.
    package let starts = Mailbox<FakeRun>()
    package let endsByItself: @Sendable (FakeRun) -> AgentRun.Ending?
    private let settings = Mutex((survivors: 0, surveys: 0))

    /// - Parameter endsByItself: how a run ends without being told; nil for a run that waits for the test. Left out,
    ///   commands succeed and agents wait.
    package init(
        endsByItself: @escaping @Sendable (FakeRun) -> AgentRun.Ending? = { $0.command == nil ? nil : .succeeded }
    ) {
        self.endsByItself = endsByItself
    }

    /// How many processes the next `endSurvivors` finds.
    package func leaveSurvivors(_ count: Int) { settings.withLock { $0.survivors = count } }

    /// How often `endSurvivors` was called.
    package var surveys: Int { settings.withLock { $0.surveys } }

    package func runAgent(
        _ order: AttemptOrder, in workspace: Workspace, stop: AsyncStream<StopReason>,
        started: @escaping @Sendable (_ agent: String) async -> Void, observe: @escaping @Sendable (AgentEvent) -> Void
    ) async -> AgentRun {
        await started(order.settings.agent ?? "fake")
        return await run(FakeRun(order: order, workspace: workspace, command: nil, observe: observe), stop: stop)
    }

    package func runCommand(
        _ command: String, name: String, of order: AttemptOrder, in workspace: Workspace,
        stop: AsyncStream<StopReason>
    ) async -> AgentRun {
        let named = FakeRun.Command(name: name, text: command)
        return await run(FakeRun(order: order, workspace: workspace, command: named, observe: { _ in }), stop: stop)
    }

    private func run(_ run: FakeRun, stop: AsyncStream<StopReason>) async -> AgentRun {
        starts.put(run)
        if let ending = endsByItself(run) { run.end(ending) }
        return await withTaskGroup(of: Void.self) { group in
            group.addTask {
                for await reason in stop { run.hear(reason) }
            }
            let result = await run.result()
            group.cancelAll()
            return result
        }
    }

    package func endSurvivors() async -> Int {
        settings.withLock { settings in
            defer { settings = (0, settings.surveys + 1) }
            return settings.survivors
        }
    }

    package func problem(withAgent name: String, settings: ProjectSettings) async -> String? {
        name == "missing" ? "install it" : nil
    }
}

/// An agent or command that runs as far as the test lets it.
package final class FakeRun: Sendable {
    package struct Command: Sendable, Equatable {
        /// `setup` or `check`.
        package let name: String
        package let text: String

        package init(name: String, text: String) {
            self.name = name
            self.text = text
        }
    }

    package let order: AttemptOrder
    package let workspace: Workspace
    /// nil for an agent.
    package let command: Command?
    private let observe: @Sendable (AgentEvent) -> Void
    private let stop = Latch<StopReason>()
    private let ended = Latch<AgentRun>()

    init(
        order: AttemptOrder, workspace: Workspace, command: Command?, observe: @escaping @Sendable (AgentEvent) -> Void
    ) {
        self.order = order
        self.workspace = workspace
        self.command = command
        self.observe = observe
    }

    /// Tells what the agent does.
    package func say(_ event: AgentEvent) { observe(event) }

    /// Lets the run return. A run that was asked to stop goes on until this is called, as a stubborn agent does.
    package func end(_ ending: AgentRun.Ending, report: RunReport = RunReport()) {
        ended.open(AgentRun(ending: ending, report: report))
    }

    /// Waits until the run is asked to stop.
    package func stopReason() async throws -> StopReason { try await stop.wait() }

    /// Whether it was asked to stop.
    package var stopReasonHeard: StopReason? { stop.opened }

    func hear(_ reason: StopReason) { stop.open(reason) }

    func result() async -> AgentRun {
        do {
            return try await ended.wait()
        } catch {
            return AgentRun(ending: .stopped(.shutdown), report: RunReport())
        }
    }
}
