import OffloadDomain
import OffloadTesting

/// Facts that somebody outside of the device has seen. The device may forget in a crash; this does not.
///
/// The sets and dictionaries are only asked, never listed: nothing here depends on hashing.
struct History: Sendable {
    private var acknowledgedTasks: [TaskID] = []
    private var acknowledgedIdeas: [IdeaID] = []
    private var removedIdeas: Set<IdeaID> = []
    private var cancelledUpTo: [TaskID: AttemptNumber] = [:]
    private var handedOut: [TaskID: AttemptNumber] = [:]
    private var spawned: Set<AttemptKey> = []
    private var succeeded: Set<AttemptKey> = []
    /// Attempts whose work lies where the record should say it does.
    private var kept: Set<AttemptKey> = []
    private var cutOffs: [TaskID: Int] = [:]
    private var committed: Set<Int> = []
    private var applied: Set<Int> = []
    private var newestEvent: Int64 = 0
    /// The slot limits as any run of the device has last read them.
    var limits = ProjectSlots()

    // MARK: - What becomes durable

    mutating func committed(_ written: SimulatedStore.Written) throws(Violation) {
        committed.insert(written.submission.number)
        if case .refused = written.answer {} else { applied.insert(written.submission.number) }
        for change in written.changes {
            switch change {
            case .attempt(nil, let attempt): try granted(attempt.key)
            case .attempt(_, let attempt): try ended(attempt)
            case .event(let event, let position):
                try require(
                    position == newestEvent + 1, .events, "\(event.name) stands at \(position) behind \(newestEvent)")
                newestEvent = position
            case .task(_, let task):
                let count = cutOffs[task.id] ?? 0
                try require(
                    task.interruptions <= count, .truth,
                    "task \(task.id) counts \(task.interruptions) interruptions; the device went away \(count) times"
                )
            case .ideaRemoved(let idea): removedIdeas.insert(idea.id)
            case .project, .idea, .requirement, .result, .batch, .pruned: break
            }
        }
    }

    private mutating func granted(_ key: AttemptKey) throws(Violation) {
        let last = handedOut[key.task] ?? .none
        try require(key.number == last.next, .attempts, "\(key) was handed out after attempt \(last)")
        handedOut[key.task] = key.number
    }

    private func ended(_ attempt: Attempt) throws(Violation) {
        guard case .ended(let ending) = attempt.state else { return }
        try require(
            !kept.contains(attempt.key) || ending.result != nil, .truth,
            "work of \(attempt.key) is kept, and its record does not say so")
        guard ending.outcome == .completed else { return }
        try require(
            succeeded.contains(attempt.key), .truth, "\(attempt.key) counts as completed and did not succeed")
        try requireNotCancelled(attempt.key, "was completed")
    }

    /// Whether this submission did what it was to do, durably.
    func isApplied(_ number: Int) -> Bool { applied.contains(number) }

    // MARK: - What people are told

    mutating func acknowledged(_ written: SimulatedStore.Written, as answer: LedgerAnswer) throws(Violation) {
        if case .refused = answer { return }
        let submission = written.submission
        guard committed.contains(submission.number) else {
            throw Violation(.durableFirst, "\(submission.command) was answered before it was durable")
        }
        switch answer {
        case .ideas(let ideas): acknowledgedIdeas += ideas.map(\.id)
        case .assigned(let tasks, _, _):
            for task in tasks where !acknowledgedTasks.contains(task.id) { acknowledgedTasks.append(task.id) }
        case .cancelled(let task, let stop): cancelled(stop ?? task.attemptKey)
        case .steered(let steered):
            if let stop = steered.stop { cancelled(stop) }
        case .decided, .removed, .returned, .queued, .pruned, .start, .sealed, .handedOut, .refused: break
        }
    }

    private mutating func cancelled(_ key: AttemptKey) {
        cancelledUpTo[key.task] = max(cancelledUpTo[key.task] ?? .none, key.number)
    }

    func checkNothingIsLost(in durable: LedgerState) throws(Violation) {
        for id in acknowledgedTasks where durable.taskRows[id] == nil {
            throw Violation(.noLostTask, "task \(id) was acknowledged and is gone")
        }
        for id in acknowledgedIdeas where durable.ideaRows[id] == nil && !removedIdeas.contains(id) {
            throw Violation(.noLostTask, "idea \(id) was acknowledged and is gone")
        }
    }

    // MARK: - What agents do

    mutating func spawning(_ key: AttemptKey, durable: LedgerState) throws(Violation) {
        guard let attempt = durable.attemptRows[key] else {
            throw Violation(.startOnce, "an agent was started for \(key), of which nothing is durable")
        }
        try require(
            attempt.state == .starting, .startOnce,
            "an agent was started for \(key), which is \(attempt.status.rawValue)")
        try require(spawned.insert(key).inserted, .startOnce, "an agent was started for \(key) once more")
        try requireNotCancelled(key, "got an agent")
    }

    mutating func succeeded(_ key: AttemptKey) { succeeded.insert(key) }

    mutating func kept(_ key: AttemptKey) { kept.insert(key) }

    func publishing(_ key: AttemptKey, durable: LedgerState) throws(Violation) {
        try requireNotCancelled(key, "got a branch")
        guard let attempt = durable.attemptRows[key], case .sealed = attempt.state else {
            throw Violation(.sealHolds, "\(key) got a branch and is not sealed")
        }
        try require(kept.contains(key), .truth, "\(key) got a branch, and nothing of it was kept")
    }

    private func requireNotCancelled(_ key: AttemptKey, _ what: String) throws(Violation) {
        guard let cancelled = cancelledUpTo[key.task] else { return }
        try require(key.number > cancelled, .cancelWins, "\(key) \(what) after its cancellation was acknowledged")
    }

    /// The device dies while these tasks are held.
    mutating func cutOff(_ tasks: [OffloadTask]) {
        for task in tasks { cutOffs[task.id, default: 0] += 1 }
    }
}
