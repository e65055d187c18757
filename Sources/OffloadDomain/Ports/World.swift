/// The wall clock, for display only.
package protocol WallClock: Sendable {
    func now() -> Timestamp
}

/// Where new ids come from.
package protocol IdentifierSource: Sendable {
    func make<ID: Identifier>(_ type: ID.Type) -> ID
}

/// A named place at which a test may end the process (`OFFLOAD_CRASH_AT=<name>[#k]`); otherwise it does nothing.
package protocol CrashPoint: Sendable {
    func reached(_ place: CrashPlace)
}

/// The places on a task's way at which the crash test ends the process.
package enum CrashPlace: String, Sendable, CaseIterable {
    case assignBeforeCommit = "assign.before_commit"
    case assignAfterCommit = "assign.after_commit"
    case attemptBeforeWorkspace = "attempt.before_workspace"
    case attemptAfterWorkspace = "attempt.after_workspace"
    case attemptBeforeSetup = "attempt.before_setup"
    case attemptBeforeSpawn = "attempt.before_spawn"
    case attemptAfterSpawn = "attempt.after_spawn"
    case attemptAfterRunningRecorded = "attempt.after_running_recorded"
    case attemptAfterAgentEnded = "attempt.after_agent_ended"
    case attemptAfterSweep = "attempt.after_sweep"
    case attemptAfterCheck = "attempt.after_check"
    case attemptBeforeSnapshot = "attempt.before_snapshot"
    case attemptAfterSnapshot = "attempt.after_snapshot"
    case attemptAfterBranch = "attempt.after_branch"
    case attemptBeforeEndRecorded = "attempt.before_end_recorded"
    case attemptAfterEndRecorded = "attempt.after_end_recorded"
    case attemptAfterCleanup = "attempt.after_cleanup"
    case storeBeforeCommit = "store.before_commit"
    case storeAfterCommit = "store.after_commit"
    case recoveryBeforeSweep = "recovery.before_sweep"
    case recoveryAfterSweep = "recovery.after_sweep"
    case recoveryAfterCommit = "recovery.after_commit"
}

/// The crash point of a program that nobody tests.
package struct NoCrashPoint: CrashPoint {
    package init() {}
    package func reached(_ place: CrashPlace) {}
}
