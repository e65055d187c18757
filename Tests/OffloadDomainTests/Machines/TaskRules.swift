import OffloadDomain

/// The task machine as its tests see it: the real one, or one with a flaw that the tests must find.
protocol TaskRules {
    var task: OffloadTask { get }
    mutating func handOut(to batch: BatchID, at time: Timestamp) -> TaskMachine.HandOut
    mutating func agentStarted(_ number: AttemptNumber, at time: Timestamp) -> TaskMachine.Report
    mutating func seal(_ number: AttemptNumber, at time: Timestamp) -> TaskMachine.Seal
    mutating func attemptEnded(
        _ number: AttemptNumber, _ outcome: Attempt.Outcome, at time: Timestamp
    ) -> TaskMachine.End
    mutating func cancel(at time: Timestamp) -> TaskMachine.Cancel
    mutating func retry(position: Int64, destination: OffloadTask.Destination, at time: Timestamp) -> TaskMachine.Retry
}

extension TaskMachine: TaskRules {}

/// Everything that can happen to a task.
enum TaskEvent: String, CaseIterable, Sendable {
    case handOut = "hand out"
    case agentStarted = "agent started"
    case seal
    case endedCompleted = "ended completed"
    case endedFailed = "ended failed"
    case endedCancelled = "ended cancelled"
    /// The device was asked to stop.
    case endedByShutdown = "ended by shutdown"
    /// The device went away in the middle.
    case endedByCrash = "ended by crash"
    case cancel
    case retry

    /// Whether the event speaks of an attempt, and so has to pass the fence.
    var carriesNumber: Bool {
        switch self {
        case .agentStarted, .seal: true
        case .endedCompleted, .endedFailed, .endedCancelled, .endedByShutdown, .endedByCrash: true
        case .handOut, .cancel, .retry: false
        }
    }

    static let failure = Failure(.agent, "The tests do not pass.")

    /// - Parameter number: the attempt that the event speaks of, if it speaks of one.
    func happen(
        to rules: inout some TaskRules, number: AttemptNumber, lane: BatchID, at time: Timestamp
    ) -> TaskAnswer {
        switch self {
        case .handOut: TaskAnswer(rules.handOut(to: lane, at: time))
        case .agentStarted: TaskAnswer(rules.agentStarted(number, at: time))
        case .seal: TaskAnswer(rules.seal(number, at: time))
        case .endedCompleted: TaskAnswer(rules.attemptEnded(number, .completed, at: time))
        case .endedFailed: TaskAnswer(rules.attemptEnded(number, .failed(Self.failure), at: time))
        case .endedCancelled: TaskAnswer(rules.attemptEnded(number, .cancelled, at: time))
        case .endedByShutdown: TaskAnswer(rules.attemptEnded(number, .interrupted(orderly: true), at: time))
        case .endedByCrash: TaskAnswer(rules.attemptEnded(number, .interrupted(orderly: false), at: time))
        case .cancel: TaskAnswer(rules.cancel(at: time))
        case .retry: TaskAnswer(rules.retry(position: 9, destination: .lane(nil), at: time))
        }
    }
}

/// The answers of all the machine's methods, as the transcript words them.
enum TaskAnswer: Equatable, Sendable, CustomStringConvertible {
    case handedOut(AttemptKey), applied, repeated, stale, sealed, ended(Attempt.Outcome), again, cancelled
    case stop(AttemptKey), waiting, refused(OffloadTask.Status)

    init(_ answer: TaskMachine.HandOut) {
        switch answer {
        case .handedOut(let key): self = .handedOut(key)
        case .refused(let status): self = .refused(status)
        }
    }

    init(_ answer: TaskMachine.Report) {
        switch answer {
        case .applied: self = .applied
        case .repeated: self = .repeated
        case .stale: self = .stale
        }
    }

    init(_ answer: TaskMachine.Seal) {
        switch answer {
        case .sealed: self = .sealed
        case .cancelled: self = .cancelled
        case .stale: self = .stale
        }
    }

    init(_ answer: TaskMachine.End) {
        switch answer {
        case .ended(let outcome): self = .ended(outcome)
        case .again: self = .again
        case .stale: self = .stale
        }
    }

    init(_ answer: TaskMachine.Cancel) {
        switch answer {
        case .cancelled: self = .cancelled
        case .stop(let key): self = .stop(key)
        case .refused(let status): self = .refused(status)
        }
    }

    init(_ answer: TaskMachine.Retry) {
        switch answer {
        case .waiting: self = .waiting
        case .refused(let status): self = .refused(status)
        }
    }

    var description: String {
        switch self {
        case .handedOut: "handed out"
        case .applied: "applied"
        case .repeated: "repeated"
        case .stale: "stale"
        case .sealed: "sealed"
        case .ended(let outcome): "ended \(outcome.word)"
        case .again: "again"
        case .cancelled: "cancelled"
        case .stop: "stop"
        case .waiting: "waiting"
        case .refused(let status): "refused, \(status.rawValue)"
        }
    }
}

extension Attempt.Outcome {
    var word: String {
        switch self {
        case .completed: "completed"
        case .failed: "failed"
        case .cancelled: "cancelled"
        case .interrupted(orderly: true): "by shutdown"
        case .interrupted(orderly: false): "by crash"
        }
    }
}
