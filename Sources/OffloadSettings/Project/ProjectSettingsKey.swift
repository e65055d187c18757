package import OffloadDomain

/// One key of `offload.yml`: what it does, what it may be and how it is applied. A new key is one element of `all`.
package struct ProjectSettingsKey: Sendable {
    package let name: String
    /// What the key does, in one line.
    package let explanation: String
    /// What may be set.
    package let allowed: String
    /// A key that says the same in another way; only one of the two may be set.
    package let rival: String?
    /// The value in these settings as it would be written in the file; nil where nothing is set.
    package let show: @Sendable (ProjectSettings) -> String?
    let apply: @Sendable (inout ProjectSettings, YAMLValue) throws(YAMLValue.NotAllowed) -> Void

    /// The value that counts where a project does not set the key; nil means none.
    package var defaultValue: String? { show(.defaults) }

    /// The agent that is nothing but a command line.
    static let commandAgent = "command"

    private init(
        _ name: String, _ explanation: String, allowed: String, rival: String? = nil,
        show: @escaping @Sendable (ProjectSettings) -> String?,
        apply: @escaping @Sendable (inout ProjectSettings, YAMLValue) throws(YAMLValue.NotAllowed) -> Void
    ) {
        self.name = name
        self.explanation = explanation
        self.allowed = allowed
        self.rival = rival
        self.show = show
        self.apply = apply
    }

    /// All keys, in the order in which people see them.
    package static let all: [ProjectSettingsKey] = [
        ProjectSettingsKey(
            "agent", "Which agent works on this project; without it the device's own choice",
            allowed: AgentName.allowed, show: { $0.agent },
            apply: { (settings, value) throws(YAMLValue.NotAllowed) in
                settings.agent = try value.text(limit: 64, where: AgentName.accepts)
            }),
        ProjectSettingsKey(
            "command", "The program and arguments of \"agent: command\"; {requirement} becomes the file's path",
            allowed: "a list of texts, or one text of words and quotes", show: { Shown.list($0.command) },
            apply: { (settings, value) throws(YAMLValue.NotAllowed) in
                settings.command = try CommandWords.read(value)
            }),
        ProjectSettingsKey(
            "permissionMode", "What the agent may do without asking",
            allowed: PermissionMode.allCases.map(\.rawValue).joined(separator: ", "), show: { $0.permissionMode },
            apply: { (settings, value) throws(YAMLValue.NotAllowed) in
                settings.permissionMode = try value.choice(PermissionMode.self).rawValue
            }),
        ProjectSettingsKey(
            "model", "The model that the agent is to use",
            allowed: "a model's name: up to 200 bytes without spaces, not beginning with a dash", show: { $0.model },
            apply: { (settings, value) throws(YAMLValue.NotAllowed) in
                settings.model = try value.text(limit: 200) { text in
                    // A dash in front would make an option of it on the agent's command line.
                    !text.hasPrefix("-") && text.utf8.allSatisfy { (0x21...0x7E).contains($0) }
                }
            }),
        ProjectSettingsKey(
            "slots", "How many tasks of this project run at the same time; without it as many as the device has slots",
            allowed: "a whole number from 1 to 64", show: { $0.slots.map(String.init) },
            apply: { (settings, value) throws(YAMLValue.NotAllowed) in
                settings.slots = try value.wholeNumber(in: 1...64)
            }),
        ProjectSettingsKey(
            "setup", "A shell command that runs in the workspace before the agent",
            allowed: "a shell command of at most \(largestShellCommand) bytes", show: { $0.setup },
            apply: { (settings, value) throws(YAMLValue.NotAllowed) in
                settings.setup = try value.text(limit: largestShellCommand)
            }),
        ProjectSettingsKey(
            "check", "A shell command that runs in the workspace after the agent and decides whether the task is done",
            allowed: "a shell command of at most \(largestShellCommand) bytes", show: { $0.check },
            apply: { (settings, value) throws(YAMLValue.NotAllowed) in
                settings.check = try value.text(limit: largestShellCommand)
            }),
        ProjectSettingsKey(
            "copy", "Ignored files that are copied into each workspace",
            allowed: "a list of up to \(largestCopyList) paths, each \(ProjectPath.allowed)",
            show: { Shown.list($0.copy) },
            apply: { (settings, value) throws(YAMLValue.NotAllowed) in
                settings.copy = []
                for path in try value.list(atMost: largestCopyList) {
                    settings.copy.append(try ProjectPath.read(path))
                }
            }),
        ProjectSettingsKey(
            "workspace", "A checkout for each attempt, or none: the requirement on standard input in an empty folder",
            allowed: ProjectSettings.WorkspaceKind.allCases.map(\.rawValue).joined(separator: ", "),
            show: { $0.workspace.rawValue },
            apply: { (settings, value) throws(YAMLValue.NotAllowed) in
                settings.workspace = try value.choice(ProjectSettings.WorkspaceKind.self)
            }),
        ProjectSettingsKey(
            "template", "A file that replaces the built-in template of requirements",
            allowed: ProjectPath.allowed, show: { $0.template },
            apply: { (settings, value) throws(YAMLValue.NotAllowed) in
                settings.template = try ProjectPath.read(value)
            }),
        .duration(
            "silence", in: .minutes, "The agent is ended after so many minutes without output", \.silenceLimit),
        .duration(
            "silence", in: .seconds, "The same in seconds", \.silenceLimit),
        .duration(
            "timeLimit", in: .minutes, "The agent is ended after so many minutes in all", \.timeLimit),
        .duration(
            "timeLimit", in: .seconds, "The same in seconds", \.timeLimit),
    ]

    private static let largestShellCommand = 8 * 1024
    private static let largestCopyList = 100

    private enum TimeUnit: Int {
        case seconds = 1
        case minutes = 60

        var suffix: String { self == .seconds ? "Seconds" : "Minutes" }
        var other: TimeUnit { self == .seconds ? .minutes : .seconds }
        var duration: Duration { .seconds(rawValue) }
    }

    private static func duration(
        _ prefix: String, in unit: TimeUnit, _ explanation: String,
        _ property: any WritableKeyPath<ProjectSettings, Duration> & Sendable
    ) -> ProjectSettingsKey {
        let longest = Duration.seconds(7 * 24 * 60 * 60)
        return ProjectSettingsKey(
            prefix + unit.suffix, explanation,
            allowed: "a number greater than 0, at most \(Shown.number(longest / unit.duration))",
            rival: prefix + unit.other.suffix,
            show: { Shown.number($0[keyPath: property] / unit.duration) },
            apply: { (settings, value) throws(YAMLValue.NotAllowed) in
                settings[keyPath: property] = try value.duration(unit: unit.duration, atMost: longest)
            })
    }
}

/// What an agent may do without asking; the words are those of Claude Code.
private enum PermissionMode: String, CaseIterable {
    case `default`, acceptEdits, plan, dontAsk, bypassPermissions, auto
}

private enum Shown {
    static func number(_ number: Double) -> String {
        number == number.rounded() ? String(Int(number)) : String(number)
    }

    static func list(_ texts: [String]) -> String? {
        texts.isEmpty ? nil : "[" + texts.map(ShownText.quoted).joined(separator: ", ") + "]"
    }
}
