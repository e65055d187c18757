/// One change of one path, in both directions.
struct IntegrationStep: Sendable, Equatable, Codable {
    /// Relative to the project, checked.
    let path: String
    let before: FileContent?
    let after: FileContent?

    var components: [String] { path.split(separator: "/").map(String.init) }
    var folders: [String] { components.dropLast() }
    var name: String { components.last ?? path }
    var reversed: IntegrationStep { IntegrationStep(path: path, before: after, after: before) }
}

/// What is being done to a project, durable before it is begun, so that a crash leaves no question open.
struct IntegrationJournal: Sendable, Codable {
    enum Phase: String, Sendable, Codable {
        /// The project is as it was; there may be a folder with what is to come.
        case staging
        /// Any of the steps may have been made.
        case moving
        /// All of them have.
        case done
    }

    enum Direction: String, Sendable, Codable { case taking, undoing }

    var phase = Phase.staging
    let direction: Direction
    let attempt: Int
    /// The name of the folder, in the project's root, through which everything goes.
    let staging: String
    /// First what only goes.
    let steps: [IntegrationStep]
    /// Folders that have nothing left in them after that, the lower ones first.
    let emptied: [String]
    /// Folders that are made then, the upper ones first.
    let created: [String]

    init(
        _ direction: Direction, attempt: Int, steps: [IntegrationStep], emptied: [String], created: [String],
        staging: String = StagingName.make()
    ) {
        self.direction = direction
        self.attempt = attempt
        self.staging = staging
        self.steps = steps.filter { $0.after == nil } + steps.filter { $0.after != nil }
        self.emptied = emptied
        self.created = created
    }

    /// What some file systems take for one path though there are two in the steps.
    var twins: Set<String> {
        var (seen, twins) = (Set<String>(), Set<String>())
        for step in steps where !seen.insert(ExactText.folded(step.path)).inserted {
            twins.insert(ExactText.folded(step.path))
        }
        return twins
    }

    /// The way back.
    func reversed(staging: String = StagingName.make()) -> IntegrationJournal {
        IntegrationJournal(
            direction == .taking ? .undoing : .taking, attempt: attempt, steps: steps.map(\.reversed),
            emptied: created.reversed(), created: emptied.reversed(), staging: staging)
    }
}
