import OffloadDomain
import OffloadTesting

/// What the device knows in memory; a crash ends it.
struct SimulatedDevice: Sendable {
    /// How many lanes it has.
    let slots: Int
    /// The projects' slot limits, as their settings last said.
    var limits = ProjectSlots()
    var phase: Phase
    /// Whether free lanes take tasks: not before everything that the last run left is in order, and not while stopping.
    var isOpen: Bool
    var executions: [Execution] = []
    /// Attempts that are to end as soon as they are told to run.
    var earlyStops: [AttemptKey] = []

    enum Phase: Sendable {
        /// Puts in order what the last run left.
        case starting(Start)
        case up
        /// Takes no requests, starts nothing new and waits until its attempts have ended.
        case stopping
    }

    struct Start: Sendable {
        enum Step: Sendable {
            case sweep, judge
            case record(LedgerCommand)
            case awaitRecord, learnLimits, open, awaitFilling
        }

        var step = Step.sweep
        /// Attempts still to be put in order, oldest first.
        var unfinished: [Attempt] = []
        var processesEnded = 0
    }

    var isUp: Bool {
        if case .up = phase { true } else { false }
    }

    var isStopping: Bool {
        if case .stopping = phase { true } else { false }
    }
}

/// The way of one attempt on the device: workspace, set-up, agent, check, snapshot, branch, record.
struct Execution: Sendable {
    let order: HandedOut
    var stage = Stage.learning
    /// The first wish to end it.
    var stop: StopReason?
    var settings = ProjectSettings.defaults
    var outcome = Attempt.Outcome.completed
    var report = RunReport()
    var result: AttemptResult?
    /// Why the process that runs now was asked to end, if it was for a limit.
    var limitFailure: Failure?

    var key: AttemptKey { order.key }

    enum Stage: Sendable, Equatable {
        case learning, preparing
        case startingCommand(Command), runningCommand(Command)
        case spawning, recordingStart, awaitingStart, runningAgent, sweeping
        case snapshotting, sealing, awaitingSeal, publishing
        case ending, awaitingEnd, cleaning, done
    }

    enum Command: String, Sendable {
        case setup, check
    }

    /// Waits for an answer of the ledger.
    var isAwaiting: Bool {
        switch stage {
        case .awaitingStart, .awaitingSeal, .awaitingEnd: true
        case .learning, .preparing, .startingCommand, .runningCommand, .spawning, .recordingStart, .runningAgent,
            .sweeping, .snapshotting, .sealing, .publishing, .ending, .cleaning, .done:
            false
        }
    }

    /// Has told how it went, or is about to; its lane may have the next task already.
    var isEnding: Bool {
        switch stage {
        case .ending, .awaitingEnd, .cleaning, .done: true
        case .learning, .preparing, .startingCommand, .runningCommand, .spawning, .recordingStart, .awaitingStart,
            .runningAgent, .sweeping, .snapshotting, .sealing, .awaitingSeal, .publishing:
            false
        }
    }
}
