package import OffloadDomain

/// `POST /api/bridge/offload/queue`
package struct QueueRequest: Codable, Sendable {
    /// nil for whichever paired device asks first.
    package var devicePairId: String?
    package var ideaIds: [String]
    /// Leaves out ideas that had a task already, however it ended; they are refused as conflicts.
    package var untriedOnly: Bool?

    package init(devicePairId: String? = nil, ideaIds: [String], untriedOnly: Bool? = nil) {
        self.devicePairId = devicePairId
        self.ideaIds = ideaIds
        self.untriedOnly = untriedOnly
    }
}

/// Answers `POST /api/bridge/offload/queue`.
package struct QueueView: Codable, Sendable {
    package struct Item: Codable, Sendable {
        package var ideaId: String
        package var taskId: String
        /// `.claude/requirements/xxx.md`
        package var requirementPath: String
        package var content: String
    }

    package var queued: Int
    package var requirements: [Item]
    package var refused: [AssignmentView.Refused]

    package init(_ tasks: [(task: OffloadTask, requirement: Requirement)], refused: [(IdeaID, OffloadError)]) {
        queued = tasks.count
        requirements = tasks.map { task, requirement in
            Item(
                ideaId: task.ideaID.rawValue, taskId: task.id.rawValue, requirementPath: requirement.path,
                content: requirement.content)
        }
        self.refused = refused.map(AssignmentView.Refused.init)
    }
}

/// Answers `GET /api/bridge/offload/status`: tasks that are for other devices, newest first.
package struct OffloadStatusView: Codable, Sendable {
    package struct Item: Codable, Sendable, Equatable {
        package var taskId: String
        package var ideaId: String
        package var projectId: String
        package var title: String
        package var status: String
        package var attempt: Int
        /// The pair of the device that has it, had it last, or is to have it.
        package var devicePairId: String?
        package var deviceName: String?
        package var cancelling: Bool
        package var unreachable: Bool
        /// The agent's name, once it was started; nil when the device that has it did not say.
        package var agent: String?
        package var action: String?
        package var summary: String?
        package var filesChanged: [String]?
        package var error: FailureView?
        package var updatedAt: String

        package init(_ task: TaskView) {
            taskId = task.id
            ideaId = task.ideaId
            projectId = task.projectId
            title = task.title
            status = task.status
            attempt = task.attempt
            devicePairId = task.devicePairId
            deviceName = task.device?.name
            cancelling = task.cancelling
            unreachable = task.unreachable ?? false
            agent = task.agent
            action = task.action
            summary = task.attempts.last?.summary
            filesChanged = task.attempts.last?.result?.paths
            error = task.error
            updatedAt = task.updatedAt
        }
    }

    package var tasks: [Item]
    package var counts: [String: Int]
    package var total: Int
    package var limit: Int
    package var offset: Int

    package init(tasks: [Item], counts: [(OffloadTask.Status, Int)], total: Int, page: Page) {
        self.tasks = tasks
        self.counts = [:]
        for (status, count) in counts { self.counts[status.rawValue] = count }
        self.total = total
        limit = page.limit
        offset = page.offset
    }
}
