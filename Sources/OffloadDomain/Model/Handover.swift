/// The record of one hand-over of a task to a paired device, kept by the source.
package struct Handover: Sendable, Equatable {
    package enum Status: String, Sendable, CaseIterable {
        /// Waits to be pulled, or was pulled and is not acknowledged.
        case pending
        /// The other device has stored it durably.
        case synced
        case running
        case completed
        case failed
        case cancelled
        /// The attempt was cut off, never acknowledged, or handed back.
        case interrupted

        package var isFinal: Bool {
            switch self {
            case .completed, .failed, .cancelled, .interrupted: true
            case .pending, .synced, .running: false
            }
        }
    }

    package let id: HandoverID
    package let pairID: PairID
    package let taskID: TaskID
    package let ideaID: IdeaID
    /// The whole requirement file, as it is or was sent.
    package let content: String
    /// Which attempt of the task it is; nil until the other device has pulled it.
    package var attempt: AttemptNumber?
    package var status: Status
    /// Sequence of the latest report that was applied.
    package var cursor: Int64
    package var syncedAt: Timestamp?
    package var completedAt: Timestamp?
    package var summary: String?

    package init(
        id: HandoverID, pairID: PairID, taskID: TaskID, ideaID: IdeaID, content: String, attempt: AttemptNumber? = nil,
        status: Status = .pending, cursor: Int64 = 0, syncedAt: Timestamp? = nil, completedAt: Timestamp? = nil,
        summary: String? = nil
    ) {
        self.id = id
        self.pairID = pairID
        self.taskID = taskID
        self.ideaID = ideaID
        self.content = content
        self.attempt = attempt
        self.status = status
        self.cursor = cursor
        self.syncedAt = syncedAt
        self.completedAt = completedAt
        self.summary = summary
    }
}

/// A claimed task as it goes over to the device that claimed it.
package struct Offer: Sendable, Equatable {
    package let handoverID: HandoverID
    package let key: AttemptKey
    package let ideaID: IdeaID
    package let title: String
    package let priority: Int
    /// Name of the requirement file on the source.
    package let fileName: String
    /// The whole requirement file.
    package let content: String
    /// The commit on which the work starts; nil without git.
    package let base: CommitHash?

    package init(
        handoverID: HandoverID, key: AttemptKey, ideaID: IdeaID, title: String, priority: Int, fileName: String,
        content: String, base: CommitHash?
    ) {
        self.handoverID = handoverID
        self.key = key
        self.ideaID = ideaID
        self.title = title
        self.priority = priority
        self.fileName = fileName
        self.content = content
        self.base = base
    }

    /// The most that a requirement may have, in UTF-8 bytes: the largest description in the largest template, and the
    /// front matter.
    package static let contentLimit = 512 * 1024
    /// The most offers in one answer.
    package static let limit = BatchID.limit
}
