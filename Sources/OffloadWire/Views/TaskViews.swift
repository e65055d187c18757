package import OffloadDomain

package struct DeviceView: Codable, Sendable, Equatable {
    package var id: String
    package var name: String

    package init(id: DeviceID, name: String) {
        self.id = id.rawValue
        self.name = name
    }
}

package struct FailureView: Codable, Sendable, Equatable {
    package var kind: String
    package var message: String

    package init(_ failure: Failure) {
        kind = failure.kind.rawValue
        message = failure.message
    }
}

package struct CostView: Codable, Sendable, Equatable {
    /// `money`, `tokens` or `unknown`.
    package var kind: String
    package var usd: Double?
    package var inputTokens: Int64?
    package var outputTokens: Int64?

    package init(_ cost: Cost) {
        switch cost {
        case .unknown:
            kind = "unknown"
        case .tokens(let tokens):
            kind = "tokens"
            inputTokens = tokens.input
            outputTokens = tokens.output
        case .money(let microdollars, let tokens):
            kind = "money"
            usd = Double(microdollars) / 1_000_000
            inputTokens = tokens.input
            outputTokens = tokens.output
        }
    }
}

package struct AttemptResultView: Codable, Sendable, Equatable {
    /// `commit`, `changeSet`, `empty`, or `elsewhere` while the device that did the work has it alone.
    package var kind: String
    package var commit: String?
    package var base: String?
    package var branch: String?
    package var filesChanged: Int
    package var insertions: Int
    package var deletions: Int
    /// The first of the changed paths.
    package var paths: [String]
    package var notes: [String]

    package init(_ result: AttemptResult) {
        switch result.storage {
        case .commit(let commit, let base):
            kind = "commit"
            self.commit = commit.hex
            self.base = base.hex
        case .changeSet: kind = "changeSet"
        case .empty: kind = "empty"
        case .elsewhere: kind = "elsewhere"
        }
        paths = result.paths
        branch = result.branch
        filesChanged = result.filesChanged
        insertions = result.insertions
        deletions = result.deletions
        notes = result.notes
    }
}

package struct AttemptView: Codable, Sendable, Equatable {
    package var attempt: Int
    package var status: String
    /// The lane; nil on another device.
    package var batchId: String?
    /// The pair of the device that executes it; nil here.
    package var devicePairId: String?
    /// The agent's name, once it was started; nil when the device that executes it did not say.
    package var agent: String?
    package var createdAt: String
    package var startedAt: String?
    package var endedAt: String?
    package var durationMs: Int64?
    package var error: FailureView?
    package var summary: String?
    package var turns: Int?
    package var cost: CostView?
    package var sessionId: String?
    package var model: String?
    package var processesEnded: Int?
    package var result: AttemptResultView?

    package init(_ attempt: Attempt) {
        self.attempt = attempt.key.number.value
        status = attempt.status.rawValue
        batchId = attempt.holder.batch?.description
        devicePairId = attempt.holder.device?.rawValue
        agent = attempt.agent
        createdAt = attempt.createdAt.iso8601
        switch attempt.state {
        case .starting: break
        case .running(let startedAt): self.startedAt = startedAt.iso8601
        case .sealed(let ending), .ended(let ending): describe(ending)
        }
    }

    private mutating func describe(_ ending: Attempt.Ending) {
        startedAt = ending.startedAt?.iso8601
        endedAt = ending.endedAt.iso8601
        durationMs = ending.startedAt.map { max(0, ending.endedAt.milliseconds - $0.milliseconds) }
        if case .failed(let failure) = ending.outcome { error = FailureView(failure) }
        summary = ending.report.summary
        turns = ending.report.turns
        cost = CostView(ending.report.cost)
        sessionId = ending.report.sessionID
        model = ending.report.model
        processesEnded = ending.report.processesEnded
        result = ending.result.map(AttemptResultView.init)
    }
}

