/// What may happen to an attempt on the device that executes it.
/// Drawn from the code in `docs/state-machines.md`.
package struct AttemptMachine: Sendable, Equatable {
    package private(set) var attempt: Attempt

    package init(_ attempt: Attempt) { self.attempt = attempt }

    /// When the agent's process was started, if it was.
    package var startedAt: Timestamp? {
        switch attempt.state {
        case .starting: nil
        case .running(let startedAt): startedAt
        case .sealed(let ending), .ended(let ending): ending.startedAt
        }
    }

    /// - Parameter agent: its name, where it is known.
    /// - Returns: false when nothing changed.
    package mutating func agentStarted(_ agent: String? = nil, at time: Timestamp) -> Bool {
        guard case .starting = attempt.state else { return false }
        attempt.agent = agent
        attempt.state = .running(startedAt: time)
        return true
    }

    /// - Returns: false when nothing changed.
    package mutating func seal(report: RunReport, result: AttemptResult?, at time: Timestamp) -> Bool {
        guard case .running(let startedAt) = attempt.state else { return false }
        attempt.state = .sealed(
            Attempt.Ending(outcome: .completed, startedAt: startedAt, endedAt: time, report: report, result: result))
        return true
    }

    /// - Returns: how it ended; nil when it had ended before.
    package mutating func end(
        _ outcome: Attempt.Outcome, report: RunReport, result: AttemptResult?, at time: Timestamp
    ) -> Attempt.Ending? {
        if case .ended = attempt.state { return nil }
        var result = result
        // What was sealed is kept, whoever reports the end.
        if case .sealed(let sealed) = attempt.state { result = result ?? sealed.result }
        let ending = Attempt.Ending(
            outcome: outcome, startedAt: startedAt, endedAt: time, report: report, result: result)
        attempt.state = .ended(ending)
        return ending
    }
}
