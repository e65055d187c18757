import Logging
import OffloadDomain

/// Sends the results of completed attempts to their source, also after a restart: where to go on is what the source says.
struct ResultShipping: Sendable {
    let inbox: Inbox
    let transfer: any ResultTransfer
    let pair: PairID
    let connection: any SourceConnection

    private static let atOnce = 100
    private static let partLimit = 1024 * 1024
    /// How often a result is sent anew that arrived as something else.
    private static let tries = 3

    /// - Parameter calls: wakes it when results may have come.
    func run(whenever calls: AsyncStream<Void>) async throws {
        for await _ in calls {
            var later: Set<AttemptKey> = []
            while true {
                let owed = try await inbox.context.ledger.read { [later] reader in
                    try reader.owed(through: pair, limit: Self.atOnce + later.count).filter { !later.contains($0.key) }
                }
                guard !owed.isEmpty else { break }
                for entry in owed where try await !ship(entry) { later.insert(entry.key) }
            }
        }
    }

    /// - Returns: false when the source is to be told something else first.
    private func ship(_ entry: InboxEntry) async throws -> Bool {
        do {
            if let (work, project) = try await work(entry.key) {
                let packed = try await transfer.pack(entry.key, work.content, of: project)
                do {
                    try await send(packed, work.announcement(entry.key, packed), entry)
                    await packed.pack.discard()
                } catch {
                    await packed.pack.discard()
                    throw error
                }
            }
        } catch let error as OffloadError where error.kind == .conflict {
            inbox.context.logger.info("a result is sent later: \(error.message)", metadata: ["attempt": "\(entry.key)"])
            return false
        } catch let error as OffloadError where error.kind == .stale || error.kind == .notFound {
            inbox.context.logger.notice(
                "a result is not wanted: \(error.message)", metadata: ["attempt": "\(entry.key)"])
        }
        inbox.context.crashPoint.reached(.resultAfterUpload)
        try await inbox.context.ledger.change { [decisions = inbox.decisions] transaction in
            try decisions.handedOver(entry.key, in: &transaction)
        }
        inbox.context.crashPoint.reached(.resultAfterDelivery)
        return true
    }

    private struct Work {
        let content: ResultAnnouncement.Content
        let extent: TaskResult.Extent

        func announcement(_ key: AttemptKey, _ packed: PackedResult) -> ResultAnnouncement {
            ResultAnnouncement(
                key: key, content: content, size: packed.pack.size, digest: packed.digest, extent: extent)
        }
    }

    private func work(_ key: AttemptKey) async throws -> (Work, Project)? {
        try await inbox.context.ledger.read { reader in
            guard let task = try reader.task(key.task), let project = try reader.project(task.projectID),
                case .ended(let ending) = try reader.attempt(key)?.state, let result = ending.result
            else { return nil }
            let content: ResultAnnouncement.Content
            switch result.storage {
            case .commit(let commit, let base): content = .commit(commit, base: base)
            case .changeSet: content = .changeSet
            case .empty, .elsewhere: return nil
            }
            let extent = TaskResult.Extent(
                files: result.filesChanged, insertions: result.insertions, deletions: result.deletions)
            return (Work(content: content, extent: extent), project)
        }
    }

    private func send(_ packed: PackedResult, _ announcement: ResultAnnouncement, _ entry: InboxEntry) async throws {
        var tries = 0
        var receipt = try await connection.announce(announcement, of: entry.ideaID)
        inbox.context.crashPoint.reached(.resultAfterAnnounce)
        while case .wanted(let offset) = receipt {
            if offset == 0 {
                tries += 1
                guard tries <= Self.tries else {
                    throw OffloadError(.conflict, "it does not arrive as it was sent")
                }
            }
            let part = try packed.pack.read(from: offset, limit: Self.partLimit)
            guard !part.isEmpty else {
                throw OffloadError(.device, "the source wants more of attempt \(entry.key) than there is")
            }
            receipt = try await connection.send(part, at: offset, of: entry.key)
        }
    }
}
