import Logging
package import OffloadDomain
import ServiceLifecycle
import Synchronization

/// The source's side of tasks that other devices do: gives them out, believes what is reported once, and takes them back from
/// devices that are not heard of any more.
package final class Handovers: Service {
    private let context: EngineContext
    private let devices: PairedDevices
    private let logs: any LogLibrary
    private let progress: ProgressBoard
    private let time: MonotonicTime
    private let decisions = HandoverDecisions()
    private let leases: Mutex<Leases>
    /// Logs of attempts that have ended, and when they are closed even if no last part came.
    private let closings = Mutex<[(key: AttemptKey, at: Duration)]>([])
    private let signals: AsyncStream<Void>
    private let signal: AsyncStream<Void>.Continuation

    /// How long the last part of a log may take after the end of its attempt; whoever follows the log waits for that long.
    private static let lastPartLimit = Duration.seconds(5)

    /// - Parameters:
    ///   - lifetime: how long a device may be silent about a task.
    ///   - grace: how long it may be unreachable then, before its tasks go to others.
    package init(
        context: EngineContext, devices: PairedDevices, logs: any LogLibrary, progress: ProgressBoard,
        time: MonotonicTime, lifetime: Duration, grace: Duration
    ) {
        self.context = context
        self.devices = devices
        self.logs = logs
        self.progress = progress
        self.time = time
        leases = Mutex(Leases(lifetime: lifetime, grace: grace))
        (signals, signal) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
    }

    /// Begins a lease for everything that is away; to be called once, before anybody is let in.
    package func load() async throws {
        let away = try await context.ledger.read { try $0.awayTasks() }
        let now = time.now
        leases.withLock { leases in
            for task in away {
                switch task.state {
                case .claimed(let pair): leases.claimed(task.attemptKey, by: pair, at: now)
                default:
                    if let pair = task.state.holder?.device { leases.heard(of: task.attemptKey, from: pair, at: now) }
                }
            }
        }
        signal.yield()
    }

    // MARK: - Giving out

    /// - Returns: what the device of the pair has claimed, at most `slots`.
    package func pull(slots: Int, for pair: DevicePair) async throws -> [Offer] {
        // What it claimed and did not acknowledge goes to whoever asks first, after the lease.
        guard !pair.isPaused else { return [] }
        let now = context.clock.now()
        let offers = try await context.ledger.change { [context, decisions] transaction in
            let offers = try decisions.claim(
                by: pair, slots: slots, identifiers: context.identifiers, at: now, in: &transaction)
            if !offers.isEmpty { context.crashPoint.reached(.claimBeforeCommit) }
            return offers
        }
        guard !offers.isEmpty else { return [] }
        context.crashPoint.reached(.claimAfterCommit)
        leases.withLock { leases in
            for offer in offers { leases.claimed(offer.key, by: pair.id, at: time.now) }
        }
        signal.yield()
        return offers
    }

    /// The pair's device prepares an attempt that it has claimed.
    package func prepares(_ key: AttemptKey, for pair: DevicePair) {
        leases.withLock { $0.prepares(key, of: pair.id, at: time.now) }
    }

    /// The project and the commit on which an attempt of the pair's device starts; without git there is no commit.
    /// - Throws: `OffloadError` of kind `stale` when the attempt is not its own, `notFound` when it starts from nothing.
    package func base(of key: AttemptKey, for pair: DevicePair) async throws -> (project: Project, commit: CommitHash?)
    {
        try await context.ledger.read { reader in
            guard let task = try reader.task(key.task), task.attempt == key.number,
                task.state.holder == .device(pair.id), let project = try reader.project(task.projectID)
            else { throw Self.stale(key) }
            let commit = try reader.requirement(task.requirementID)?.base
            guard commit != nil || project.versionControl == .none else {
                throw OffloadError(.notFound, "the task was queued for work without files")
            }
            return (project, commit)
        }
    }

    // MARK: - Believing

    /// Applies reports of the pair's device, all in one commit.
    /// - Returns: what to say to each.
    package func apply(_ reports: [StatusReport], from pair: DevicePair) async throws -> [Acknowledgement] {
        let now = context.clock.now()
        context.crashPoint.reached(.reportBeforeApply)
        let answers = try await context.ledger.change { [decisions] transaction in
            try reports.map { try decisions.apply($0, from: pair.id, at: now, in: &transaction) }
        }
        context.crashPoint.reached(.reportAfterApply)
        leases.withLock { leases in
            for (report, answer) in zip(reports, answers) where answer == .accepted {
                if case .ended = report.change {
                    leases.ended(report.key)
                } else {
                    leases.heard(of: report.key, from: pair.id, at: time.now)
                }
            }
        }
        for (report, answer) in zip(reports, answers) where answer == .accepted {
            guard case .ended = report.change else { continue }
            progress.forget(report.key.task)
            closings.withLock { $0.append((report.key, time.now + Self.lastPartLimit)) }
        }
        signal.yield()
        return answers
    }

    /// The pair's device has these attempts and goes on with them.
    /// - Returns: what is wanted of them.
    package func renew(_ keys: [AttemptKey], from pair: DevicePair) async throws -> AttemptWishes {
        guard !keys.isEmpty else { return AttemptWishes() }
        let (wishes, current) = try await context.ledger.read { reader in
            var wishes = AttemptWishes()
            var current: [AttemptKey] = []
            for key in keys {
                guard let task = try reader.task(key.task), task.attempt == key.number,
                    task.state.holder == .device(pair.id)
                else {
                    wishes.stale.append(key)
                    continue
                }
                current.append(key)
                if task.state.holding?.phase == .cancelling { wishes.cancel.append(key) }
            }
            return (wishes, current)
        }
        leases.withLock { $0.renewed(current, by: pair.id, at: time.now) }
        return wishes
    }

    /// - Returns: where the next part is to begin.
    /// - Throws: `OffloadError` of kind `stale` when the pair's device never had that attempt.
    package func takeLog(_ part: LogShipment, from pair: DevicePair) async throws -> Int64 {
        let isCurrent = try await context.ledger.read { reader -> Bool in
            guard try reader.handover(part.key)?.pairID == pair.id else { throw Self.stale(part.key) }
            let task = try reader.task(part.key.task)
            return task?.attempt == part.key.number && task?.state.holder != nil
        }
        let next = try await logs.append(part.bytes, at: part.offset, to: part.key)
        context.crashPoint.reached(.logAfterWrite)
        if isCurrent, let action = part.action {
            progress.show(action, tokens: part.tokens, of: part.key.task)
        }
        if part.isLast {
            closings.withLock { $0.removeAll { $0.key == part.key } }
            logs.finish(part.key)
        }
        return next
    }

    private static func stale(_ key: AttemptKey) -> OffloadError {
        OffloadError(.stale, "attempt \(key) is not this device's any more")
    }

    // MARK: - Taking back

    package func isUnreachable(_ key: AttemptKey) -> Bool { leases.withLock { $0.isUnreachable(key) } }

    /// A person does not want to wait for an unreachable device: the task goes to whoever asks first.
    /// - Returns: the task as it is now; nil when no unreachable device has it.
    package func reclaim(_ id: TaskID) async throws -> OffloadTask? {
        guard let task = try await context.ledger.read({ try $0.task(id) }), task.state.holder?.device != nil,
            isUnreachable(task.attemptKey)
        else { return nil }
        try await takeBack(task.attemptKey, orderly: true)
        return try await context.ledger.read { try $0.task(id) }
    }

    package func run() async throws {
        await withGracefulShutdownHandler {
            await withDiscardingTaskGroup { group in
                var scheduled: Duration?
                for await _ in signals {
                    if let waited = scheduled, waited <= time.now { scheduled = nil }
                    guard let next = await look(), next < scheduled ?? .seconds(Int64.max / 2) else { continue }
                    scheduled = next
                    group.addTask {
                        try? await Task.sleep(until: self.time.instant(of: next), clock: .continuous)
                        self.signal.yield()
                    }
                }
                group.cancelAll()
            }
        } onGracefulShutdown: {
            self.signal.finish()
        }
    }

    /// - Returns: when to look again; nil when there is nothing to wait for.
    private func look() async -> Duration? {
        let due = leases.withLock { $0.look(at: time.now) }
        for lease in due {
            do {
                switch lease {
                case .unreachable(let key):
                    context.logger.warning("nothing is heard of an attempt", metadata: ["attempt": "\(key)"])
                case .claimExpired(let key): try await expire(key)
                case .lost(let key): try await takeBack(key, orderly: false)
                }
            } catch {
                context.logger.error("a task is not taken back yet: \(error)")
                return time.now + .seconds(5)
            }
        }
        let next = closeLogs()
        return [leases.withLock { $0.next }, next].compactMap(\.self).min()
    }

    /// - Returns: when to look again.
    private func closeLogs() -> Duration? {
        let now = time.now
        let (due, next) = closings.withLock { closings in
            let due = closings.filter { $0.at <= now }.map(\.key)
            closings.removeAll { $0.at <= now }
            return (due, closings.first?.at)
        }
        for key in due { logs.finish(key) }
        return next
    }

    private func expire(_ key: AttemptKey) async throws {
        let now = context.clock.now()
        context.crashPoint.reached(.leaseBeforeTakeBack)
        let answer = try await context.ledger.change { [decisions] in try decisions.expire(key, at: now, in: &$0) }
        try await takenBack(key, answer)
    }

    private func takeBack(_ key: AttemptKey, orderly: Bool) async throws {
        let now = context.clock.now()
        context.crashPoint.reached(.leaseBeforeTakeBack)
        let answer = try await context.ledger.change { [decisions] transaction in
            try decisions.takeBack(key, orderly: orderly, at: now, in: &transaction)
        }
        try await takenBack(key, answer)
    }

    private func takenBack(_ key: AttemptKey, _ answer: TaskMachine.Report) async throws {
        context.crashPoint.reached(.leaseAfterTakeBack)
        leases.withLock { $0.ended(key) }
        // It may have been acknowledged at the last moment; then it goes on.
        let holder = try await context.ledger.read { reader -> PairID? in
            guard answer != .applied, let task = try reader.task(key.task), task.attempt == key.number else {
                return nil
            }
            return task.state.holder?.device
        }
        if let holder { return leases.withLock { $0.heard(of: key, from: holder, at: time.now) } }
        progress.forget(key.task)
        logs.finish(key)
        devices.tell(.work)
    }
}
