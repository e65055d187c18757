import ArgumentParser

/// The program: one binary is the device and its command line.
@main
struct Offload: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "offload",
        abstract: "Runs your coding-agent backlog on your machines.",
        discussion: """
            Start the device with `offload serve`, register a project with `offload project add`, write ideas with \
            `offload idea add`, and run them with `offload run`.

            Exit codes: 0 done, 1 refused or failed, 2 a task of `run` did not complete, 3 no device runs here, \
            64 wrong usage, 130 interrupted.
            """,
        version: Version.text,
        subcommands: [
            ServeCommand.self, OpenCommand.self, ProjectCommand.self, IdeaCommand.self, RunCommand.self,
            QueueCommand.self, TasksCommand.self, LogsCommand.self, CancelCommand.self, RetryCommand.self,
            ResultsCommand.self, DiffCommand.self, MergeCommand.self, DiscardCommand.self, UndoCommand.self,
            SendBackCommand.self, BatchCommand.self, StatusCommand.self, PairCommand.self, JoinCommand.self,
            DevicesCommand.self, DisconnectCommand.self,
            ConfigCommand.self, TokenCommand.self, VersionCommand.self, SampleAgentCommand.self,
        ])
}

enum Version {
    static let text = "0.1.0"
}
