import OffloadDomain
import OffloadTesting

/// The ledger's writer at work.
extension Simulation {
    @discardableResult
    mutating func submit(_ command: LedgerCommand, by caller: Caller) -> SimulatedStore.Submission {
        lastSubmission += 1
        let submission = SimulatedStore.Submission(number: lastSubmission, command: command, caller: caller, time: now)
        store.submit(submission)
        tell("\(caller.word) asks #\(submission.number): \(command)")
        return submission
    }

    mutating func runStore() throws(Violation) {
        if store.group.isEmpty {
            while let submission = store.takeNextWaiting() { try run(submission) }
            try answerBeforeCommit()
            guard random.happens(temperament.haste) else { return }
        }
        if !isCalm, random.happens(temperament.fullDisk) {
            store.fail(with: OffloadError(.device, "the disk is full"))
            statistics[.fullDisks] += 1
            tell("the commit fails: the disk is full")
            return
        }
        let group = store.commit()
        statistics[.commits] += 1
        tell("commits \(group.map(\.submission.number))")
        for written in group { try history.committed(written) }
        if random.happens(temperament.haste) {
            while !store.answers.isEmpty, device != nil { try deliverAnswer() }
        }
    }

    // MARK: - One transaction

    private mutating func run(_ submission: SimulatedStore.Submission) throws(Violation) {
        guard let device else { return }
        statistics[.transactions] += 1
        var before = store.written
        before.ledger.forgetChanges()
        let bodies = TransactionBodies(
            fillableSlots: device.isOpen ? device.slots : 0, limits: device.limits, identifiers: identifiers,
            fault: fault)
        var transaction = faulty(before.ledger)
        let written: SimulatedStore.Written
        var image = before
        do {
            let answer = try bodies.run(submission.command, at: submission.time, in: &transaction)
            image.ledger = Self.state(in: transaction) ?? before.ledger
            written = SimulatedStore.Written(submission: submission, answer: answer, changes: image.ledger.changes)
        } catch let error as OffloadError {
            written = SimulatedStore.Written(submission: submission, answer: .refused(error), changes: [])
        } catch {
            throw Violation(.truth, "\(submission.command) failed in an unknown way: \(error)")
        }
        if Self.fillsLanes(written) { image.limits = device.limits }
        tell("  runs #\(submission.number) \(submission.command): \(written.answer)")
        try check(written, from: before.ledger, to: image.ledger, fillableSlots: bodies.fillableSlots)
        count(written)
        store.add(written, leaving: image)
    }

    /// The ledger as the transaction sees it: with a fault in between, or on a disk that is nearly full.
    private mutating func faulty(_ ledger: LedgerState) -> any LedgerTransaction {
        var transaction: any LedgerTransaction = ledger
        switch fault {
        case .phaseIgnored: transaction = PhaseBlindTransaction(base: transaction)
        case .wallClockDecision: transaction = WallClockTransaction(base: transaction)
        default: break
        }
        if !isCalm, random.happens(temperament.fullDisk) {
            statistics[.fullDisks] += 1
            transaction = FullDiskTransaction(base: transaction, room: random.below(6))
        }
        return transaction
    }

    private static func state(in transaction: any LedgerTransaction) -> LedgerState? {
        if let state = transaction as? LedgerState { return state }
        return (transaction as? any ForwardingTransaction).flatMap { state(in: $0.base) }
    }

    private static func fillsLanes(_ written: SimulatedStore.Written) -> Bool {
        switch written.answer {
        case .assigned, .queued: true
        case .handedOut: !written.changes.isEmpty || written.submission.command.report == nil
        case .steered(let steered): steered.answer == .fill
        case .ideas, .decided, .removed, .returned, .cancelled, .pruned, .start, .sealed, .refused: false
        }
    }

    private func check(
        _ written: SimulatedStore.Written, from before: LedgerState, to after: LedgerState, fillableSlots: Int
    ) throws(Violation) {
        let command = written.submission.command
        if case .refused(let error) = written.answer {
            try require(error.kind != .stale, .fence, "\(command) ran into the store's fence: \(error.message)")
            return
        }
        try TransactionAudit(
            command: command, answer: written.answer, before: before, after: after, limits: history.limits,
            fillableSlots: fillableSlots
        ).run()
        if !written.changes.isEmpty { try StateChecks(ledger: after).run() }
        if case .messenger(let first) = written.submission.caller, history.isApplied(first) {
            try require(
                written.changes.isEmpty, .idempotence, "\(command) was applied as #\(first) and changed something again"
            )
            if case .sealed(let seal) = written.answer, let key = command.report,
                case .sealed = before.attemptRows[key]?.state
            {
                try require(seal == .sealed, .idempotence, "\(command) was answered with sealed, then with \(seal)")
            }
        }
    }

    private mutating func count(_ written: SimulatedStore.Written) {
        if case .refused = written.answer { statistics[.refusals] += 1 }
        if case .messenger = written.submission.caller, written.changes.isEmpty { statistics[.staleReports] += 1 }
        for change in written.changes {
            switch change {
            case .idea(nil, _): statistics[.ideas] += 1
            case .task(nil, _): statistics[.tasks] += 1
            case .attempt(nil, _): statistics[.attempts] += 1
            case .attempt(_, let attempt): count(attempt)
            case .project, .idea, .ideaRemoved, .requirement, .task, .result, .batch, .event, .pruned:
                break
            }
        }
    }

    private mutating func count(_ attempt: Attempt) {
        switch attempt.state {
        case .starting, .running: break
        case .sealed: statistics[.sealed] += 1
        case .ended(let ending):
            switch ending.outcome {
            case .completed: statistics[.completed] += 1
            case .failed: statistics[.failed] += 1
            case .cancelled: statistics[.cancelled] += 1
            case .interrupted(let orderly): statistics[orderly ? .interruptedByStop : .interrupted] += 1
            }
        }
    }

    // MARK: - Answers

    mutating func deliverAnswer() throws(Violation) {
        let written = store.takeAnswer(at: random.below(store.answers.count))
        try deliver(written)
    }

    private mutating func deliver(_ written: SimulatedStore.Written) throws(Violation) {
        tell("answers #\(written.submission.number)")
        switch written.submission.caller {
        case .person: try answerPerson(written, written.answer)
        case .returning(let lane, let answer): try continueReturning(to: lane, written, answer)
        case .attempt(let key): resume(key, with: written.answer)
        case .recovery: continueRecovery(with: written.answer)
        case .opening: continueOpening(with: written.answer)
        case .messenger, .mistake: break
        }
        if fault == .recoveryHandsOut, case .recovery = written.submission.caller { return }
        if fault == .stopHandsOut, device?.isStopping == true { return }
        if fault != .spawnedBeforeCommit { dispatch(written.answer.started) }
        if fault == .filledOutsideTransaction, case .end = written.submission.command {
            submit(.fill, by: .mistake)
        }
    }

    private mutating func answerBeforeCommit() throws(Violation) {
        switch fault {
        case .acknowledgedBeforeCommit:
            for written in store.answersBeforeCommit(where: \.isPerson) {
                try history.acknowledged(written, as: written.answer)
            }
        case .spawnedBeforeCommit:
            for written in store.answersBeforeCommit(where: { _ in true }) { dispatch(written.answer.started) }
        default: break
        }
    }
}
