import OffloadDomain

/// What must hold at each step of every history of a task, judged from outside: it sees the task before and after, and what
/// was asked and answered, and knows nothing of how the machine decides.
struct TaskInvariants {
    private var cancelledAttempts: Set<AttemptNumber> = []
    private var crashes = 0

    /// One step of a history.
    struct Step: CustomStringConvertible {
        let event: TaskEvent
        let number: AttemptNumber
        let before: OffloadTask
        let answer: TaskAnswer
        let after: OffloadTask
        let time: Timestamp

        var description: String {
            "\(TaskPlace(of: before)), attempt \(before.attempt) | \(event.rawValue) of \(number) | \(answer) → "
                + "\(TaskPlace(of: after)), attempt \(after.attempt)"
        }
    }

    /// - Returns: the first rule that the step breaks.
    mutating func violation(in step: Step) -> String? {
        let (before, after) = (step.before, step.after)
        count(step)
        if Self.identity(before) != Self.identity(after) { return "a task stays the same task" }
        if after != before, after.updatedAt != step.time { return "a change says when it was" }
        return fence(step) ?? attempts(step) ?? finality(step) ?? promises(step) ?? interruptions(step)
    }

    private mutating func count(_ step: Step) {
        switch (step.event, step.answer) {
        case (.retry, .waiting): crashes = 0
        case (.endedByCrash, .again), (.endedByCrash, .ended(.failed)): crashes += 1
        case (.cancel, .stop(let key)): cancelledAttempts.insert(key.number)
        default: break
        }
    }

    private func fence(_ step: Step) -> String? {
        guard step.event.carriesNumber, step.number != step.before.attempt else { return nil }
        if step.answer != .stale { return "a report of another attempt is stale" }
        return step.after == step.before ? nil : "a report of another attempt changes nothing"
    }

    private func attempts(_ step: Step) -> String? {
        guard case .handedOut(let key) = step.answer else {
            return step.after.attempt == step.before.attempt ? nil : "the number grows with a hand-out only"
        }
        if step.before.state != .pending { return "only a waiting task is handed out" }
        if step.after.attempt.value != step.before.attempt.value + 1 { return "the number grows by exactly one" }
        return key == step.after.attemptKey ? nil : "the hand-out names the new attempt"
    }

    private func finality(_ step: Step) -> String? {
        guard step.before.state.status.isFinal, step.event != .retry else { return nil }
        return step.after == step.before ? nil : "a final state absorbs everything but a retry"
    }

    private func promises(_ step: Step) -> String? {
        let (before, after) = (step.before.state, step.after.state)
        switch step.answer {
        case .stale, .repeated, .refused:
            if step.after != step.before { return "what is refused, stale or repeated changes nothing" }
        default: break
        }
        if after == .completed, before != .completed, cancelledAttempts.contains(step.before.attempt) {
            return "an attempt whose cancellation was promised is never completed"
        }
        guard before.holding?.phase == .sealed else { return nil }
        if after.holding?.phase == .sealed || after == .completed { return nil }
        return "what was sealed can only be completed"
    }

    private func interruptions(_ step: Step) -> String? {
        guard case .failed(let failure) = step.after.state, failure.kind == .interrupted,
            step.before.state != step.after.state
        else { return crashes > TaskMachine.interruptionsRepeated + 1 ? "a task is not repeated for ever" : nil }
        return crashes == TaskMachine.interruptionsRepeated + 1 ? nil : "only crashes use up a task"
    }

    private static func identity(_ task: OffloadTask) -> [String] {
        [
            task.id.rawValue, task.projectID.rawValue, task.ideaID.rawValue, task.requirementID.rawValue, task.title,
            String(task.priority), String(task.createdAt.milliseconds),
        ]
    }
}
