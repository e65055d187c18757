package import OffloadDomain

/// Writes down what happens to attempts.
package struct AttemptRecorder: Sendable {
    private let context: EngineContext
    private let decisions: AttemptDecisions
    private let limits: SlotLimits

    package init(context: EngineContext, limits: SlotLimits) {
        self.context = context
        self.limits = limits
        decisions = AttemptDecisions(lanes: LaneFilling(slots: context.device.slots))
    }

    package func agentStarted(_ key: AttemptKey, agent: String) async throws {
        let now = context.clock.now()
        _ = try await context.ledger.change { [decisions] transaction in
            try decisions.agentStarted(key, agent: agent, at: now, in: &transaction)
        }
    }

    /// - Returns: whether a branch may be written now, or what else becomes of the attempt.
    package func seal(
        _ key: AttemptKey, report: RunReport, result: AttemptResult?
    ) async throws -> TaskMachine.Seal {
        let now = context.clock.now()
        return try await context.ledger.change { [decisions] transaction in
            try decisions.seal(key, report: report, result: result, at: now, in: &transaction)
        }
    }

    /// - Returns: what free lanes took in the same transaction.
    package func end(
        _ key: AttemptKey, _ outcome: Attempt.Outcome, report: RunReport, result: AttemptResult?
    ) async throws -> [HandedOut] {
        let now = context.clock.now()
        return try await context.ledger.change { [context, decisions, limits] transaction in
            let started = try decisions.end(
                key, outcome, report: report, result: result, limits: limits.current, at: now, in: &transaction)
            context.crashPoint.reached(.attemptBeforeEndRecorded)
            return started
        }
    }

    /// Fills free lanes when nothing else happened that would: after a start of the device.
    package func fill() async throws -> [HandedOut] {
        let now = context.clock.now()
        return try await context.ledger.change { [decisions, limits] transaction in
            try decisions.lanes.fill(&transaction, limits: limits.current, at: now)
        }
    }

    /// What to do about attempts that the last run of the device left unfinished, oldest first.
    package func unfinished() async throws -> [(Attempt, AttemptDecisions.Unfinished)] {
        try await context.ledger.read { [decisions] reader in
            try reader.unfinishedAttempts().compactMap { attempt in
                decisions.judge(attempt).map { (attempt, $0) }
            }
        }
    }
}
