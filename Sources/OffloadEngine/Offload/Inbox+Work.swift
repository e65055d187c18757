import Logging
package import OffloadDomain

/// The loops over one connection: each waits to be woken, and the end of one ends all.
extension Inbox {
    /// Reports in one request.
    private static let reportsAtOnce = 100

    package func work(
        through pair: JoinedPair, over connection: any SourceConnection, notices: AsyncStream<SourceNotice>
    ) async throws {
        let (pulls, reports, logs, results, soon) = (Wake(), Wake(), Wake(), Wake(), Wake())
        // Listened to before the loops look for the first time, so that nothing falls in between.
        let commits = context.ledger.commits()
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                for await events in commits {
                    if events.contains(where: Self.isEnd) { reports() } else { soon() }
                    if events.contains(where: Self.beginsOrEnds) { logs() }
                    if events.contains(where: Self.mayMakeRoom) { pulls() }
                }
            }
            group.addTask {
                for await _ in soon.calls {
                    try await Task.sleep(for: Self.patience)
                    reports()
                }
            }
            group.addTask {
                for await notice in notices {
                    switch notice {
                    case .work: pulls()
                    case .cancel(let key): try await cancel(key)
                    case .connected, .quiet, .revoked: break
                    }
                }
            }
            group.addTask {
                while true {
                    try await Task.sleep(for: interval)
                    pulls()
                }
            }
            group.addTask {
                // What was declined is told by a report, and nothing else tells of that.
                for await _ in pulls.calls where try await pull(through: pair, over: connection) { reports() }
            }
            group.addTask {
                // A result may be sent when the end of its attempt was reported.
                try await report(through: pair, over: connection, whenever: reports.calls) { results() }
            }
            group.addTask {
                try await ResultShipping(
                    inbox: self, transfer: self.results, pair: pair.id, connection: connection
                ).run(whenever: results.calls)
            }
            group.addTask {
                try await LogShipping(inbox: self, pair: pair.id, connection: connection).run(whenever: logs.calls)
            }
            for wake in [pulls, reports, logs, results] { wake() }
            defer { group.cancelAll() }
            try await group.next()
        }
    }

    private static let offerLifetime = Duration.seconds(20)

    /// What is not the end of something waits for so long: of a short task, all of it then goes in one request.
    private static let patience = Duration.milliseconds(20)

    private static func isEnd(_ event: RecordedEvent) -> Bool {
        ["task_completed", "task_failed", "task_cancelled"].contains(event.name)
    }

    private static func beginsOrEnds(_ event: RecordedEvent) -> Bool {
        event.name == "task_queued" || isEnd(event)
    }

    private static func mayMakeRoom(_ event: RecordedEvent) -> Bool {
        event.name == "batch_progress" || isEnd(event)
    }

    // MARK: - Tasks

    /// - Returns: whether something was declined.
    private func pull(through pair: JoinedPair, over connection: any SourceConnection) async throws -> Bool {
        let slots = try await freeSlots(for: pair)
        guard slots > 0, try await isReady(for: pair) else { return false }
        let began = ContinuousClock.now
        let offers = try await connection.pull(slots: slots)
        if !offers.isEmpty { context.crashPoint.reached(.inboxAfterPull) }
        var isAnyDeclined = false
        for offer in offers.prefix(slots) {
            // What waited for others to be prepared may belong to somebody else by now; what does not comes again.
            guard ContinuousClock.now - began < Self.offerLifetime else { break }
            do {
                if try await take(offer, through: pair, over: connection) == .declined { isAnyDeclined = true }
            } catch let error as OffloadError where error.kind == .stale || error.kind == .conflict {
                context.logger.notice("an offered task was not taken over: \(error.message)")
            }
        }
        return isAnyDeclined
    }

    // MARK: - Reports

    private func report(
        through pair: JoinedPair, over connection: any SourceConnection, whenever calls: AsyncStream<Void>,
        _ settled: () -> Void
    ) async throws {
        for await _ in calls {
            var isMore = true
            while isMore {
                let messages = try await context.ledger.read {
                    try $0.outbox(through: pair.id, limit: Self.reportsAtOnce)
                }
                guard !messages.isEmpty else { break }
                // What comes meanwhile wakes this loop again.
                isMore = messages.count == Self.reportsAtOnce
                context.crashPoint.reached(.reportBeforeSend)
                let answers = try await connection.report(messages)
                context.crashPoint.reached(.reportAfterAnswer)
                try await settle(messages, answers)
                settled()
                context.crashPoint.reached(.reportAfterRemoval)
            }
        }
    }

    private func settle(_ messages: [OutboxMessage], _ answers: [Acknowledgement]) async throws {
        let accepted = zip(messages, answers).filter { $0.1 == .accepted }.map(\.0)
        if !accepted.isEmpty {
            var silent: [AttemptKey] = []
            for message in accepted where try await logs.read(message.key, from: 0, limit: 1).total == 0 {
                silent.append(message.key)
            }
            try await context.ledger.change { [decisions, silent] transaction in
                try decisions.acknowledged(accepted, withoutLog: silent, in: &transaction)
            }
        }
        for (message, answer) in zip(messages, answers) {
            switch answer {
            case .accepted: break
            case .stale: try await drop(message.key, ifHeld: false)
            case .missing(let first):
                // Sent in order, so something before it was forgotten there: by a source that was set back in time.
                let isHere = messages.contains { $0.key == message.key && $0.sequence == first }
                if !isHere { try await drop(message.key, ifHeld: false) }
            }
        }
    }
}
