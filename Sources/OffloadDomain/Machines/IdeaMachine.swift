/// What a person may decide about an idea.
package struct IdeaMachine: Sendable, Equatable {
    package private(set) var idea: Idea

    package enum Action: String, Sendable, CaseIterable {
        case accept, reject, skip
    }

    package init(_ idea: Idea) { self.idea = idea }

    /// - Parameter hasOpenTask: whether a task of the idea waits or runs.
    /// - Returns: whether anything changed; deciding the same twice changes nothing.
    /// - Throws: `OffloadError` of kind `conflict` when the decision comes too late.
    package mutating func decide(_ action: Action, hasOpenTask: Bool, at time: Timestamp) throws(OffloadError) -> Bool {
        let status: Idea.Status =
            switch action {
            case .accept: .accepted
            case .reject: .rejected
            case .skip: .skipped
            }
        guard idea.status != status else { return false }
        guard idea.status != .implemented else {
            throw OffloadError(.conflict, "idea \(idea.id) is implemented already; write a new one")
        }
        guard !hasOpenTask else {
            throw OffloadError(.conflict, "idea \(idea.id) is being worked on; cancel its task first")
        }
        idea.status = status
        idea.updatedAt = time
        return true
    }

    /// - Parameter isInProject: whether a result of it was merged, or was taken out of the project again.
    /// - Returns: whether anything changed.
    package mutating func resultIsInProject(_ isInProject: Bool, at time: Timestamp) -> Bool {
        switch (idea.status, isInProject) {
        case (.accepted, true), (.pending, true), (.skipped, true), (.rejected, true): idea.status = .implemented
        case (.implemented, false): idea.status = .accepted
        default: return false
        }
        idea.updatedAt = time
        return true
    }

    /// What an edit may change; nil leaves a field as it is.
    package struct Edit: Sendable, Equatable {
        package var title: String?
        package var description: String?
        package var priority: Int?
        package var check: String??
        package var expectedPaths: [String]?

        package init(
            title: String? = nil, description: String? = nil, priority: Int? = nil, check: String?? = nil,
            expectedPaths: [String]? = nil
        ) {
            self.title = title
            self.description = description
            self.priority = priority
            self.check = check
            self.expectedPaths = expectedPaths
        }
    }

    /// A requirement that was handed to an agent is not changed by a later edit.
    /// - Throws: `OffloadError` of kind `invalidRequest` for a value outside its bounds.
    package mutating func edit(_ edit: Edit, at time: Timestamp) throws(OffloadError) {
        if let title = edit.title { idea.title = try Self.title(title) }
        if let description = edit.description { idea.description = try Self.description(description) }
        if let priority = edit.priority { idea.priority = try Self.priority(priority) }
        if let check = edit.check { idea.check = try Self.check(check) }
        if let paths = edit.expectedPaths { idea.expectedPaths = try Self.expectedPaths(paths) }
        idea.updatedAt = time
    }

    // MARK: - Bounds

    package static func title(_ text: String) throws(OffloadError) -> String {
        let title = PlainText.trimmed(text)
        guard !title.isEmpty else { throw .invalid("title", "must not be empty") }
        guard title.utf8.count <= Idea.Limits.title else {
            throw .invalid("title", "at most \(Idea.Limits.title) bytes; put the rest into the description")
        }
        guard PlainText.isOneLine(title) else {
            throw .invalid("title", "must be one line without control characters")
        }
        return title
    }

    package static func description(_ text: String) throws(OffloadError) -> String {
        guard text.utf8.count <= Idea.Limits.description else {
            throw .invalid("description", "at most \(Idea.Limits.description) bytes")
        }
        guard !text.utf8.contains(0) else { throw .invalid("description", "must not contain NUL bytes") }
        return text
    }

    package static func priority(_ value: Int) throws(OffloadError) -> Int {
        guard Idea.Limits.priority.contains(value) else {
            throw .invalid("priority", "\(Idea.Limits.priority.lowerBound) to \(Idea.Limits.priority.upperBound)")
        }
        return value
    }

    package static func check(_ text: String?) throws(OffloadError) -> String? {
        guard let text, !PlainText.trimmed(text).isEmpty else { return nil }
        guard text.utf8.count <= Idea.Limits.check, PlainText.isOneLine(text) else {
            throw .invalid("check", "one line of at most \(Idea.Limits.check) bytes")
        }
        return text
    }

    package static func expectedPaths(_ paths: [String]) throws(OffloadError) -> [String] {
        guard paths.count <= Idea.Limits.paths else { throw .invalid("expectedPaths", "at most \(Idea.Limits.paths)") }
        for path in paths where path.isEmpty || path.utf8.count > Idea.Limits.path || !PlainText.isOneLine(path) {
            throw .invalid("expectedPaths", "each is one line of 1 to \(Idea.Limits.path) bytes")
        }
        return paths
    }
}
