import OffloadDomain
import OffloadTesting

/// Judges one transaction by each of its writes.
struct TransactionAudit: Sendable {
    let command: LedgerCommand
    let answer: LedgerAnswer
    let before: LedgerState
    let after: LedgerState
    /// The projects' slot limits as anybody on this device has last read them.
    let limits: ProjectSlots
    /// How many lanes may take tasks now.
    let fillableSlots: Int

    private var changes: [LedgerChange] { after.changes }

    func run() throws(Violation) {
        try checkFence()
        for change in changes {
            switch change {
            case .task(let from, let to): try judge(from, to)
            case .attempt(let from, let to): try judge(from, to)
            case .project, .idea, .ideaRemoved, .requirement, .result, .batch, .event, .pruned: break
            }
        }
        try EventAudit(before: before, changes: changes).run()
        try checkHandOuts()
    }

    // MARK: - Reports

    private func checkFence() throws(Violation) {
        guard let key = command.report, !changes.isEmpty else { return }
        guard let task = before.taskRows[key.task], let attempt = before.attemptRows[key] else {
            throw Violation(.fence, "\(command) speaks of what is not there and changed \(changes.count) records")
        }
        try require(
            task.attempt == key.number, .fence,
            "\(command) changed \(changes.count) records although attempt \(task.attempt) is the current one")
        try require(!attempt.hasEnded, .idempotence, "\(command) changed \(changes.count) records of an ended attempt")
    }

    // MARK: - Tasks

    private func judge(_ from: OffloadTask?, _ to: OffloadTask) throws(Violation) {
        guard let from else {
            return try require(
                to.state == .pending && to.attempt == .none, .order, "task \(to.id) began as \(to.state.word)")
        }
        let isHandOut = from.state == .pending && to.state.holding != nil
        let step = "\(command) made \(from.id)/\(from.attempt) \(to.state.word) that was \(from.state.word)"
        try require(
            to.attempt == (isHandOut ? from.attempt.next : from.attempt), .attempts, "\(step), as attempt \(to.attempt)"
        )
        if let key = command.report, !isHandOut {
            try require(key.task == from.id, .fence, step)
        }
        switch (from.state, to.state) {
        case (.pending, .synced(let holding)):
            try require(holding.phase == .working, .order, step)
        case (.pending, .cancelled): break
        case (.synced(let old), .synced(let new)), (.running(let old), .running(let new)):
            try judge(old, new, step)
        case (.synced(let old), .running(let new)):
            try require(old == new, .order, step)
        case (.synced(let old), let end), (.running(let old), let end):
            try judge(endOf: old, end, step)
        case (.completed, .pending), (.failed, .pending), (.cancelled, .pending):
            guard case .retry(from.id) = command else { throw Violation(.finalStates, step) }
        case (.completed, _), (.failed, _), (.cancelled, _): throw Violation(.finalStates, step)
        case (.pending, _), (.claimed, _): throw Violation(.order, step)
        }
    }

    private func judge(
        _ old: OffloadTask.Holding, _ new: OffloadTask.Holding, _ step: String
    ) throws(Violation) {
        try require(old.holder == new.holder, .lanes, step)
        try require(old.phase != .sealed, .sealHolds, step)
        try require(old.phase != .cancelling, .cancelWins, step)
    }

    private func judge(
        endOf holding: OffloadTask.Holding, _ end: OffloadTask.State, _ step: String
    ) throws(Violation) {
        guard case .end = command else { throw Violation(.order, step) }
        switch holding.phase {
        case .working: try require(end != .cancelled, .truth, "\(step), which nobody asked for")
        case .cancelling: try require(end == .cancelled, .cancelWins, step)
        case .sealed: try require(end == .completed, .sealHolds, step)
        }
    }

    // MARK: - Attempts

    private func judge(_ from: Attempt?, _ to: Attempt) throws(Violation) {
        guard let from else {
            return try require(to.state == .starting, .order, "attempt \(to.key) began as \(to.status.rawValue)")
        }
        let step = "\(command) made \(to.key) \(to.status.rawValue) that was \(from.status.rawValue)"
        switch (from.state, to.state) {
        case (.starting, .running), (.running, .sealed), (.starting, .ended), (.running, .ended): break
        case (.sealed(let sealed), .ended(let ending)):
            try require(ending.outcome == .completed, .sealHolds, step)
            try require(sealed.result == nil || ending.result != nil, .sealHolds, "\(step), without its result")
        case (.starting, _), (.running, _), (.sealed, _): throw Violation(.order, step)
        case (.ended, _): throw Violation(.finalStates, step)
        }
    }

    // MARK: - Hand-outs

    private func checkHandOuts() throws(Violation) {
        var taken: [Attempt] = []
        for case .attempt(nil, let attempt) in changes { taken.append(attempt) }
        try require(
            taken.map(\.key) == answer.started.map(\.key), .noStuckWork,
            "\(command) handed out \(taken.map(\.key)) and told of \(answer.started.map(\.key))")
        for attempt in taken {
            guard let lane = attempt.holder.batch else { throw Violation(.lanes, "\(attempt.key) is in no lane") }
            try require(
                lane.number <= fillableSlots && after.batchRows[lane]?.state == .running, .lanes,
                "\(attempt.key) was given to \(lane), which takes nothing")
        }
        guard !taken.isEmpty else { return }
        let held = after.taskRows.all.filter { $0.state.holding != nil }
        for handedOut in answer.started {
            let project = handedOut.project.id
            var others = held.filter { $0.projectID == project }.map(\.projectID)
            if !others.isEmpty { others.removeLast() }
            try require(
                !limits.full(others).contains(project), .slotLimits,
                "\(handedOut.key) was handed out as one of \(others.count + 1) tasks of \(project)")
        }
    }
}
