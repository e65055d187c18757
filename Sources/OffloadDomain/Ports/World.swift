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

/// The places on the way of a task, and of a pairing, at which crash tests end the process.
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
    case queueBeforeCommit = "queue.before_commit"
    case queueAfterCommit = "queue.after_commit"
    case claimBeforeCommit = "claim.before_commit"
    case claimAfterCommit = "claim.after_commit"
    case inboxAfterPull = "inbox.after_pull"
    case inboxAfterBase = "inbox.after_base"
    case inboxAfterFile = "inbox.after_file"
    case inboxBeforeAccept = "inbox.before_accept"
    case inboxAfterAccept = "inbox.after_accept"
    case reportBeforeSend = "report.before_send"
    case reportAfterAnswer = "report.after_answer"
    case reportAfterRemoval = "report.after_removal"
    case reportBeforeApply = "report.before_apply"
    case reportAfterApply = "report.after_apply"
    case logAfterSend = "log.after_send"
    case logAfterWrite = "log.after_write"
    case logAfterDelivery = "log.after_delivery"
    case resultAfterAnnounce = "result.after_announce"
    case resultAfterUpload = "result.after_upload"
    case resultAfterDelivery = "result.after_delivery"
    case resultBeforeImport = "result.before_import"
    case resultAfterImport = "result.after_import"
    case resultAfterBranch = "result.after_branch"
    case resultAfterRecord = "result.after_record"
    case mergeBeforeIntent = "merge.before_intent"
    case mergeAfterIntent = "merge.after_intent"
    case mergeAfterEffect = "merge.after_effect"
    case mergeAfterConfirm = "merge.after_confirm"
    case undoAfterEffect = "merge.after_undo"
    case leaseBeforeTakeBack = "lease.before_take_back"
    case leaseAfterTakeBack = "lease.after_take_back"
    case sourceAfterHello = "pairing.source_after_hello"
    case sourceAfterShare = "pairing.source_after_share"
    case sourceBeforeRecord = "pairing.source_before_record"
    case sourceAfterRecord = "pairing.source_after_record"
    case sourceBeforeActive = "pairing.source_before_active"
    case sourceAfterActive = "pairing.source_after_active"
    case targetAfterHello = "pairing.target_after_hello"
    case targetAfterShare = "pairing.target_after_share"
    case targetAfterConfirm = "pairing.target_after_confirm"
    case targetAfterRecord = "pairing.target_after_record"
    case targetBeforeActive = "pairing.target_before_active"
    case targetAfterActive = "pairing.target_after_active"

    /// What a place is on the way of.
    package enum Way: Sendable, Equatable {
        /// A task of this device's own, from assignment to result.
        case task
        case pairing
        /// A task that goes to another device: on the device that gives it, or on the one that takes it.
        case giving, taking
        /// A result, from its arrival into the project.
        case merging
    }

    package var way: Way {
        switch rawValue.prefix(while: { $0 != "." }) {
        case "pairing": .pairing
        case "queue", "claim", "lease": .giving
        case "inbox": .taking
        case "report": self == .reportBeforeApply || self == .reportAfterApply ? .giving : .taking
        case "log": self == .logAfterWrite ? .giving : .taking
        case "result":
            [.resultAfterAnnounce, .resultAfterUpload, .resultAfterDelivery].contains(self) ? .taking : .giving
        case "merge": .merging
        default: .task
        }
    }
}

/// The crash point of a program that nobody tests.
package struct NoCrashPoint: CrashPoint {
    package init() {}
    package func reached(_ place: CrashPlace) {}
}
