/// A mistake that a simulated fleet is told to make. Each stands for a rule that is easily broken; a check that does not find it
/// is worth nothing.
enum FleetFault: String, Sendable, CaseIterable {
    /// A report is taken for one of the task's current attempt, whatever number it carries.
    case attemptCheckDropped = "attempt-check-dropped"
    /// The source answers when its transaction has run, before it is durable.
    case acknowledgedBeforeCommit = "acknowledged-before-commit"
    /// The target forgets a report when it has sent it.
    case outboxEmptiedEarly = "outbox-emptied-early"
    /// A report is applied whatever was applied before.
    case cursorIgnored = "cursor-ignored"
    /// Leases are judged by the wall clock.
    case leaseByWallClock = "lease-by-wall-clock"
    /// The target starts an agent when its transaction has run, before it is durable.
    case spawnedBeforeCommit = "spawned-before-commit"
    /// A crash of the source brings back what was durable some time ago, so that attempt numbers are given out again.
    case attemptNumberReused = "attempt-number-reused"
    /// Whose report it is, is believed of the report itself.
    case pairOfBodyTrusted = "pair-of-body-trusted"
    /// Commits are acknowledged and reach the disk some time later.
    case flushOmitted = "flush-omitted"

    var meaning: String {
        switch self {
        case .attemptCheckDropped: "a report of an old attempt is applied to the current one"
        case .acknowledgedBeforeCommit: "the source answers before the commit is durable"
        case .outboxEmptiedEarly: "the target forgets reports before they are acknowledged"
        case .cursorIgnored: "a report that comes again is applied again"
        case .leaseByWallClock: "leases are judged by the wall clock"
        case .spawnedBeforeCommit: "agents are started before the hand-out is durable"
        case .attemptNumberReused: "a source that is set back gives attempt numbers out again"
        case .pairOfBodyTrusted: "a report says itself whose it is"
        case .flushOmitted: "a power cut takes acknowledged commits back"
        }
    }
}
