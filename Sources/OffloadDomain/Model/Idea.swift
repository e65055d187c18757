/// Something worth doing in a project.
package struct Idea: Sendable, Equatable {
    package enum Status: String, Sendable, CaseIterable {
        /// Written down, not judged. Next: accepted, rejected, skipped.
        case pending
        /// May be worked on. Next: rejected, skipped, implemented.
        case accepted
        /// Will not be done. Next: accepted.
        case rejected
        /// Not now. Next: accepted, rejected.
        case skipped
        /// Its result was merged. Final.
        case implemented
    }

    package let id: IdeaID
    package let projectID: ProjectID
    package var title: String
    package var description: String
    package var status: Status
    /// Larger runs first; 0 is ordinary.
    package var priority: Int
    /// Replaces the project's check command for this idea.
    package var check: String?
    /// Where the author expects the change; advice for the agent.
    package var expectedPaths: [String]
    package let createdAt: Timestamp
    package var updatedAt: Timestamp

    package init(
        id: IdeaID, projectID: ProjectID, title: String, description: String, status: Status = .pending,
        priority: Int = 0, check: String? = nil, expectedPaths: [String] = [], createdAt: Timestamp,
        updatedAt: Timestamp
    ) {
        self.id = id
        self.projectID = projectID
        self.title = title
        self.description = description
        self.status = status
        self.priority = priority
        self.check = check
        self.expectedPaths = expectedPaths
        self.createdAt = createdAt
        self.updatedAt = updatedAt
    }

    /// Bounds of what a person may write into an idea, in UTF-8 bytes or counts.
    package enum Limits {
        package static let title = 300
        package static let description = 64 * 1024
        package static let check = 2_000
        package static let path = 500
        package static let paths = 50
        package static let priority = -1_000...1_000
    }
}

/// Which ideas a list shows.
package struct IdeaFilter: Sendable, Equatable {
    package var projectID: ProjectID?
    package var status: Idea.Status?
    /// A part of the title, compared without case (ASCII).
    package var text: String?

    package init(projectID: ProjectID? = nil, status: Idea.Status? = nil, text: String? = nil) {
        self.projectID = projectID
        self.status = status
        self.text = text
    }
}

/// A part of a long list.
package struct Page: Sendable, Equatable {
    package static let largest = 500

    package let limit: Int
    package let offset: Int

    /// - Throws: `OffloadError` of kind `invalidRequest` outside 1…500 and 0…10,000,000.
    package init(limit: Int = 50, offset: Int = 0) throws(OffloadError) {
        guard (1...Self.largest).contains(limit) else { throw .invalid("limit", "1 to \(Self.largest)") }
        guard (0...10_000_000).contains(offset) else { throw .invalid("offset", "0 to 10000000") }
        self.limit = limit
        self.offset = offset
    }
}
