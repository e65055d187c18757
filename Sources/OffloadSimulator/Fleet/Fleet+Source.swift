import OffloadDomain
import OffloadTesting

/// The source at work.
extension Fleet {
    private var decisions: HandoverDecisions { HandoverDecisions() }
    private var queue: QueueDecisions { QueueDecisions(lanes: LaneFilling(slots: 0)) }

    /// Runs one transaction and judges what it did.
    /// - Returns: nil when it was refused; nothing was changed then.
    private mutating func transact<Value>(
        _ cause: FleetAudit.Cause, _ body: (inout any LedgerTransaction) throws -> Value,
        then effects: (Value) -> [FleetEffect]
    ) throws(Violation) -> Value? {
        statistics[.transactions] += 1
        let value: Value
        do {
            value = try source.transact(body, then: effects)
        } catch {
            statistics[.refusals] += 1
            return nil
        }
        try FleetAudit(cause: cause, changes: source.written.changes).check(history)
        if fault == .acknowledgedBeforeCommit { try perform(source.takeEffects()) }
        return value
    }

    mutating func commitSource() throws(Violation) {
        guard isSourceUp else { return }
        let isFlushed = fault != .flushOmitted || isCalm || random.happens(300)
        try perform(source.commit(isFlushed: isFlushed))
        statistics[.commits] += 1
    }

    private mutating func perform(_ effects: [FleetEffect]) throws(Violation) {
        for effect in effects {
            switch effect {
            case .answer(let parcel):
                network.append(parcel)
                guard case .acknowledgements(let messages, let answers) = parcel.content else { continue }
                for (message, answer) in zip(messages, answers) {
                    try history.answered(message, of: targets[parcel.target].pair.id, answer)
                }
            case .queued(let tasks): history.told(tasks)
            case .cancelled(let key): history.cancelled(key)
            case .lease(.claimed(let keys, let pair)):
                for key in keys { leases.claimed(key, by: pair, at: leaseTime) }
            case .lease(.heard(let key, let pair)): leases.heard(of: key, from: pair, at: leaseTime)
            case .lease(.ended(let key)): leases.ended(key)
            case .start, .forgotten: break
            }
        }
    }

    mutating func crashSource() {
        guard isSourceUp else { return }
        statistics[.crashes] += 1
        tell("the source crashes")
        source.crash(isSetBack: fault == .attemptNumberReused)
        isSourceUp = false
        leases = Leases()
    }

    mutating func startSource() {
        isSourceUp = true
        tell("the source starts")
        for task in source.durable.taskRows.all {
            switch task.state.holder {
            case .device(let pair):
                if case .claimed = task.state {
                    leases.claimed(task.attemptKey, by: pair, at: leaseTime)
                } else {
                    leases.heard(of: task.attemptKey, from: pair, at: leaseTime)
                }
            case .batch, nil: break
            }
        }
    }

    // MARK: - People

    mutating func actAsPerson() throws(Violation) {
        guard isSourceUp else { return }
        let tasks = source.durable.taskRows.all
        switch random.below(10) {
        case 0..<6: try queueIdeas()
        case 6..<8:
            guard let task = random.pick(tasks) else { return }
            statistics[.cancelRequests] += 1
            let (queue, now) = (queue, now)
            _ = try transact(.person) { transaction in
                try queue.cancel(task.id, at: now, in: &transaction).task
            } then: {
                [.cancelled($0.attemptKey)]
            }
        case 8:
            guard let task = random.pick(tasks), task.state.status.isFinal else { return }
            statistics[.retries] += 1
            let (queue, now) = (queue, now)
            let done = try transact(.retry(task.id)) { transaction in
                try queue.retry(task.id, limits: ProjectSlots(), at: now, in: &transaction).task
            } then: { _ in
                []
            }
            if done != nil { history.retried(task.id) }
        default:
            guard let task = tasks.first(where: { leases.isUnreachable($0.attemptKey) }) else { return }
            try takeBack(.lost(task.attemptKey))
        }
    }

    private mutating func queueIdeas() throws(Violation) {
        let now = now
        let ideas = (0..<random.within(1...3)).map { _ in
            Idea(
                id: self.identifiers.make(IdeaID.self), projectID: project.id, title: "Idea", description: "",
                status: .accepted, priority: random.pick([0, 0, 1]) ?? 0, createdAt: now, updatedAt: now)
        }
        statistics[.ideas] += ideas.count
        let pair = random.happens(300) ? random.pick(targets)?.pair.id : nil
        guard let template = try? RequirementTemplate("{{title}}") else { return }
        let plan = QueueDecisions.Plan.ready(project, .defaults, template, base: nil)
        let (queue, identifiers) = (queue, identifiers)
        _ = try transact(.person) { transaction in
            try ideas.map { idea in
                try transaction.insert(idea)
                return try queue.take(
                    idea.id, for: .device(pair), plan: plan, identifiers: identifiers, at: now, in: &transaction
                ).task.id
            }
        } then: {
            [.queued($0)]
        }
        statistics[.tasks] += ideas.count
        tell("a person queues \(ideas.count) for \(pair?.rawValue ?? "any")")
    }

    // MARK: - Requests

