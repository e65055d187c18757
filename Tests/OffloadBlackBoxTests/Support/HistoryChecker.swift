/// Something that must not be found in any history.
struct Violation: Sendable, Equatable, CustomStringConvertible {
    enum Kind: String, Sendable, CaseIterable {
        case ideaWithoutTask = "a queued idea has no task"
        case ideaWithTwoTasks = "an idea has more than one task"
        case noState = "a task is in no state"
        case twoStates = "a task is in two states"
        case notOver = "a task is not over"
        case attemptsWithGap = "the attempts are not 1 to n"
        case secondStart = "an agent was started twice for one attempt"
        case unknownStart = "an agent was started for an attempt that no lane has"
        case completedWithoutStart = "an attempt is completed and no agent was started for it"
        case neverGiven = "a target has what its source never gave to that pair"
        case changedAfterEnd = "a task changed after the end of the attempt"
        case resultMissing = "a completed task has no result where it was done"
        case completedAfterCancel = "a task is completed although its cancellation was acknowledged"
        case reportUnsent = "a report has not arrived"
    }

    let kind: Kind
    /// Where, and of what.
    let subject: String

    var description: String { "\(kind.rawValue): \(subject)" }
}

/// What must hold of every history at rest, whatever happened to devices and networks before.
extension History {
    func violations() -> [Violation] {
        var found = ideas() + states(of: source, "source") + states(of: target, "target") + attempts() + agentStarts()
        found += takenOver() + endings(of: source, "source") + endings(of: target, "target") + results()
        found += source.tasks.filter { $0.status == "completed" && cancelled.contains($0.id) }
            .map { Violation(kind: .completedAfterCancel, subject: $0.id) }
        found += target.outbox.map { Violation(kind: .reportUnsent, subject: "\($0)") }
        return found
    }

    private func ideas() -> [Violation] {
        let tasks = Dictionary(grouping: source.tasks, by: \.idea)
        let missing = queued.filter { tasks[$0] == nil }.map { Violation(kind: .ideaWithoutTask, subject: $0) }
        return missing
            + tasks.filter { $0.value.count > 1 }.map { Violation(kind: .ideaWithTwoTasks, subject: $0.key) }
    }

    // MARK: - States

    /// A state stands in several rows, which must all mean the same.
    private func states(of device: Device, _ name: String) -> [Violation] {
        let attempts = Dictionary(grouping: device.attempts, by: \.name)
        var found = Dictionary(grouping: device.tasks, by: \.id).filter { $0.value.count > 1 }
            .map { Violation(kind: .twoStates, subject: "\($0.key) on the \(name), in two rows") }
        for task in device.tasks {
            let subject = "\(task.id) on the \(name): \(task.status)"
            guard ["pending", "synced", "running"].contains(task.status) || task.isOver else {
                found.append(Violation(kind: .noState, subject: subject))
                continue
            }
            if !task.isOver { found.append(Violation(kind: .notOver, subject: subject)) }
            if task.isOver != (task.isFinished == 1) || (task.isOver && task.holder != nil) {
                found.append(Violation(kind: .twoStates, subject: "\(subject), and held or without an end"))
            }
            let attempt = attempts[task.current]?.first?.status
            if !Self.agree(task.status, attempt) {
                found.append(Violation(kind: .twoStates, subject: "\(subject), attempt \(attempt ?? "missing")"))
            }
        }
        for handover in device.handovers where attempts[handover.name]?.first?.status != handover.status {
            let (one, other) = (handover.status ?? "nothing", attempts[handover.name]?.first?.status ?? "missing")
            found.append(
                Violation(kind: .twoStates, subject: "\(handover.name): hand-over \(one), attempt \(other)"))
        }
        return found
    }

    private static func agree(_ task: String, _ attempt: String?) -> Bool {
        switch task {
        case "completed": attempt == "completed"
        // A target leaves it to the source whether there is another attempt.
        case "failed": attempt == "failed" || attempt == "interrupted"
        // It may have been cancelled while it waited, before or between attempts.
        case "cancelled": attempt.map { !["starting", "running", "sealed"].contains($0) } ?? true
        default: true
        }
    }

