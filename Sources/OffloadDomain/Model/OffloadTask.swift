/// One requirement on its way through the queue. (Swift already has a `Task`.)
package struct OffloadTask: Sendable, Equatable {
    package let id: TaskID
    package let projectID: ProjectID
    package let ideaID: IdeaID
    package let requirementID: RequirementID
    package let title: String
    /// The pair through which another device gave the task to this one, which then is its target; nil for a task of this
    /// device's own.
    package var origin: PairID?
    /// Where the task is to be done.
    package var destination: Destination
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

    package enum Destination: Sendable, Equatable {
        /// A lane of this device; nil means whichever is free first.
        case lane(BatchID?)
        /// A device that takes work from this one; nil means whichever asks first.
        case device(PairID?)

        /// Whether it is another device.
        package var isElsewhere: Bool {
            if case .device = self { true } else { false }
        }
    }

    package enum State: Sendable, Equatable {
        /// Waits for a slot. Next: synced (a lane took it), claimed, cancelled.
        case pending
        /// Given to a paired device as attempt `task.attempt`, which has not said that it is stored there. To people it is
        /// pending still. Next: synced, pending (never acknowledged), completed, failed, cancelled.
        case claimed(PairID)
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
            case .pending, .claimed: .pending
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
            case .pending, .claimed, .completed, .failed, .cancelled: nil
            }
        }

        /// Who may report about the current attempt; nil when nobody may.
        package var holder: Holder? {
            switch self {
            case .claimed(let pair): .device(pair)
            case .synced(let holding), .running(let holding): holding.holder
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

    /// Where an attempt is executed.
    package enum Holder: Sendable, Equatable {
        /// In a lane of this device.
        case batch(BatchID)
        /// On a paired device.
        case device(PairID)

        package var batch: BatchID? {
            if case .batch(let batch) = self { batch } else { nil }
        }

        package var device: PairID? {
            if case .device(let pair) = self { pair } else { nil }
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

        package let holder: Holder
        package var phase: Phase

        package init(_ holder: Holder, phase: Phase = .working) {
            self.holder = holder
            self.phase = phase
        }

        package init(batch: BatchID, phase: Phase = .working) { self.init(.batch(batch), phase: phase) }

        /// nil when another device holds it.
        package var batch: BatchID? { holder.batch }
    }

    package init(
        id: TaskID, projectID: ProjectID, ideaID: IdeaID, requirementID: RequirementID, title: String,
        origin: PairID? = nil, destination: Destination = .lane(nil), priority: Int, position: Int64,
        attempt: AttemptNumber = .none, interruptions: Int = 0,
        state: State = .pending, createdAt: Timestamp, updatedAt: Timestamp
    ) {
        self.id = id
        self.projectID = projectID
        self.ideaID = ideaID
        self.requirementID = requirementID
        self.title = title
        self.origin = origin
        self.destination = destination
        self.priority = priority
        self.position = position
        self.attempt = attempt
        self.interruptions = interruptions
        self.state = state
        self.createdAt = createdAt
        self.updatedAt = updatedAt
    }

    package var attemptKey: AttemptKey { AttemptKey(task: id, number: attempt) }

    /// The lane that the task is bound to; nil when any will do, or none.
    package var lane: BatchID? {
        if case .lane(let lane) = destination { lane } else { nil }
    }

    /// The device that has the task or is to have it; nil when that is this one, or whichever asks first.
    package var wantedDevice: PairID? {
        if let holder = state.holder { return holder.device }
        if case .device(let pair) = destination { return pair }
        return nil
    }

    /// Whether it is for other devices.
    package var isOffloaded: Bool { destination.isElsewhere }
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
    /// Only tasks that are for other devices.
    package var offloadedOnly: Bool

    package init(
        projectID: ProjectID? = nil, status: OffloadTask.Status? = nil, openOnly: Bool = false,
        offloadedOnly: Bool = false
    ) {
        self.projectID = projectID
        self.status = status
        self.openOnly = openOnly
        self.offloadedOnly = offloadedOnly
    }

    /// Whether tasks in that state are shown, of whatever project.
    package func includes(_ status: OffloadTask.Status) -> Bool {
        (self.status == nil || self.status == status) && !(openOnly && status.isFinal)
    }
}
