import OffloadDomain

/// Sends the logs of attempts to their source while they grow, and to their ends, also after a restart: where to go on is what
/// the source says.
struct LogShipping: Sendable {
    let inbox: Inbox
    let pair: PairID
    let connection: any SourceConnection

    /// So that a chatty agent costs a few requests a second, not one for each line.
    private static let pace = Duration.milliseconds(100)

    /// - Parameter calls: wakes it when attempts may have come or ended.
    func run(whenever calls: AsyncStream<Void>) async throws {
        try await withThrowingDiscardingTaskGroup { group in
            var shipments: [AttemptKey: Wake] = [:]
            var isFirst = true
            for await _ in calls {
                let entries = try await inbox.context.ledger.read { try $0.undelivered(through: pair) }
                for (key, wake) in shipments where !entries.contains(where: { $0.key == key }) {
                    wake.finish()
                    shipments[key] = nil
                }
                for entry in entries {
                    let wake = shipments[entry.key] ?? Wake()
                    if shipments[entry.key] == nil {
                        shipments[entry.key] = wake
                        // One that was over before this connection may be waited for by nothing else.
                        let isLeft = isFirst && entry.state == .over
                        group.addTask { try await ship(entry.key, isLeft: isLeft, whenever: wake) }
                    }
                    if entry.state == .over { wake.finish() }
                }
                isFirst = false
            }
        }
    }

    /// - Parameters:
    ///   - isLeft: whether it was left over from an earlier connection.
    ///   - wake: ends when the attempt has ended.
    private func ship(_ key: AttemptKey, isLeft: Bool, whenever wake: Wake) async throws {
        do {
            let isSent = try await withThrowingTaskGroup(of: Void.self) { group in
                let growth = inbox.logs.growth(of: key)
                group.addTask { for await _ in growth { wake() } }
                defer { group.cancelAll() }
                var next: Int64 = 0
                for await _ in wake.calls {
                    next = try await send(key, from: next, isEnded: false)
                    try await Task.sleep(for: Self.pace)
                }
                try Task.checkCancellation()
                // Of an attempt that wrote nothing the last report is the last word.
                let total = try await inbox.logs.read(key, from: next, limit: 1).total
                guard isLeft || total > 0 else { return false }
                // It may have been dropped meanwhile.
                guard try await inbox.context.ledger.read({ try $0.inboxEntry(key)?.state }) == .over else {
                    return false
                }
                _ = try await send(key, from: next, isEnded: true)
                return true
            }
            guard isSent else { return }
        } catch let error as OffloadError where error.kind == .stale {
            return try await inbox.drop(key, ifHeld: false)
        }
        try await inbox.context.ledger.change { [decisions = inbox.decisions] in try decisions.delivered(key, in: &$0) }
        inbox.context.crashPoint.reached(.logAfterDelivery)
    }

    /// - Returns: where to go on.
    private func send(_ key: AttemptKey, from start: Int64, isEnded: Bool) async throws -> Int64 {
        var next = start
        while true {
            let part = try await inbox.logs.read(key, from: next, limit: LogShipment.limit)
            let isWhole = part.nextOffset >= part.total
            guard !part.bytes.isEmpty || (isEnded && isWhole) else { return next }
            let current = inbox.progress.current(key.task)
            let shipment = LogShipment(
                key: key, offset: part.offset, bytes: part.bytes, action: current?.action, tokens: current?.tokens,
                isLast: isEnded && isWhole)
            next = max(try await connection.send(shipment), part.nextOffset)
            inbox.context.crashPoint.reached(.logAfterSend)
            if isWhole { return next }
        }
    }
}
