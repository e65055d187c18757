/// One requirement on its way through the queue. (Swift already has a `Task`.)
package struct OffloadTask: Sendable, Equatable {
    package let id: TaskID
    package let projectID: ProjectID
    package let ideaID: IdeaID
    package let requirementID: RequirementID
    package let title: String
    /// The lane that the task waits for; nil means whichever is free first.
    package var lane: BatchID?
    /// Larger goes first.
    package let priority: Int
    /// Place in the queue among equals; smaller goes first.
    package var position: Int64
    /// The latest hand-out. Messages with an older number change nothing.
    package var attempt: AttemptNumber
    /// How often an attempt was cut off since a person last decided about the task.
    package var interruptions: Int
    package var state: State
    package let createdAt: Timestamp
    package var updatedAt: Timestamp

    package enum State: Sendable, Equatable {
        /// Waits for a slot. Next: synced, cancelled.
        case pending
        /// Handed out as attempt `task.attempt` and stored durably where it will run. Next: running, pending, completed,
        /// failed, cancelled.
        case synced(Holding)
        /// The agent's process was started. Next: pending (cut off), completed, failed, cancelled.
        case running(Holding)
        /// Done, and its check passed. Next: pending, by a person's retry only.
        case completed
        /// Gave up. Next: pending, by a person's retry only.
        case failed(Failure)
        /// Ended by a person. Next: pending, by a person's retry only.
        case cancelled

        package var status: Status {
            switch self {
            case .pending: .pending
            case .synced: .synced
            case .running: .running
            case .completed: .completed
            case .failed: .failed
            case .cancelled: .cancelled
            }
        }

        package var holding: Holding? {
            switch self {
            case .synced(let holding), .running(let holding): holding
            case .pending, .completed, .failed, .cancelled: nil
            }
        }
    }

    /// The state's name on the wire and in the store.
    package enum Status: String, Sendable, CaseIterable {
        case pending, synced, running, completed, failed, cancelled

        package var isFinal: Bool {
            switch self {
            case .completed, .failed, .cancelled: true
            case .pending, .synced, .running: false
            }
        }
    }

    /// Who holds a task that was handed out, and what was decided about it meanwhile.
    package struct Holding: Sendable, Equatable {
        package enum Phase: String, Sendable, CaseIterable {
            case working
            /// A person asked to end it; whoever holds it ends it, and nothing that it reports afterwards counts as done.
            case cancelling
            /// Agent and check succeeded and the result is kept; it can't be cancelled any more, only be completed.
            case sealed
        }

        package let batch: BatchID
        package var phase: Phase

        package init(batch: BatchID, phase: Phase = .working) {
            self.batch = batch
            self.phase = phase
        }
    }

    package init(
        id: TaskID, projectID: ProjectID, ideaID: IdeaID, requirementID: RequirementID, title: String, lane: BatchID?,
        priority: Int, position: Int64, attempt: AttemptNumber = .none, interruptions: Int = 0,
        state: State = .pending, createdAt: Timestamp, updatedAt: Timestamp
    ) {
        self.id = id
        self.projectID = projectID
        self.ideaID = ideaID
        self.requirementID = requirementID
        self.title = title
        self.lane = lane
        self.priority = priority
        self.position = position
        self.attempt = attempt
        self.interruptions = interruptions
        self.state = state
        self.createdAt = createdAt
        self.updatedAt = updatedAt
    }

    package var attemptKey: AttemptKey { AttemptKey(task: id, number: attempt) }
}

/// Why a task or an attempt did not get done.
package struct Failure: Sendable, Equatable {
    package enum Kind: String, Sendable, CaseIterable {
        /// The agent said that it failed.
        case agent
        /// The agent's program is not installed or could not be started.
        case agentMissing = "agent_missing"
        /// The agent stopped without saying how it went.
        case agentEndedEarly = "agent_ended_early"
        /// The agent was refused something that it needed.
        case permissionDenied = "permission_denied"
        /// A usage limit of the agent's provider.
        case rateLimited = "rate_limited"
        case checkFailed = "check_failed"
        case setupFailed = "setup_failed"
        /// No output for longer than the project allows.
        case silent
        /// Ran for longer than the project allows.
        case timeLimit = "time_limit"
        /// The workspace could not be made.
        case workspace
        case diskFull = "disk_full"
        /// The device went away twice in the middle of it.
        case interrupted
        /// Something else went wrong on this device.
        case device
    }

    package let kind: Kind
    /// One or two sentences for a person: what happened and what to do.
    package let message: String

    package init(_ kind: Kind, _ message: String) {
        self.kind = kind
        self.message = message
    }
}

/// Which tasks a list shows.
package struct TaskFilter: Sendable, Equatable {
    package var projectID: ProjectID?
    package var status: OffloadTask.Status?
    /// Only tasks that are not final.
    package var openOnly: Bool

    package init(projectID: ProjectID? = nil, status: OffloadTask.Status? = nil, openOnly: Bool = false) {
        self.projectID = projectID
        self.status = status
        self.openOnly = openOnly
    }

    /// Whether tasks in that state are shown, of whatever project.
    package func includes(_ status: OffloadTask.Status) -> Bool {
        (self.status == nil || self.status == status) && !(openOnly && status.isFinal)
    }
}
