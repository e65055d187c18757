/// What a person may do with a lane.
/// Drawn from the code in `docs/state-machines.md`.
package struct BatchMachine: Sendable, Equatable {
    package private(set) var batch: Batch

    package enum Action: String, Sendable, CaseIterable {
        case start, pause, resume, stop
    }

    package enum Answer: Sendable, Equatable {
        /// The lane may take tasks now.
        case fill
        /// The lane takes nothing new.
        case hold
        /// The running task is to be cancelled and what waits for this lane goes back to the backlog.
        case empty
        /// The action makes no sense now; the text says why.
        case refused(String)
    }

    package init(_ batch: Batch) { self.batch = batch }

    /// Doing again what was done already is answered like the first time.
    package mutating func apply(_ action: Action) -> Answer {
        switch (action, batch.state) {
        case (.start, .idle):
            batch.state = .running
            batch.finished = 0
            return .fill
        case (.start, .running), (.start, .paused), (.resume, .running), (.resume, .paused):
            batch.state = .running
            return .fill
        case (.resume, .idle):
            return .refused("\(batch.id) is not paused; start it")
        case (.pause, .running), (.pause, .paused):
            batch.state = .paused
            return .hold
        case (.pause, .idle):
            return .refused("\(batch.id) is not running")
        case (.stop, .idle), (.stop, .running), (.stop, .paused):
            batch.state = .idle
            return .empty
        }
    }

    package mutating func taskEnded() { batch.finished += 1 }
}
