import OffloadDomain
import OffloadTesting

/// A target at work.
extension Fleet {
    /// - Returns: nil when it was refused; nothing was changed then.
    private mutating func transact<Value>(
        _ target: Int, _ body: (inout any LedgerTransaction) throws -> Value, then effects: (Value) -> [FleetEffect]
    ) throws(Violation) -> Value? {
        statistics[.transactions] += 1
        guard let value = try? targets[target].store.transact(body, then: effects) else { return nil }
        if fault == .spawnedBeforeCommit { try perform(targets[target].store.takeEffects(), target) }
        return value
    }

    mutating func commit(_ target: Int) throws(Violation) {
        guard targets[target].isUp else { return }
        try perform(targets[target].store.commit(isFlushed: true), target)
        statistics[.commits] += 1
    }

    private mutating func perform(_ effects: [FleetEffect], _ target: Int) throws(Violation) {
        for effect in effects {
            switch effect {
            case .start(let orders):
                for order in orders {
                    var execution = FleetTarget.Execution(key: order.key)
                    execution.isStopped = targets[target].earlyStops.contains(order.key)
                    targets[target].earlyStops.removeAll { $0 == order.key }
                    targets[target].executions.append(execution)
                }
            case .forgotten(let messages): try checkForgotten(messages)
            case .answer, .queued, .cancelled, .lease: break
            }
        }
    }

    /// Whoever forgets a report must know that it is durable on the source, or that nobody wants it.
    private func checkForgotten(_ messages: [OutboxMessage]) throws(Violation) {
        for message in messages {
            let cursor = (try? source.durable.handover(message.key))?.cursor ?? 0
            try require(
                cursor >= message.sequence, .durableFirst,
                "report \(message.sequence) of \(message.key) is forgotten, and the source has not stored it")
        }
    }

    mutating func crash(_ target: Int) {
        guard targets[target].isUp else { return }
        statistics[.crashes] += 1
        if !targets[target].processes.isEmpty { statistics[.crashesWithAgents] += 1 }
        tell("target \(target) crashes")
        targets[target].crash()
    }

    /// Ends what the last run left behind, then what it left unfinished.
    mutating func start(_ target: Int) throws(Violation) {
        targets[target].isUp = true
        targets[target].starts += 1
        targets[target].processes = []
        tell("target \(target) starts")
        let (attempts, now) = (targets[target].attempts, now)
        var started: [HandedOut] = []
        var closed = ProjectSlots()
        closed.isOpen = false
        for attempt in targets[target].store.durable.attemptRows.all where !attempt.hasEnded {
            _ = try transact(target) { [closed] transaction in
                try attempts.end(
                    attempt.key, .interrupted(orderly: false), report: RunReport(), result: nil, limits: closed,
                    at: now,
                    in: &transaction)
            } then: { _ in
                []
            }
            statistics[.interrupted] += 1
        }
        started =
            try transact(target) {
                try attempts.lanes.fill(&$0, limits: ProjectSlots(), at: now)
            } then: {
                [.start($0)]
            } ?? []
        _ = started
    }

    // MARK: - Requests

    mutating func pull(_ target: Int) throws(Violation) {
        guard targets[target].isUp, targets[target].waitingFor.count < 3 else { return }
        let state = targets[target].store.durable
        let held = state.taskRows.all.count { $0.state.holding != nil || $0.state == .pending }
        let slots = targets[target].slots - held
        guard slots > 0 else { return }
        targets[target].waitingFor.insert(send(.pull(slots: slots), target))
    }

    mutating func report(_ target: Int) throws(Violation) {
        guard targets[target].isUp, targets[target].waitingFor.count < 3 else { return }
        let pair = targets[target].pair.id
        let waiting = targets[target].store.durable.outbox.prefix(random.within(1...4))
        guard !waiting.isEmpty else { return try deliverLogs(target) }
        let messages = waiting.map {
            OutboxMessage(position: $0.position, key: $0.report.key, sequence: $0.report.sequence, payload: [])
        }
        targets[target].waitingFor.insert(send(.report(messages, waiting.map(\.report), named: pair), target))
        guard fault == .outboxEmptiedEarly else { return }
        _ = try transact(target) {
            try $0.removeFromOutbox(messages)
        } then: {
            [.forgotten(messages)]
        }
    }

    /// What is over and reported has its log on the source too.
    private mutating func deliverLogs(_ target: Int) throws(Violation) {
        let inbox = targets[target].inbox
        for entry in targets[target].store.durable.inboxRows.all where entry.state == .over {
            _ = try transact(target) {
                try inbox.delivered(entry.key, in: &$0)
            } then: {
                []
            }
        }
    }

    mutating func beat(_ target: Int) throws(Violation) {
        guard targets[target].isUp, targets[target].waitingFor.count < 3 else { return }
        let held = targets[target].store.durable.inboxRows.all.filter { $0.state == .held }.map(\.key)
        targets[target].waitingFor.insert(send(.heartbeat(held), target))
    }

