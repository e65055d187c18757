package import OffloadDomain

package struct ErrorView: Codable, Sendable, Equatable {
    package var error: String
    package var message: String

    package init(_ error: OffloadError) {
        self.error = error.kind.rawValue
        message = error.message
    }

    /// The error that the other side meant.
    package var domain: OffloadError { OffloadError(OffloadError.Kind(rawValue: error) ?? .device, message) }
}

package struct SessionView: Codable, Sendable {
    /// For the same headers as the device's key.
    package var key: String
    package var expiresAt: String

    package init(key: String, expires: Timestamp) {
        self.key = key
        expiresAt = expires.iso8601
    }
}

/// A fresh link into the page; answered to the key only.
package struct LinkView: Codable, Sendable {
    package var url: String
    package var expiresInSeconds: Int

    package init(url: String, expiresInSeconds: Int) {
        self.url = url
        self.expiresInSeconds = expiresInSeconds
    }
}

package struct StatusView: Codable, Sendable {
    package var status: String
    package var version: String
    package var deviceId: String
    package var deviceName: String
    package var connectedClients: Int
    package var activeBatches: Int
    package var slots: Int
    package var tasks: [String: Int]
    package var timestamp: String

    package init(
        version: String, deviceId: DeviceID, deviceName: String, connectedClients: Int, activeBatches: Int, slots: Int,
        tasks: [(OffloadTask.Status, Int)], timestamp: Timestamp
    ) {
        status = "ok"
        self.version = version
        self.deviceId = deviceId.rawValue
        self.deviceName = deviceName
        self.connectedClients = connectedClients
        self.activeBatches = activeBatches
        self.slots = slots
        self.tasks = [:]
        for status in OffloadTask.Status.allCases { self.tasks[status.rawValue] = 0 }
        for (status, count) in tasks { self.tasks[status.rawValue] = count }
        self.timestamp = timestamp.iso8601
    }
}

package struct ProjectView: Codable, Sendable, Equatable {
    package var id: String
    package var name: String
    package var path: String
    package var versionControl: String
    package var createdAt: String
    /// What stands in the way of its agent; told when it is added.
    package var advice: String?

    package init(_ project: Project, advice: String? = nil) {
        self.advice = advice
        id = project.id.rawValue
        name = project.name
        path = project.path
        versionControl = project.versionControl.rawValue
        createdAt = project.createdAt.iso8601
    }
}

package struct ProjectList: Codable, Sendable {
    package var projects: [ProjectView]

    package init(_ projects: [Project]) { self.projects = projects.map { ProjectView($0) } }
}

package struct IdeaView: Codable, Sendable, Equatable {
    package var id: String
    package var projectId: String
    package var title: String
    package var description: String
    package var status: String
    package var priority: Int
    package var check: String?
    package var expectedPaths: [String]
    package var createdAt: String
    package var updatedAt: String
    /// The newest task of the idea, if it has one.
    package var taskId: String?
    package var taskStatus: String?

    package init(_ idea: Idea, task: OffloadTask? = nil) {
        id = idea.id.rawValue
        projectId = idea.projectID.rawValue
        title = idea.title
        description = idea.description
        status = idea.status.rawValue
        priority = idea.priority
        check = idea.check
        expectedPaths = idea.expectedPaths
        createdAt = idea.createdAt.iso8601
        updatedAt = idea.updatedAt.iso8601
        taskId = task?.id.rawValue
        taskStatus = task?.state.status.rawValue
    }
}

package struct IdeaList: Codable, Sendable {
    package var ideas: [IdeaView]
    package var total: Int
    package var limit: Int
    package var offset: Int

    package init(ideas: [(idea: Idea, task: OffloadTask?)], total: Int, page: Page) {
        self.ideas = ideas.map { IdeaView($0.idea, task: $0.task) }
        self.total = total
        limit = page.limit
        offset = page.offset
    }
}
