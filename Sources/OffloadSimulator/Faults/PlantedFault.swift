/// A mistake that the simulation is told to make. Each stands for a rule that is easily broken; a check that does not
/// find it is worth nothing.
///
/// All of them live in the simulated device or between it and its ledger: what the domain decides is never touched.
enum PlantedFault: String, Sendable, CaseIterable {
    /// A report is taken for one of the task's current attempt, whatever number it carries.
    case attemptCheckDropped = "attempt-check-dropped"
    /// People are answered when their transaction has run, before it is durable.
    case acknowledgedBeforeCommit = "acknowledged-before-commit"
    /// What a transaction handed out is started when the transaction has run, before it is durable.
    case spawnedBeforeCommit = "spawned-before-commit"
    /// A crash undoes hand-outs that were durable, so that their numbers are given out once more.
    case attemptNumberReused = "attempt-number-reused"
    /// Nobody sees that a cancellation was accepted or a result sealed.
    case phaseIgnored = "phase-ignored"
    /// Lanes are filled by a transaction of their own after an attempt ended.
    case filledOutsideTransaction = "filled-outside-transaction"
    /// The next task is chosen by the wall clock.
    case wallClockDecision = "wall-clock-decision"
    /// A start does not end the processes that the last run left behind.
    case survivorsKept = "survivors-kept"
    /// The end of an attempt is recorded while processes that its agent left behind still run.
    case sweepSkipped = "sweep-skipped"
    /// Lanes are filled while a start puts attempts in order, and nobody runs what they take.
    case recoveryHandsOut = "recovery-hands-out"
    /// As before, and it is run; but the projects' slot limits are not known yet.
    case limitsUnknownAtStart = "limits-unknown-at-start"
    /// Lanes are filled although the device stops.
    case stopHandsOut = "stop-hands-out"
    /// Waiting tasks that could not be given to the lanes when the device started are not tried again.
    case firstFillNotRepeated = "first-fill-not-repeated"
    /// A wish to end an attempt that was handed out and is not told to run yet is dropped.
    case earlyStopForgotten = "early-stop-forgotten"
    /// A branch is written although the result was not sealed.
    case publishedUnsealed = "published-unsealed"
    /// The workspace is removed before the end of the attempt is recorded, so that a crash in between hides its work.
    case cleanedBeforeRecord = "cleaned-before-record"

    var meaning: String {
        switch self {
        case .attemptCheckDropped: "a report of an old attempt is applied to the current one"
        case .acknowledgedBeforeCommit: "people are answered before the commit is durable"
        case .spawnedBeforeCommit: "agents are started before the hand-out is durable"
        case .attemptNumberReused: "a crash gives attempt numbers back"
        case .phaseIgnored: "a cancelled task may complete, a sealed one be cancelled"
        case .filledOutsideTransaction: "a free lane gets its next task in a later transaction"
        case .wallClockDecision: "the next task is chosen by the wall clock"
        case .survivorsKept: "a start leaves old agents running"
        case .sweepSkipped: "an attempt ends before its processes have"
        case .recoveryHandsOut: "what lanes take during recovery is run by nobody"
        case .limitsUnknownAtStart: "lanes are filled during recovery, before slot limits are known"
        case .stopHandsOut: "a stopping device hands out tasks"
        case .firstFillNotRepeated: "a start that meets a full disk leaves lanes empty"
        case .earlyStopForgotten: "a cancellation that overtakes the hand-out is dropped"
        case .publishedUnsealed: "a branch is written for a result that was not sealed"
        case .cleanedBeforeRecord: "a crash makes the record forget work that is kept"
        }
    }
}
