internal import OffloadDomain

/// An agent's definition, filled in for one attempt.
struct AgentInvocation: Sendable, Equatable {
    let program: String
    let arguments: [String]
    let input: [UInt8]

    /// Stands for the requirement file's path in a project's command.
    static let placeholder = "{requirement}"

    /// - Parameter program: the agent's program, as it was found.
    init(_ definition: AgentDefinition, program: String, order: AttemptOrder, workspace: Workspace) {
        let settings = order.settings
        // Without a file, what reads the "file" reads standard input.
        let path = workspace.requirementPath ?? "/dev/stdin"
        var arguments: [String] = []
        for argument in definition.arguments {
            switch argument {
            case .text(let text): arguments.append(text)
            case .permissionMode: arguments.append(settings.permissionMode)
            case .model(let flag): arguments += settings.model.map { [flag, $0] } ?? []
            case .command:
                arguments += settings.command.dropFirst().map { $0.replacing(Self.placeholder, with: path) }
            }
        }
        var input = ""
        switch definition.prompt {
        case .standardInput: input = order.requirement.content
        case .argument: arguments.append(order.requirement.content)
        case .file: if workspace.requirementPath == nil { input = order.requirement.content }
        }
        self.program = program
        self.arguments = arguments
        self.input = Array(input.utf8)
    }
}

/// Finds an agent's program, or says why there is none.
struct AgentLocator: Sendable {
    let catalog: AgentCatalog
    let finder: ProgramFinder
    let environment: [String: String]

    struct Problem: Error, Equatable {
        let message: String
    }

    struct Found {
        let definition: AgentDefinition
        let program: String
    }

    /// - Parameter folder: where a relative path in the project's `command` starts; nil where that is not known yet.
    func find(_ name: String, settings: ProjectSettings, from folder: String?) throws(Problem) -> Found {
        guard let definition = catalog[name] else {
            throw Problem(
                message:
                    "There is no agent called \"\(name)\". Set `agent:` to one of: "
                    + "\(catalog.names.joined(separator: ", "))."
            )
        }
        let wanted: String
        var candidates: [String] = []
        switch definition.program {
        case .named(let name, let more): (wanted, candidates) = (name, more)
        case .path(let path): wanted = path
        case .fromSettings:
            guard let first = settings.command.first, !first.isEmpty else {
                throw Problem(
                    message:
                        "The agent \"\(name)\" needs a program: set `command:` in offload.yml to the program and its "
                        + "arguments."
                )
            }
            wanted = first
        }
        if let program = finder.find(wanted, candidates: candidates, from: folder) {
            return Found(definition: definition, program: program)
        }
        // A path inside the project can only be judged in the workspace.
        if folder == nil, wanted.contains("/"), !wanted.hasPrefix("/"), !wanted.hasPrefix("~/") {
            return Found(definition: definition, program: wanted)
        }
        throw Problem(
            message:
                "The agent \"\(name)\" was not found: looked for "
                + "\(finder.places(for: wanted, candidates: candidates)). \(definition.advice), or set `agent:` in "
                + "offload.yml to another one."
        )
    }
}