package struct TaskView: Codable, Sendable, Equatable {
    package var id: String
    package var projectId: String
    package var ideaId: String
    package var title: String
    package var status: String
    package var attempt: Int
    package var priority: Int
    /// The lane that it waits for or runs in.
    package var batchId: String?
    /// A person asked to end it and its processes are being ended.
    package var cancelling: Bool
    package var error: FailureView?
    /// Where it is or was worked on, or the device that it waits for; nil when it waits for whichever asks first.
    package var device: DeviceView?
    /// The pair through which it goes to that device, or came to this one.
    package var devicePairId: String?
    /// Whether the device that has it was not heard of for a while; nil otherwise.
    package var unreachable: Bool?
    /// The name of the agent of the latest attempt, once it was started; nil when the device that has it did not say.
    package var agent: String?
    package var createdAt: String
    package var updatedAt: String
    package var requirementPath: String?
    /// What the agent does at the moment.
    package var action: String?
    /// The latest attempt; every attempt where a single task is asked for.
    package var attempts: [AttemptView]

    package init(
        _ task: OffloadTask, attempts: [Attempt], agent: String? = nil, requirementPath: String? = nil,
        action: String? = nil, device: DeviceView?, pair: PairID? = nil, isUnreachable: Bool = false
    ) {
        id = task.id.rawValue
        projectId = task.projectID.rawValue
        ideaId = task.ideaID.rawValue
        title = task.title
        status = task.state.status.rawValue
        attempt = task.attempt.value
        priority = task.priority
        batchId = (task.state.holding?.batch ?? task.lane)?.description
        cancelling = task.state.holding?.phase == .cancelling
        if case .failed(let failure) = task.state { error = FailureView(failure) }
        self.device = device
        devicePairId = pair?.rawValue
        unreachable = isUnreachable ? true : nil
        self.agent = agent ?? attempts.last?.agent
        createdAt = task.createdAt.iso8601
        updatedAt = task.updatedAt.iso8601
        self.requirementPath = requirementPath
        self.action = action
        self.attempts = attempts.map(AttemptView.init)
    }
}

package struct TaskList: Codable, Sendable {
    package var tasks: [TaskView]
    package var counts: [String: Int]
    package var total: Int
    package var limit: Int
    package var offset: Int

    package init(tasks: [TaskView], counts: [(OffloadTask.Status, Int)], total: Int, page: Page) {
        self.tasks = tasks
        self.counts = [:]
        for (status, count) in counts { self.counts[status.rawValue] = count }
        self.total = total
        limit = page.limit
        offset = page.offset
    }
}

package struct BatchView: Codable, Sendable, Equatable {
    package var id: String
    package var status: String
    /// Tasks that ended here since the lane was last started.
    package var finished: Int
    package var running: TaskView?
    /// Tasks waiting for this lane alone; only where a single lane is asked for.
    package var waiting: [TaskView]?

    package init(_ batch: Batch, running: TaskView?, waiting: [TaskView]? = nil) {
        id = batch.id.description
        status = batch.state.rawValue
        finished = batch.finished
        self.running = running
        self.waiting = waiting
    }
}

package struct BatchList: Codable, Sendable {
    package var batches: [BatchView]

    package init(_ batches: [BatchView]) { self.batches = batches }
}

package struct AssignmentView: Codable, Sendable {
    package struct Assigned: Codable, Sendable {
        package var ideaId: String
        package var taskId: String
        package var status: String
    }

    package struct Refused: Codable, Sendable {
        package var ideaId: String
        package var error: String
        package var message: String

        init(_ id: IdeaID, _ error: OffloadError) {
            ideaId = id.rawValue
            self.error = error.kind.rawValue
            message = error.message
        }
    }

    package var assigned: [Assigned]
    package var refused: [Refused]

    package init(tasks: [OffloadTask], refused: [(IdeaID, OffloadError)]) {
        assigned = tasks.map {
            Assigned(ideaId: $0.ideaID.rawValue, taskId: $0.id.rawValue, status: $0.state.status.rawValue)
        }
        self.refused = refused.map(Refused.init)
    }
}

/// What a running agent does, sent on the stream without an id: it is not kept.
package struct ProgressView: Codable, Sendable, Equatable {
    package var taskId: String
    package var action: String
    package var inputTokens: Int64?
    package var outputTokens: Int64?

    package init(taskId: TaskID, action: String, tokens: Cost.Tokens?) {
        self.taskId = taskId.rawValue
        self.action = action
        inputTokens = tokens?.input
        outputTokens = tokens?.output
    }
}
