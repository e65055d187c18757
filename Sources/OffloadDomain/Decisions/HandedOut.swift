/// A task that a lane has just taken, with everything that its attempt needs to know. It is committed together with the
/// change that made room or brought the work.
package struct HandedOut: Sendable, Equatable {
    package let key: AttemptKey
    package let batch: BatchID
    package let project: Project
    package let requirement: Requirement
    package let title: String
    package let ideaCheck: String?
    /// The pair through which the task came; nil for this device's own.
    package let origin: PairID?
}
