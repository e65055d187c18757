/// Bodies that clients send. Fields that are not named here are ignored; none of them is ever stored.

package struct SessionRequest: Codable, Sendable {
    /// The single-use secret of the link that `offload open` made, or the device's key.
    package var secret: String

    package init(secret: String) { self.secret = secret }
}

package struct ProjectRequest: Codable, Sendable {
    package var name: String?
    package var path: String

    package init(name: String?, path: String) {
        self.name = name
        self.path = path
    }
}

package struct ProjectEdit: Codable, Sendable {
    package var name: String

    package init(name: String) { self.name = name }
}

package struct IdeaRequest: Codable, Sendable {
    package var projectId: String
    package var title: String
    package var description: String?
    package var priority: Int?
    package var check: String?
    package var expectedPaths: [String]?
    /// `accepted` takes the idea at once; otherwise it is `pending`.
    package var status: String?

    package init(
        projectId: String, title: String, description: String? = nil, priority: Int? = nil, check: String? = nil,
        expectedPaths: [String]? = nil, status: String? = nil
    ) {
        self.projectId = projectId
        self.title = title
        self.description = description
        self.priority = priority
        self.check = check
        self.expectedPaths = expectedPaths
        self.status = status
    }
}

package struct IdeaImport: Codable, Sendable {
    package struct Item: Codable, Sendable {
        package var title: String
        package var description: String?
        package var priority: Int?
        package var check: String?
        package var expectedPaths: [String]?
        package var status: String?

        package init(
            title: String, description: String? = nil, priority: Int? = nil, check: String? = nil,
            expectedPaths: [String]? = nil, status: String? = nil
        ) {
            self.title = title
            self.description = description
            self.priority = priority
            self.check = check
            self.expectedPaths = expectedPaths
            self.status = status
        }
    }

    package var projectId: String
    package var ideas: [Item]

    package init(projectId: String, ideas: [Item]) {
        self.projectId = projectId
        self.ideas = ideas
    }
}

package struct IdeaEdit: Codable, Sendable {
    package var title: String?
    package var description: String?
    package var priority: Int?
    /// An empty text removes the idea's own check.
    package var check: String?
    package var expectedPaths: [String]?

    package init(
        title: String? = nil, description: String? = nil, priority: Int? = nil, check: String? = nil,
        expectedPaths: [String]? = nil
    ) {
        self.title = title
        self.description = description
        self.priority = priority
        self.check = check
        self.expectedPaths = expectedPaths
    }
}

/// For ideas `accept`, `reject`, `skip`; for batches `start`, `pause`, `resume`, `stop`.
package struct ActionRequest: Codable, Sendable {
    package var action: String

    package init(action: String) { self.action = action }
}

package struct AssignRequest: Codable, Sendable {
    package var ideaIds: [String]
    /// Leaves out ideas that had a task already, however it ended; they are refused as conflicts.
    package var untriedOnly: Bool?

    package init(ideaIds: [String], untriedOnly: Bool? = nil) {
        self.ideaIds = ideaIds
        self.untriedOnly = untriedOnly
    }
}