    mutating func receive(_ parcel: FleetParcel) throws(Violation) {
        let target = parcel.target
        guard targets[target].isUp, targets[target].starts == parcel.start,
            targets[target].waitingFor.remove(parcel.number) != nil
        else { return }
        switch parcel.content {
        case .offers(let offers): for offer in offers { try accept(offer, target) }
        case .acknowledgements(let messages, let answers): try settle(messages, answers, target)
        case .wishes(let wishes):
            let (inbox, now) = (targets[target].inbox, now)
            for key in wishes.cancel {
                let running = try transact(target) {
                    try inbox.cancel(key, at: now, in: &$0)
                } then: { _ in
                    []
                }
                if case .some(.some(let running)) = running { targets[target].stop(running) }
            }
            for key in wishes.stale where targets[target].store.written.inboxRows[key]?.state == .held {
                try drop(key, target)
            }
        case .pull, .report, .heartbeat: break
        }
    }

    private mutating func accept(_ offer: Offer, _ target: Int) throws(Violation) {
        let (inbox, pair, identifiers, now) = (targets[target].inbox, targets[target].pair, identifiers, now)
        let acceptance = try transact(target) { transaction in
            try inbox.accept(
                offer, as: try InboxDecisions.fileName(for: offer, in: pair.projectID, transaction), through: pair,
                identifiers: identifiers, limits: ProjectSlots(), at: now, in: &transaction)
        } then: { acceptance -> [FleetEffect] in
            guard case .accepted(_, let started) = acceptance else { return [] }
            return [.start(started)]
        }
        switch acceptance {
        case .accepted: statistics[.accepted] += 1
        case .busy(let running): targets[target].stop(running)
        case .known, .foreign, nil: break
        }
    }

    private mutating func settle(
        _ messages: [OutboxMessage], _ answers: [Acknowledgement], _ target: Int
    ) throws(Violation) {
        let inbox = targets[target].inbox
        // A forged report is in no outbox.
        let accepted = zip(messages, answers).filter { $0.1 == .accepted && $0.0.position > 0 }.map(\.0)
        _ = try transact(target) {
            try inbox.acknowledged(accepted, in: &$0)
        } then: {
            [.forgotten(accepted)]
        }
        for (message, answer) in zip(messages, answers) where message.position > 0 && answer == .stale {
            try drop(message.key, target)
        }
    }

    private mutating func drop(_ key: AttemptKey, _ target: Int) throws(Violation) {
        let (inbox, now) = (targets[target].inbox, now)
        let running = try transact(target) {
            try inbox.drop(key, at: now, in: &$0)
        } then: { _ in
            []
        }
        if case .some(.some(let running)) = running { targets[target].stop(running) }
    }

    // MARK: - Agents

    mutating func work(_ target: Int) throws(Violation) {
        guard targets[target].isUp, !targets[target].executions.isEmpty else { return }
        let index = random.below(targets[target].executions.count)
        let execution = targets[target].executions[index]
        let (attempts, now) = (targets[target].attempts, now)
        switch execution.stage {
        case .ready where execution.isStopped: try end(execution.key, .cancelled, target)
        case .ready:
            try history.spawning(execution.key, in: targets[target].store.durable)
            statistics[.agentsStarted] += 1
            targets[target].processes.append(execution.key)
            targets[target].executions[index].stage = .spawned
        case .spawned:
            targets[target].executions[index].stage = .started
            _ = try transact(target) {
                try attempts.agentStarted(execution.key, at: now, in: &$0)
            } then: { _ in
                []
            }
        case .started:
            guard execution.isStopped || random.happens(400) else { return }
            targets[target].processes.removeAll { $0 == execution.key }
            let outcome: Attempt.Outcome =
                execution.isStopped
                ? .cancelled : random.happens(700) ? .completed : .failed(Failure(.agent, "It did not work out."))
            targets[target].executions[index].stage = .quiet(outcome)
        case .quiet(let outcome): try end(execution.key, outcome, target)
        case .ending: targets[target].executions.remove(at: index)
        }
    }

    private mutating func end(_ key: AttemptKey, _ outcome: Attempt.Outcome, _ target: Int) throws(Violation) {
        let (attempts, now) = (targets[target].attempts, now)
        if let index = targets[target].executions.firstIndex(where: { $0.key == key }) {
            targets[target].executions[index].stage = .ending
        }
        _ = try transact(target) { transaction in
            try attempts.end(
                key, outcome, report: RunReport(), result: nil, limits: ProjectSlots(), at: now, in: &transaction)
        } then: {
            [.start($0)]
        }
        statistics[.attempts] += 1
        if outcome == .completed { statistics[.completed] += 1 }
    }
}