    mutating func serve(_ parcel: FleetParcel) throws(Violation) {
        guard isSourceUp, let pair = source.written.devicePairRows[targets[parcel.target].pair.id] else { return }
        func answer(_ content: FleetParcel.Content) -> FleetEffect {
            .answer(FleetParcel(number: parcel.number, target: parcel.target, start: parcel.start, content: content))
        }
        switch parcel.content {
        case .pull(let slots):
            let (decisions, identifiers, now) = (decisions, identifiers, now)
            let offers = try transact(.claim(pair.id)) { transaction in
                try decisions.claim(by: pair, slots: slots, identifiers: identifiers, at: now, in: &transaction)
            } then: { offers in
                [.lease(.claimed(offers.map(\.key), pair.id)), answer(.offers(offers))]
            }
            tell("\(pair.id) pulls \(offers?.map(\.key) ?? [])")
        case .report(let messages, let reports, let named):
            try apply(messages, reports, named: named, from: pair, answer: answer)
        case .heartbeat(let keys):
            let wishes = renew(keys, from: pair.id)
            _ = try transact(.person) { _ in
                ()
            } then: {
                [answer(.wishes(wishes))]
            }
        case .offers, .acknowledgements, .wishes: break
        }
    }

    private mutating func apply(
        _ messages: [OutboxMessage], _ reports: [StatusReport], named: PairID, from pair: DevicePair,
        answer: (FleetParcel.Content) -> FleetEffect
    ) throws(Violation) {
        var answers: [Acknowledgement] = []
        for report in reports {
            let (decisions, now, fault) = (decisions, now, fault)
            let sender = fault == .pairOfBodyTrusted ? named : pair.id
            let given = try transact(.report(report.key, pair.id)) { transaction in
                try Self.apply(report, from: sender, decisions, fault, at: now, in: &transaction)
            } then: { answer in
                guard answer == .accepted else { return [] }
                if case .ended = report.change { return [.lease(.ended(report.key))] }
                return [.lease(.heard(report.key, pair.id))]
            }
            guard let given else { return }
            if given == .stale { statistics[.staleReports] += 1 }
            if given == .accepted, case .ended(.completed, _, _) = report.change { try checkTruth(of: report.key) }
            answers.append(given)
        }
        tell("\(pair.id) reports \(reports.map { "\($0.key)#\($0.sequence)" }): \(answers)")
        _ = try transact(.person) { _ in
            ()
        } then: {
            [answer(.acknowledgements(messages, answers))]
        }
    }

    private static func apply(
        _ report: StatusReport, from pair: PairID, _ decisions: HandoverDecisions, _ fault: FleetFault?,
        at now: Timestamp, in transaction: inout any LedgerTransaction
    ) throws -> Acknowledgement {
        switch fault {
        case .attemptCheckDropped:
            guard let task = try transaction.task(report.key.task), let holder = task.state.holder?.device,
                let cursor = try transaction.handover(task.attemptKey)?.cursor
            else { return .stale }
            let adapted = StatusReport(
                key: task.attemptKey, ideaID: report.ideaID, sequence: cursor + 1, change: report.change)
            return try decisions.apply(adapted, from: holder, at: now, in: &transaction)
        case .cursorIgnored:
            if var handover = try transaction.handover(report.key), handover.pairID == pair {
                handover.cursor = report.sequence - 1
                try transaction.update(handover)
            }
            return try decisions.apply(report, from: pair, at: now, in: &transaction)
        default:
            return try decisions.apply(report, from: pair, at: now, in: &transaction)
        }
    }

    /// What the source believes to be done was done.
    private func checkTruth(of key: AttemptKey) throws(Violation) {
        let isTrue = targets.contains { target in
            guard case .ended(let ending) = target.store.durable.attemptRows[key]?.state else { return false }
            return ending.outcome == .completed
        }
        try require(isTrue, .truth, "\(key) counts as completed, and no device has done it")
    }

    private mutating func renew(_ keys: [AttemptKey], from pair: PairID) -> AttemptWishes {
        var wishes = AttemptWishes()
        var current: [AttemptKey] = []
        for key in keys {
            guard let task = source.durable.taskRows[key.task], task.attempt == key.number,
                task.state.holder == .device(pair)
            else {
                wishes.stale.append(key)
                continue
            }
            current.append(key)
            if task.state.holding?.phase == .cancelling { wishes.cancel.append(key) }
        }
        leases.renewed(current, by: pair, at: leaseTime)
        return wishes
    }

    // MARK: - Leases

    mutating func lookAtLeases() throws(Violation) {
        guard isSourceUp else { return }
        for due in leases.look(at: leaseTime) { try takeBack(due) }
    }

    private mutating func takeBack(_ due: Leases.Due) throws(Violation) {
        let (decisions, now) = (decisions, now)
        tell("\(due)")
        switch due {
        case .unreachable: statistics[.unreachable] += 1
        case .claimExpired(let key):
            statistics[.expiredClaims] += 1
            _ = try transact(.lease(key)) {
                try decisions.expire(key, at: now, in: &$0)
            } then: { _ in
                [.lease(.ended(key))]
            }
        case .lost(let key):
            statistics[.lostLeases] += 1
            _ = try transact(.lease(key)) {
                try decisions.takeBack(key, orderly: false, at: now, in: &$0)
            } then: { _ in
                [.lease(.ended(key))]
            }
        }
    }
}
