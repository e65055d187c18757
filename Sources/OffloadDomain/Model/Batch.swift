/// A lane: one task at a time, in order.
package struct Batch: Sendable, Equatable {
    package enum State: String, Sendable, CaseIterable {
        /// Holds what was assigned and starts nothing. Next: running.
        case idle
        /// Starts the next waiting task whenever it is free. Next: paused, idle.
        case running
        /// Lets the running task finish and starts nothing new. Next: running, idle.
        case paused
    }

    package let id: BatchID
    package var state: State
    /// Tasks that ended in this lane since it was last started.
    package var finished: Int

    package init(id: BatchID, state: State = .idle, finished: Int = 0) {
        self.id = id
        self.state = state
        self.finished = finished
    }
}