    // MARK: - Attempts

    private func attempts() -> [Violation] {
        let attempts = Dictionary(grouping: source.attempts, by: \.task)
        return source.tasks.compactMap { task in
            let numbers = (attempts[task.id] ?? []).map(\.number).sorted()
            guard numbers != Array(1..<(task.attempt + 1)) else { return nil }
            return Violation(kind: .attemptsWithGap, subject: "\(task.id) at \(task.attempt): \(numbers)")
        }
    }

    private func agentStarts() -> [Violation] {
        let here = (source.attempts + target.attempts).filter { $0.lane != nil }
        let known = Set(here.map(\.name))
        let counts = starts.reduce(into: [:]) { $0[$1, default: 0] += 1 }
        let twice = counts.filter { $0.value > 1 }.map { Violation(kind: .secondStart, subject: "\($0.key)") }
        let unknown = counts.keys.filter { !known.contains($0) }
            .map { Violation(kind: .unknownStart, subject: "\($0)") }
        let never = here.filter { $0.status == "completed" && counts[$0.name] == nil }
            .map { Violation(kind: .completedWithoutStart, subject: "\($0.name)") }
        return twice + unknown + never
    }

    /// What the target took over, against what the source gave.
    private func takenOver() -> [Violation] {
        let given = Set(source.attempts.compactMap { attempt in attempt.pair.map { "\(attempt.name) \($0)" } })
        let taken = Set(target.inbox.map(\.name))
        let foreign = Set(target.tasks.filter { $0.origin != nil }.map(\.id))
        let strange = target.inbox.filter { !given.contains("\($0.name) \($0.pair)") }.map { "\($0.name)" }
        let untaken = target.attempts.filter { foreign.contains($0.task) && !taken.contains($0.name) }
            .map { "\($0.name)" }
        let alone = target.tasks.filter { task in
            foreign.contains(task.id)
                && !target.inbox.contains { $0.task == task.id && $0.pair == task.origin }
        }.map(\.id)
        return (strange + untaken + alone).map { Violation(kind: .neverGiven, subject: $0) }
    }

    // MARK: - Ends

    /// A task's events in their order: nothing happens to an attempt that has ended, nor to a task that is over, but that
    /// somebody queues it again. What the last one told is how it is.
    private func endings(of device: Device, _ name: String) -> [Violation] {
        let events = Dictionary(grouping: device.events, by: \.task)
        return device.tasks.flatMap { task -> [Violation] in
            var (found, isOver, closed): ([Violation], Bool, Int) = ([], false, 0)
            let story = events[task.id] ?? []
            for event in story {
                let isQueued = event.kind == "queued"
                // One that waits still carries the number of the attempt before.
                let speaksOfEnded = event.number <= closed && !isQueued && event.kind != "cancelled"
                if isOver ? !isQueued : speaksOfEnded {
                    found.append(
                        Violation(kind: .changedAfterEnd, subject: "\(task.id)/\(event.number) \(event.kind), \(name)"))
                }
                isOver = Ending.finals.contains(event.kind)
                if isOver || event.kind == "interrupted" { closed = max(closed, event.number) }
            }
            if task.isOver, story.last?.status != task.status || story.last?.number != task.attempt {
                found.append(
                    Violation(kind: .changedAfterEnd, subject: "\(task.current) \(task.status) in silence, \(name)"))
            }
            return found
        }
    }

    private func results() -> [Violation] {
        source.tasks.filter { $0.status == "completed" }.compactMap { task in
            let isAway = source.attempts.contains { $0.name == task.current && $0.pair != nil }
            let device = isAway ? target : source
            let attempt = device.attempts.first { $0.name == task.current && $0.lane != nil }
            let isKept = attempt.map { attempt in
                let refs = ["refs/offload/\(attempt.name)"] + (attempt.branch.map { ["refs/heads/\($0)"] } ?? [])
                return attempt.status == "completed"
                    && (attempt.result == "commit"
                        ? attempt.branch != nil && refs.allSatisfy(device.refs.contains) : attempt.result != nil)
            }
            return isKept == true ? nil : Violation(kind: .resultMissing, subject: "\(task.current)")
        }
    }
}
