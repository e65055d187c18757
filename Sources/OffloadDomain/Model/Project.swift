/// A folder of the user's in which agents may work.
package struct Project: Sendable, Equatable {
    /// How the folder keeps its history, found out when the project is registered.
    package enum VersionControl: String, Sendable, CaseIterable {
        case git
        case none
    }

    package let id: ProjectID
    package var name: String
    /// Absolute, without symbolic links, on this device.
    package var path: String
    package var versionControl: VersionControl
    package let createdAt: Timestamp

    package init(id: ProjectID, name: String, path: String, versionControl: VersionControl, createdAt: Timestamp) {
        self.id = id
        self.name = name
        self.path = path
        self.versionControl = versionControl
        self.createdAt = createdAt
    }
}

/// What a project's `offload.yml` says, each value with its default.
package struct ProjectSettings: Sendable, Equatable {
    package enum WorkspaceKind: String, Sendable, CaseIterable {
        /// A checkout of the base commit, or a copy of the folder where there is no git.
        case isolated
        /// Neither repository nor file: the agent gets the requirement on standard input in an empty folder.
        case none
    }

    /// The agent's name; nil means the device's default.
    package var agent: String?
    /// For `agent: command`: program and arguments; `{requirement}` becomes the requirement file's path.
    package var command: [String]
    package var permissionMode: String
    /// The model's name for agents that take one; nil means the agent's own default.
    package var model: String?
    /// How many tasks of this project may run at once on this device; nil means as many as there are lanes.
    package var slots: Int?
    /// Run by a shell in the workspace before the agent.
    package var setup: String?
    /// Run by a shell in the workspace after the agent; a non-zero exit fails the task.
    package var check: String?
    /// Ignored files, relative to the project, that are copied into each workspace.
    package var copy: [String]
    package var workspace: WorkspaceKind
    /// A file in the project that replaces the built-in requirement template.
    package var template: String?
    /// The agent is ended after this long without output.
    package var silenceLimit: Duration
    /// The agent is ended after this long in all.
    package var timeLimit: Duration

    package static let defaults = ProjectSettings()

    package init(
        agent: String? = nil, command: [String] = [], permissionMode: String = "acceptEdits", model: String? = nil,
        slots: Int? = nil, setup: String? = nil, check: String? = nil, copy: [String] = [],
        workspace: WorkspaceKind = .isolated, template: String? = nil, silenceLimit: Duration = .seconds(15 * 60),
        timeLimit: Duration = .seconds(2 * 60 * 60)
    ) {
        self.agent = agent
        self.command = command
        self.permissionMode = permissionMode
        self.model = model
        self.slots = slots
        self.setup = setup
        self.check = check
        self.copy = copy
        self.workspace = workspace
        self.template = template
        self.silenceLimit = silenceLimit
        self.timeLimit = timeLimit
    }
}
