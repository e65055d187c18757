package import OffloadDomain

/// Writes down what happens to attempts: loads, asks the machines, records the answer, all in one transaction.
package struct AttemptRecorder: Sendable {
    private let context: EngineContext
    private let lanes: LaneFilling

    package init(context: EngineContext, lanes: LaneFilling) {
        self.context = context
        self.lanes = lanes
    }

    /// Whether the attempt may still start an agent.
    package func mayStart(_ key: AttemptKey) async throws -> Bool {
        try await context.ledger.read { reader in
            guard let task = try reader.task(key.task), task.attempt == key.number else { return false }
            return task.state.holding?.phase == .working
        }
    }

    package func agentStarted(_ key: AttemptKey) async throws {
        let now = context.clock.now()
        try await context.ledger.change { transaction in
            guard let task = try transaction.task(key.task), let attempt = try transaction.attempt(key) else { return }
            var machine = TaskMachine(task)
            guard machine.agentStarted(key.number, at: now) == .applied else { return }
            var attemptMachine = AttemptMachine(attempt)
            guard attemptMachine.agentStarted(at: now) else { return }
            try transaction.update(machine.task, from: task)
            try transaction.update(attemptMachine.attempt)
            try transaction.record(.taskStarted(machine.task), at: now)
        }
    }

    /// - Returns: whether a branch may be written now; false means that the attempt is to be ended instead.
    package func seal(_ key: AttemptKey, report: RunReport, result: AttemptResult?) async throws -> Bool {
        let now = context.clock.now()
        return try await context.ledger.change { transaction in
            guard let task = try transaction.task(key.task), let attempt = try transaction.attempt(key) else {
                return false
            }
            var machine = TaskMachine(task)
            var attemptMachine = AttemptMachine(attempt)
            guard machine.seal(key.number, at: now) == .sealed else { return false }
            if attemptMachine.seal(report: report, result: result, at: now) {
                try transaction.update(machine.task, from: task)
                try transaction.update(attemptMachine.attempt)
            }
            return true
        }
    }

    /// Records the end of an attempt, and gives its lane the next task in the same transaction.
    /// - Returns: what was handed out.
    package func end(
        _ key: AttemptKey, _ outcome: Attempt.Outcome, report: RunReport, result: AttemptResult?
    ) async throws -> [HandedOut] {
        let now = context.clock.now()
        let crashPoint = context.crashPoint
        return try await context.ledger.change { [lanes] transaction in
            guard let task = try transaction.task(key.task), let attempt = try transaction.attempt(key) else {
                return []
            }
            var machine = TaskMachine(task)
            var attemptMachine = AttemptMachine(attempt)
            let counted: Attempt.Outcome
            switch machine.attemptEnded(key.number, outcome, at: now) {
            case .ended(let outcome): counted = outcome
            case .again: counted = outcome
            case .stale: return []
            }
            guard let ending = attemptMachine.end(counted, report: report, result: result, at: now) else { return [] }
            try transaction.update(machine.task, from: task)
            try transaction.update(attemptMachine.attempt)
            try transaction.record(Self.event(machine.task, ending), at: now)
            var batch = BatchMachine(try transaction.batch(attempt.batch))
            batch.taskEnded()
            try transaction.save(batch.batch)
            let started = try lanes.fill(&transaction, at: now)
            let next = started.first { $0.batch == attempt.batch }
            try transaction.record(.batchProgress(batch.batch, running: next?.key.task), at: now)
            crashPoint.reached(.attemptBeforeEndRecorded)
            return started
        }
    }

    private static func event(_ task: OffloadTask, _ ending: Attempt.Ending) -> BridgeEvent {
        switch task.state {
        case .completed: .taskCompleted(task, ending)
        case .failed(let failure): .taskFailed(task, failure, ending)
        case .cancelled: .taskCancelled(task, ending)
        case .pending, .synced, .running: .taskInterrupted(task)
        }
    }

    /// Fills free lanes when nothing else happened that would: after a start of the device.
    package func fill() async throws -> [HandedOut] {
        let now = context.clock.now()
        return try await context.ledger.change { [lanes] transaction in try lanes.fill(&transaction, at: now) }
    }
}
