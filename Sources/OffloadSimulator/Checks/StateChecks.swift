import OffloadDomain
import OffloadTesting

/// What must hold of every state of the ledger, whatever led to it.
struct StateChecks: Sendable {
    let ledger: LedgerState

    func run() throws(Violation) {
        try checkTasks()
        try checkAttempts()
    }

    private func checkTasks() throws(Violation) {
        var lanes: [BatchID] = []
        var ideas: [IdeaID] = []
        for task in ledger.taskRows.all where !task.state.status.isFinal {
            try require(!ideas.contains(task.ideaID), .lanes, "idea \(task.ideaID) has two open tasks")
            ideas.append(task.ideaID)
            guard let holding = task.state.holding else { continue }
            guard let lane = holding.batch else { throw Violation(.lanes, "task \(task.id) is held by no lane") }
            try require(!lanes.contains(lane), .lanes, "\(lane) holds two tasks")
            lanes.append(lane)
            guard let attempt = ledger.attemptRows[task.attemptKey] else {
                throw Violation(.attempts, "held task \(task.id) has no attempt \(task.attempt)")
            }
            try require(attempt.holder == holding.holder, .lanes, "\(attempt.key) is in \(attempt.holder)")
            try require(
                Self.fit(task.state, attempt.state), .order,
                "task \(task.id) is \(task.state.word) and its attempt is \(attempt.status.rawValue)")
        }
    }

    private static func fit(_ task: OffloadTask.State, _ attempt: Attempt.State) -> Bool {
        switch (task, attempt) {
        case (.synced(let holding), .starting): holding.phase != .sealed
        case (.running(let holding), .running): holding.phase != .sealed
        case (.running(let holding), .sealed): holding.phase == .sealed
        case (.synced, _), (.running, _), (.pending, _), (.claimed, _), (.completed, _), (.failed, _), (.cancelled, _):
            false
        }
    }

    private func checkAttempts() throws(Violation) {
        for attempt in ledger.attemptRows.all where !attempt.hasEnded {
            guard let task = ledger.taskRows[attempt.key.task] else {
                throw Violation(.attempts, "\(attempt.key) belongs to no task")
            }
            try require(
                task.attempt == attempt.key.number && task.state.holding != nil, .attempts,
                "\(attempt.key) has not ended and task \(task.id) is \(task.state.word) in attempt \(task.attempt)")
        }
    }

    /// No lane that takes tasks is free while a task waits that it could take.
    func checkNothingIsStuck(slots: Int, limits: ProjectSlots) throws(Violation) {
        let held = ledger.taskRows.all.filter { $0.state.holding != nil }
        try require(held.count <= slots, .lanes, "\(held.count) tasks are held by \(slots) lanes")
        let occupied = held.compactMap { $0.state.holding?.batch }
        let full = limits.full(held.map(\.projectID))
        for batch in ledger.batchRows.all
        where batch.state == .running && batch.id.number <= slots && !occupied.contains(batch.id) {
            guard let task = ledger.waiting(for: batch.id, excluding: full).first else { continue }
            throw Violation(.noStuckWork, "\(batch.id) is free and running while \(task.id) waits")
        }
    }
}
