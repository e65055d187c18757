package import OffloadDomain

/// The ideas: written, judged, listed.
package struct Backlog: Sendable {
    private let context: EngineContext

    /// Most ideas in one import.
    package static let importLimit = 1_000

    package init(context: EngineContext) { self.context = context }

    /// What a person writes to make an idea.
    package struct Draft: Sendable, Equatable {
        package var title: String
        package var description: String
        package var priority: Int
        package var check: String?
        package var expectedPaths: [String]
        /// Accepted at once, without being judged first.
        package var accepted: Bool

        package init(
            title: String, description: String = "", priority: Int = 0, check: String? = nil,
            expectedPaths: [String] = [], accepted: Bool = false
        ) {
            self.title = title
            self.description = description
            self.priority = priority
            self.check = check
            self.expectedPaths = expectedPaths
            self.accepted = accepted
        }
    }

    package func add(_ draft: Draft, to projectID: ProjectID) async throws -> Idea {
        try await add([draft], to: projectID)[0]
    }

    /// All of them or none.
    /// - Throws: `OffloadError` of kind `invalidRequest` naming the first draft that cannot be taken, or `notFound`.
    package func add(_ drafts: [Draft], to projectID: ProjectID) async throws -> [Idea] {
        guard (1...Self.importLimit).contains(drafts.count) else {
            throw OffloadError.invalid("ideas", "1 to \(Self.importLimit) at a time")
        }
        let now = context.clock.now()
        let ideas = try drafts.enumerated().map { index, draft in
            try idea(from: draft, number: index + 1, of: drafts.count, in: projectID, at: now)
        }
        return try await context.ledger.change { transaction in
            guard try transaction.project(projectID) != nil else { throw OffloadError.missing(projectID) }
            for idea in ideas {
                try transaction.insert(idea)
                try transaction.record(.ideaGenerated(idea), at: now)
            }
            return ideas
        }
    }

    private func idea(
        from draft: Draft, number: Int, of count: Int, in projectID: ProjectID, at now: Timestamp
    ) throws(OffloadError) -> Idea {
        do {
            return try idea(from: draft, in: projectID, at: now)
        } catch {
            guard count > 1 else { throw error }
            throw OffloadError(error.kind, "idea \(number) of \(count): \(error.message)")
        }
    }

    private func idea(from draft: Draft, in projectID: ProjectID, at now: Timestamp) throws(OffloadError) -> Idea {
        Idea(
            id: context.identifiers.make(IdeaID.self), projectID: projectID,
            title: try IdeaMachine.title(draft.title), description: try IdeaMachine.description(draft.description),
            status: draft.accepted ? .accepted : .pending, priority: try IdeaMachine.priority(draft.priority),
            check: try IdeaMachine.check(draft.check),
            expectedPaths: try IdeaMachine.expectedPaths(draft.expectedPaths), createdAt: now, updatedAt: now)
    }

    /// A page of ideas, each with its newest task.
    package func list(
        _ filter: IdeaFilter, page: Page
    ) async throws -> (ideas: [(idea: Idea, task: OffloadTask?)], total: Int) {
        try await context.ledger.read { reader in
            let ideas = try reader.ideas(filter, page: page)
            return (try ideas.map { ($0, try reader.latestTask(of: $0.id)) }, try reader.ideaCount(filter))
        }
    }

    /// - Throws: `OffloadError` of kind `notFound`.
    package func find(_ id: IdeaID) async throws -> (idea: Idea, task: OffloadTask?) {
        try await context.ledger.read { reader in
            guard let idea = try reader.idea(id) else { throw OffloadError.missing(id) }
            return (idea, try reader.latestTask(of: id))
        }
    }

    package func edit(_ id: IdeaID, _ edit: IdeaMachine.Edit) async throws -> Idea {
        let now = context.clock.now()
        return try await change(id, at: now) { machine, _ in
            try machine.edit(edit, at: now)
            return true
        }
    }

    package func decide(_ id: IdeaID, _ action: IdeaMachine.Action) async throws -> Idea {
        let now = context.clock.now()
        return try await change(id, at: now) { machine, hasOpenTask in
            try machine.decide(action, hasOpenTask: hasOpenTask, at: now)
        }
    }

    /// - Throws: `OffloadError` of kind `conflict` when a task was ever made of it: its record would go too.
    package func remove(_ id: IdeaID) async throws {
        let now = context.clock.now()
        try await context.ledger.change { transaction in
            guard let idea = try transaction.idea(id) else { throw OffloadError.missing(id) }
            guard try transaction.latestTask(of: id) == nil else {
                throw OffloadError(.conflict, "idea \(id) has a task whose record is kept; reject the idea instead")
            }
            try transaction.removeIdea(id)
            try transaction.record(.ideaRemoved(idea), at: now)
        }
    }

    private func change(
        _ id: IdeaID, at now: Timestamp,
        _ body: @escaping @Sendable (inout IdeaMachine, Bool) throws -> Bool
    ) async throws -> Idea {
        try await context.ledger.change { transaction in
            guard let idea = try transaction.idea(id) else { throw OffloadError.missing(id) }
            var machine = IdeaMachine(idea)
            guard try body(&machine, try transaction.openTask(of: id) != nil) else { return idea }
            try transaction.update(machine.idea)
            try transaction.record(.ideaUpdated(machine.idea), at: now)
            return machine.idea
        }
    }
}
