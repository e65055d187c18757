/// What happened, for everyone who watches this device. Each is recorded in the same transaction as the change it tells of.
package enum BridgeEvent: Sendable, Equatable {
    case projectAdded(Project)
    case projectUpdated(Project)
    case projectRemoved(Project)
    case ideaGenerated(Idea)
    case ideaUpdated(Idea)
    case ideaRemoved(Idea)
    case taskQueued(OffloadTask)
    case taskStarted(OffloadTask)
    case taskCompleted(OffloadTask, Attempt.Ending)
    case taskFailed(OffloadTask, Failure, Attempt.Ending)
    case taskCancelled(OffloadTask, Attempt.Ending?)
    /// An attempt was cut off and the task waits for the next one.
    case taskInterrupted(OffloadTask)
    /// Something happened to a task that is for other devices.
    case offload(OffloadEvent)
    /// Something happened to the work of a completed task.
    case result(ResultEvent)
    case batchProgress(Batch, running: TaskID?)
    case pairingCompleted(PairedDevice)
    /// A code was tried too often, or an agreement could not be recorded.
    case pairingFailed(ProjectID, reason: String)
    case pairingExpired(ProjectID)
    case deviceConnected(PairedDevice)
    case deviceDisconnected(PairedDevice, reason: String)
    /// The device takes nothing new until it is resumed.
    case devicePaused(PairedDevice)
    case deviceResumed(PairedDevice)

    package var name: String {
        switch self {
        case .projectAdded: "project_added"
        case .projectUpdated: "project_updated"
        case .projectRemoved: "project_removed"
        case .ideaGenerated: "idea_generated"
        case .ideaUpdated: "idea_updated"
        case .ideaRemoved: "idea_removed"
        case .taskQueued: "task_queued"
        case .taskStarted: "task_started"
        case .taskCompleted: "task_completed"
        case .taskFailed: "task_failed"
        case .taskCancelled: "task_cancelled"
        case .taskInterrupted: "task_interrupted"
        case .offload(let event): "offload_task_\(event.kind.rawValue)"
        case .result(let event): "offload_result_\(event.kind.rawValue)"
        case .batchProgress: "batch_progress"
        case .pairingCompleted: "pairing_completed"
        case .pairingFailed: "pairing_failed"
        case .pairingExpired: "pairing_expired"
        case .deviceConnected: "device_connected"
        case .deviceDisconnected: "device_disconnected"
        case .devicePaused: "device_paused"
        case .deviceResumed: "device_resumed"
        }
    }

    package var projectID: ProjectID? {
        switch self {
        case .projectAdded(let project), .projectUpdated(let project), .projectRemoved(let project): project.id
        case .ideaGenerated(let idea), .ideaUpdated(let idea), .ideaRemoved(let idea): idea.projectID
        case .taskQueued(let task), .taskStarted(let task), .taskInterrupted(let task): task.projectID
        case .taskCompleted(let task, _), .taskFailed(let task, _, _), .taskCancelled(let task, _): task.projectID
        case .offload(let event): event.task.projectID
        case .result(let event): event.result.projectID
        case .batchProgress: nil
        case .pairingCompleted(let device), .deviceConnected(let device), .deviceDisconnected(let device, _),
            .devicePaused(let device), .deviceResumed(let device):
            device.projectID
        case .pairingFailed(let project, _), .pairingExpired(let project): project
        }
    }
}

/// What happened to a task that is for other devices, as its source tells it.
package struct OffloadEvent: Sendable, Equatable {
    package enum Kind: String, Sendable, CaseIterable {
        case queued, synced, started, completed, failed, cancelled
        /// The attempt was cut off or handed back, and the task waits for the next one.
        case interrupted
    }

    package let kind: Kind
    package let task: OffloadTask
    /// The device that has or had it; nil for whichever asks first.
    package let pair: PairID?
    /// How the attempt ended, when it was one that ended.
    package let ending: Attempt.Ending?

    package init(_ kind: Kind, _ task: OffloadTask, at pair: PairID?, ending: Attempt.Ending? = nil) {
        self.kind = kind
        self.task = task
        self.pair = pair
        self.ending = ending
    }
}

/// What happened to the work of a completed task.
package struct ResultEvent: Sendable, Equatable {
    package enum Kind: String, Sendable, CaseIterable {
        /// It is here and can be merged (again).
        case ready
        /// The project has changed the same places.
        case conflict
        case merged, discarded
        /// What arrived was not taken over.
        case refused
    }

    package let kind: Kind
    package let result: TaskResult

    package init(_ kind: Kind, _ result: TaskResult) {
        self.kind = kind
        self.result = result
    }
}

/// A durable event as it is sent, byte for byte.
package struct RecordedEvent: Sendable, Equatable {
    /// Position in the event table; the id on the stream.
    package let position: Int64
    package let name: String
    package let projectID: ProjectID?
    /// UTF-8 JSON.
    package let payload: [UInt8]

    package init(position: Int64, name: String, projectID: ProjectID?, payload: [UInt8]) {
        self.position = position
        self.name = name
        self.projectID = projectID
        self.payload = payload
    }
}
