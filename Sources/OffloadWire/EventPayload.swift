import OffloadDomain

/// What an event tells about its subject. Keys without a value are left out.
enum EventPayload: Encodable {
    case project(ProjectPayload)
    case idea(IdeaPayload)
    case task(TaskPayload)
    case result(ResultPayload)
    case batch(BatchPayload)
    case pairing(PairingPayload)

    init(_ event: BridgeEvent) {
        switch event {
        case .projectAdded(let project), .projectUpdated(let project), .projectRemoved(let project):
            self = .project(ProjectPayload(project))
        case .ideaGenerated(let idea), .ideaUpdated(let idea), .ideaRemoved(let idea):
            self = .idea(IdeaPayload(idea))
        case .taskQueued(let task), .taskStarted(let task), .taskInterrupted(let task):
            self = .task(TaskPayload(task))
        case .taskCompleted(let task, let ending):
            self = .task(TaskPayload(task, ending: ending))
        case .taskFailed(let task, let failure, let ending):
            self = .task(TaskPayload(task, ending: ending, failure: failure))
        case .taskCancelled(let task, let ending):
            self = .task(TaskPayload(task, ending: ending))
        case .offload(let event):
            self = .task(TaskPayload(event))
        case .result(let event):
            self = .result(ResultPayload(event.result))
        case .batchProgress(let batch, let running):
            self = .batch(BatchPayload(batch, running: running))
        case .pairingCompleted(let device), .deviceConnected(let device), .devicePaused(let device),
            .deviceResumed(let device):
            self = .pairing(PairingPayload(device))
        case .deviceDisconnected(let device, let reason): self = .pairing(PairingPayload(device, reason: reason))
        case .pairingFailed(_, let reason): self = .pairing(PairingPayload(nil, reason: reason))
        case .pairingExpired: self = .pairing(PairingPayload(nil))
        }
    }

    func encode(to encoder: any Encoder) throws {
        switch self {
        case .project(let payload): try payload.encode(to: encoder)
        case .idea(let payload): try payload.encode(to: encoder)
        case .task(let payload): try payload.encode(to: encoder)
        case .result(let payload): try payload.encode(to: encoder)
        case .batch(let payload): try payload.encode(to: encoder)
        case .pairing(let payload): try payload.encode(to: encoder)
        }
    }
}

struct ProjectPayload: Encodable {
    let projectId: String
    let name: String
    let path: String

    init(_ project: Project) {
        projectId = project.id.rawValue
        name = project.name
        path = project.path
    }
}

struct IdeaPayload: Encodable {
    let ideaId: String
    let title: String
    let status: String
    let priority: Int

    init(_ idea: Idea) {
        ideaId = idea.id.rawValue
        title = idea.title
        status = idea.status.rawValue
        priority = idea.priority
    }
}

struct BatchPayload: Encodable {
    let batchId: String
    let status: String
    let finished: Int
    let taskId: String?

    init(_ batch: Batch, running: TaskID?) {
        batchId = batch.id.description
        status = batch.state.rawValue
        finished = batch.finished
        taskId = running?.rawValue
    }
}

struct PairingPayload: Encodable {
    let devicePairId: String?
    let role: String?
    let deviceId: String?
    let deviceName: String?
    let reason: String?

    init(_ device: PairedDevice?, reason: String? = nil) {
        devicePairId = device?.pairID.rawValue
        role = device?.role.rawValue
        deviceId = device?.deviceID.rawValue
        deviceName = device?.name
        self.reason = reason
    }
}

struct TaskPayload: Encodable {
    let taskId: String
    let ideaId: String
    let projectId: String
    let title: String
    let status: String
    let attempt: Int
    let batchId: String?
    let devicePairId: String?
    let durationMs: Int64?
    let branch: String?
    let filesChanged: Int?
    let summary: String?
    let processesEnded: Int?
    let error: ErrorPayload?

    init(_ event: OffloadEvent) {
        let failure: Failure? = if case .failed(let failure) = event.task.state { failure } else { nil }
        self.init(event.task, ending: event.ending, failure: failure, pair: event.pair)
    }

    init(_ task: OffloadTask, ending: Attempt.Ending? = nil, failure: Failure? = nil, pair: PairID? = nil) {
        taskId = task.id.rawValue
        ideaId = task.ideaID.rawValue
        projectId = task.projectID.rawValue
        title = task.title
        status = task.state.status.rawValue
        attempt = task.attempt.value
        // A task that is bound to a lane can only have run there, so the lane still names the batch after the end.
        batchId = (task.state.holding?.batch ?? task.lane)?.description
        devicePairId = (pair ?? task.origin)?.rawValue
        durationMs = ending.flatMap(Self.duration)
        branch = ending?.result?.branch
        filesChanged = ending?.result?.filesChanged
        summary = ending.map { $0.report.summary.cut(toUTF8: EventEncoding.textLimit) }
        processesEnded = ending?.report.processesEnded
        error = failure.map(ErrorPayload.init)
    }

    /// The wall clock may have been set back in between; nobody is shown a negative duration.
    private static func duration(of ending: Attempt.Ending) -> Int64? {
        ending.startedAt.map { start in
            let (span, overflow) = ending.endedAt.milliseconds.subtractingReportingOverflow(start.milliseconds)
            return overflow ? 0 : max(0, span)
        }
    }
}

struct ResultPayload: Encodable {
    let taskId: String
    let ideaId: String
    let projectId: String
    let title: String
    let attempt: Int
    let state: String
    let branch: String?
    let devicePairId: String?
    let filesChanged: Int
    /// The commit that brought it into the project.
    let commit: String?
    let reason: String?

    init(_ result: TaskResult) {
        taskId = result.key.task.rawValue
        ideaId = result.ideaID.rawValue
        projectId = result.projectID.rawValue
        title = result.title
        attempt = result.key.number.value
        state = result.state.rawValue
        branch = result.branch
        devicePairId = result.pairID?.rawValue
        filesChanged = result.extent.files
        commit = result.state == .merged ? result.integration?.move?.after.hex : nil
        reason = result.state == .refused ? result.notes.first?.cut(toUTF8: EventEncoding.textLimit) : nil
    }
}

struct ErrorPayload: Encodable {
    let kind: String
    let message: String

    init(_ failure: Failure) {
        kind = failure.kind.rawValue
        message = failure.message.cut(toUTF8: EventEncoding.textLimit)
    }
}

extension String {
    /// The longest beginning that fits and does not split a character.
    fileprivate func cut(toUTF8 limit: Int) -> String {
        guard utf8.count > limit else { return self }
        var end = utf8.index(utf8.startIndex, offsetBy: limit)
        while end.samePosition(in: self) == nil { end = utf8.index(before: end) }
        return String(self[..<end])
    }
}
