import Logging
package import OffloadDomain

/// The source's side of results that come from other devices: says what it wants, keeps what comes until it is whole, and takes it
/// over.
package actor ResultIntake {
    private let context: EngineContext
    private let transfer: any ResultTransfer
    private let integration: any ResultIntegration
    private let decisions = ResultDecisions()
    /// What was announced and has not come whole.
    private var announced: [AttemptKey: ResultAnnouncement] = [:]
    /// What is being looked at; whoever asks meanwhile waits for the same.
    private var adopting: [AttemptKey: Task<ResultReceipt, any Error>] = [:]

    /// The most bytes in one part.
    package static let partLimit = 4 * 1024 * 1024

    package init(context: EngineContext, transfer: any ResultTransfer, integration: any ResultIntegration) {
        self.context = context
        self.transfer = transfer
        self.integration = integration
    }

    /// The pair's device has a result.
    /// - Throws: `OffloadError` of kind `stale` when the attempt was never its own, `conflict` when the report of the attempt's
    ///   end has not come yet.
    package func announce(_ announcement: ResultAnnouncement, from pair: PairID) async throws -> ResultReceipt {
        let key = announcement.key
        guard try await wanted(key, from: pair) != nil else {
            announced[key] = nil
            // It may have been thrown away while it came.
            if adopting[key] == nil { await transfer.forget(key) }
            return .done
        }
        announced[key] = announcement
        let received = transfer.received(of: key)
        if received > announcement.size {
            await transfer.forget(key)
            return .wanted(from: 0)
        }
        return received == announcement.size ? try await adopt(announcement) : .wanted(from: received)
    }

    /// A part of an announced result.
    /// - Throws: `OffloadError` of kind `conflict` when it has to be announced first.
    package func take(
        _ bytes: [UInt8], at offset: Int64, of key: AttemptKey, from pair: PairID
    ) async throws -> ResultReceipt {
        guard try await wanted(key, from: pair) != nil else {
            announced[key] = nil
            return .done
        }
        guard let announcement = announced[key] else {
            throw OffloadError(.conflict, "the result of attempt \(key) has to be announced first")
        }
        guard offset + Int64(bytes.count) <= announcement.size else {
            throw OffloadError(.tooLarge, "more came than was announced")
        }
        let received = try transfer.take(bytes, at: offset, of: key)
        return received == announcement.size ? try await adopt(announcement) : .wanted(from: received)
    }

    private func wanted(_ key: AttemptKey, from pair: PairID) async throws -> TaskResult? {
        let wanted = try await context.ledger.read { [decisions] in try decisions.isWanted(key, from: pair, in: $0) }
        switch wanted {
        case .yes(let result): return result
        case .no: return nil
        case .later: throw OffloadError(.conflict, "the end of attempt \(key) has to be reported first")
        }
    }

    // MARK: - Taking over

    private func adopt(_ announcement: ResultAnnouncement) async throws -> ResultReceipt {
        let key = announcement.key
        if let task = adopting[key] { return try await task.value }
        let task = Task { try await takeOver(announcement) }
        adopting[key] = task
        defer { adopting[key] = nil }
        let receipt = try await task.value
        if receipt == .done { announced[key] = nil }
        return receipt
    }

    private nonisolated func takeOver(_ announcement: ResultAnnouncement) async throws -> ResultReceipt {
        let key = announcement.key
        let found = try await context.ledger.read { reader -> (TaskResult, Project, CommitHash?)? in
            guard let result = try reader.result(key), let project = try reader.project(result.projectID),
                let task = try reader.task(key.task)
            else { return nil }
            return (result, project, try reader.requirement(task.requirementID)?.base)
        }
        guard let (result, project, base) = found else { return .done }
        do {
            if case .commit(_, let origin) = announcement.content, origin != base {
                throw OffloadError(.unprocessable, "the result was made on another commit than the one given out")
            }
            context.crashPoint.reached(.resultBeforeImport)
            let arrival = try await transfer.adopt(announcement, of: project)
            context.crashPoint.reached(.resultAfterImport)
            try await record(arrival, of: result, in: project)
            return .done
        } catch let error as OffloadError where error.kind == .conflict {
            return .wanted(from: transfer.received(of: key))
        } catch let error as OffloadError where error.kind == .unprocessable || error.kind == .tooLarge {
            context.logger.warning("\(error.message)", metadata: ["attempt": "\(key)"])
            let now = context.clock.now()
            _ = try await context.ledger.change { [decisions] transaction in
                try decisions.refused(key, because: error.message, at: now, in: &transaction)
            }
            await transfer.forget(key)
            return .done
        }
    }

    /// The branch is written first: whoever hears of the result finds it.
    private nonisolated func record(
        _ arrival: ResultMachine.Arrival, of result: TaskResult, in project: Project
    ) async throws {
        var (arrival, known) = (arrival, result)
        known.storage = arrival.storage
        do {
            arrival.branch = try await integration.publish(known, of: project)
        } catch let error as OffloadError {
            arrival.notes.append("no branch was written: \(error.message)")
        }
        context.crashPoint.reached(.resultAfterBranch)
        let now = context.clock.now()
        _ = try await context.ledger.change { [decisions, arrival] transaction in
            try decisions.arrived(result.key, arrival, at: now, in: &transaction)
        }
        context.crashPoint.reached(.resultAfterRecord)
    }
}
