/// How to run one kind of agent, as data.
package struct AgentDefinition: Sendable, Equatable {
    /// How the agent's program is found.
    package enum Program: Sendable, Equatable {
        /// A name that is looked for in `PATH`, then these paths; `~` stands for the home folder.
        case named(String, candidates: [String])
        case path(String)
        /// The first word of the project's `command`.
        case fromSettings
    }

    /// One part of the argument vector.
    package enum Argument: Sendable, Equatable {
        case text(String)
        /// The project's permission mode.
        case permissionMode
        /// The flag and the project's model; nothing where none is set.
        case model(flag: String)
        /// The project's `command` without its first word; `{requirement}` becomes the requirement file's path.
        case command
    }

    /// How the agent learns what to do.
    package enum Prompt: Sendable, Equatable {
        case standardInput
        /// The last argument.
        case argument
        /// The agent is told the requirement file's path (`{requirement}`); without a file it gets standard input.
        case file
    }

    /// What the agent writes, and with it what counts as success.
    package enum Output: Sendable, Equatable {
        /// Anything. Success is exit status 0.
        case plain
        /// Claude Code's stream of JSON lines. Success is what its `result` line says.
        case claudeStream
    }

    package let name: String
    package let program: Program
    package let arguments: [Argument]
    package let prompt: Prompt
    package let output: Output
    /// Environment variables that must not reach the agent.
    package let removedVariables: [String]
    /// What a person does to have the program.
    package let advice: String

    package init(
        name: String, program: Program, arguments: [Argument], prompt: Prompt, output: Output,
        removedVariables: [String] = [], advice: String
    ) {
        self.name = name
        self.program = program
        self.arguments = arguments
        self.prompt = prompt
        self.output = output
        self.removedVariables = removedVariables
        self.advice = advice
    }
}

/// The agents that this device knows.
package struct AgentCatalog: Sendable {
    private let definitions: [AgentDefinition]

    package init(_ definitions: [AgentDefinition]) {
        self.definitions = definitions
    }

    /// - Parameter sampleExecutable: the program that plays the sample agent when it is called with `sample-agent`.
    package static func standard(sampleExecutable: String) -> AgentCatalog {
        AgentCatalog([.claude, .command, .sample(executable: sampleExecutable)])
    }

    package var names: [String] { definitions.map(\.name) }

    package subscript(name: String) -> AgentDefinition? {
        definitions.first { $0.name == name }
    }

    var all: [AgentDefinition] { definitions }
}

extension AgentDefinition {
    /// Claude Code. Its prompt goes to standard input: the list after `--disallowedTools` would swallow one that
    /// follows.
    package static let claude = AgentDefinition(
        name: "claude",
        program: .named(
            "claude",
            candidates: [
                "~/.local/bin/claude", "~/.claude/local/claude", "/usr/local/bin/claude", "/opt/homebrew/bin/claude",
            ]),
        arguments: [
            .text("-p"), .text("--output-format"), .text("stream-json"), .text("--verbose"),
            .text("--permission-mode"), .permissionMode, .model(flag: "--model"),
            // Nobody is there to answer.
            .text("--disallowedTools"), .text("AskUserQuestion"),
        ],
        prompt: .standardInput,
        output: .claudeStream,
        // With these it would take itself for a part of the session in which the device was started.
        removedVariables: [
            "CLAUDECODE", "CLAUDE_CODE_ENTRYPOINT", "CLAUDE_CODE_EXECPATH", "CLAUDE_CODE_SESSION_ID",
            "CLAUDE_CODE_SSE_PORT",
        ],
        advice: "Install Claude Code and run `claude` once to log in"
    )

    /// Any program, named by the project.
    package static let command = AgentDefinition(
        name: "command", program: .fromSettings, arguments: [.command], prompt: .file, output: .plain,
        advice: "Set `command:` to a program that is installed on this device"
    )

    /// Our own agent for trying things out; it speaks Claude Code's protocol.
    package static func sample(executable: String) -> AgentDefinition {
        AgentDefinition(
            name: "sample", program: .path(executable), arguments: [.text("sample-agent")], prompt: .standardInput,
            output: .claudeStream, advice: "Install Offload anew"
        )
    }
}
