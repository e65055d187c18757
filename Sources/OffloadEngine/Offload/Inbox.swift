import Logging
package import OffloadDomain

/// The target's side of tasks that other devices give: takes them over as ordinary tasks of this device, and ends them when
/// their source does not want them any more.
package struct Inbox: SourceWork {
    let context: EngineContext
    let logs: any LogLibrary
    let progress: ProgressBoard
    let decisions: InboxDecisions
    let interval: Duration
    let results: any ResultTransfer
    private let folders: any ProjectFolders
    private let bases: any BaseTransfer
    private let trees: any FolderTransfer
    private let dispatcher: AttemptDispatcher
    private let limits: SlotLimits
    private let stops: AttemptStops
    private let isAutomatic: Bool

    /// What this device brings along for the work of others.
    package struct Means: Sendable {
        package let folders: any ProjectFolders
        package let bases: any BaseTransfer
        package let trees: any FolderTransfer
        package let results: any ResultTransfer
        package let logs: any LogLibrary
        package let progress: ProgressBoard
        package let dispatcher: AttemptDispatcher
        package let limits: SlotLimits

        package init(
            folders: any ProjectFolders, bases: any BaseTransfer, trees: any FolderTransfer,
            results: any ResultTransfer,
            logs: any LogLibrary, progress: ProgressBoard, dispatcher: AttemptDispatcher,
            limits: SlotLimits
        ) {
            self.folders = folders
            self.bases = bases
            self.trees = trees
            self.results = results
            self.logs = logs
            self.progress = progress
            self.dispatcher = dispatcher
            self.limits = limits
        }
    }

    /// - Parameters:
    ///   - interval: how often to ask for work when nothing tells that there is some.
    ///   - isAutomatic: whether tasks start by themselves; otherwise they wait until a person starts a lane.
    package init(context: EngineContext, means: Means, interval: Duration, isAutomatic: Bool) {
        self.context = context
        self.interval = interval
        self.isAutomatic = isAutomatic
        folders = means.folders
        bases = means.bases
        trees = means.trees
        results = means.results
        logs = means.logs
        progress = means.progress
        dispatcher = means.dispatcher
        limits = means.limits
        let lanes = LaneFilling(slots: context.device.slots)
        decisions = InboxDecisions(lanes: lanes)
        stops = AttemptStops(
            context: context, dispatcher: means.dispatcher, attempts: AttemptDecisions(lanes: lanes))
    }

    // MARK: - Room

    /// Whether tasks of the pair's project can be prepared at all. What is wrong with this device's own settings is not the
    /// fault of any task.
    func isReady(for pair: JoinedPair) async throws -> Bool {
        guard let project = try await context.ledger.read({ try $0.project(pair.projectID) }) else { return false }
        do {
            limits.set(try await folders.settings(of: project).slots, for: project.id)
            return true
        } catch let error as OffloadError {
            context.logger.warning(
                "no work is taken for \(project.name): \(error.message)", metadata: ["pair": "\(pair.id)"])
            return false
        }
    }

    /// How many more tasks can be taken over: lanes that run (or, when a person starts them, all lanes), without those that
    /// have a task or will have one.
    func freeSlots(for pair: JoinedPair) async throws -> Int {
        let slots = context.device.slots
        let (lanes, held, waiting) = try await context.ledger.read { reader in
            (try reader.batches(count: slots), try reader.heldTasks(), try reader.waitingCount(upTo: slots))
        }
        let current = limits.current
        guard current.isOpen, !current.full(held.map(\.projectID)).contains(pair.projectID) else { return 0 }
        let usable = lanes.filter { isAutomatic ? $0.state == .running : $0.state != .paused }
        let taken = held.filter { task in usable.contains { $0.id == task.state.holding?.batch } }
        return max(0, usable.count - taken.count - waiting)
    }

    /// Lanes that were never started are: whoever types a code on a device wants it to work.
    package func joined(_ pair: JoinedPair) async throws {
        guard isAutomatic else { return }
        let now = context.clock.now()
        let started = try await context.ledger.change { [decisions, limits, context] transaction in
            for batch in try transaction.batches(count: context.device.slots) where batch.state == .idle {
                var machine = BatchMachine(batch)
                guard machine.apply(.start) == .fill else { continue }
                try transaction.save(machine.batch)
                try transaction.record(.batchProgress(machine.batch, running: nil), at: now)
            }
            return try decisions.lanes.fill(&transaction, limits: limits.current, at: now)
        }
        dispatcher.start(started)
    }

    // MARK: - Taking over

    enum Taken: Sendable {
        /// It is work of this device now, or was before.
        case here
        case declined
        /// To be offered again.
        case later
    }

    func take(_ offer: Offer, through pair: JoinedPair, over connection: any SourceConnection) async throws -> Taken {
        let (known, name, refusal) = try await context.ledger.read { [decisions] reader in
            (
                try reader.project(pair.projectID), try InboxDecisions.fileName(for: offer, in: pair.projectID, reader),
                try decisions.refusal(of: offer, through: pair, in: reader)
            )
        }
        guard let project = known else { return .later }
        switch refusal {
        case .known: return .here
        case .foreign:
            try await decline(
                offer, through: pair,
                because: OffloadError(.conflict, "this device has another task under that id, or in another folder"))
            return .declined
        case .accepted, .busy, nil: break
        }
        do {
            let settings = try await folders.settings(of: project)
            limits.set(settings.slots, for: project.id)
            try await prepare(offer, in: project, settings, connection)
            if settings.workspace == .isolated {
                try await folders.write(
                    Requirement(
                        id: RequirementID(unchecked: "r"), ideaID: offer.ideaID, fileName: name, content: offer.content,
                        base: offer.base, createdAt: context.clock.now()), into: project)
            }
            context.crashPoint.reached(.inboxAfterFile)
            return try await accept(offer, as: name, through: pair)
        } catch let error as OffloadError where Self.isAboutTheTask(error) {
            try await decline(offer, through: pair, because: error)
            return .declined
        }
    }

    /// What is wrong with this task alone; everything else is wrong with the connection or with this device.
    private static func isAboutTheTask(_ error: OffloadError) -> Bool {
        switch error.kind {
        case .unprocessable, .tooLarge, .notFound, .invalidRequest: true
        case .unauthorized, .forbidden, .conflict, .stale, .unsupportedMediaType, .misdirected, .tooManyRequests,
            .device:
            false
        }
    }

    /// Brings what an attempt needs here.
    private func prepare(
        _ offer: Offer, in project: Project, _ settings: ProjectSettings, _ connection: any SourceConnection
    ) async throws {
        guard settings.workspace == .isolated else { return }
        switch (project.versionControl, offer.base) {
        case (.none, nil):
            try await trees.adopt(offer.key, of: project) { take in
                try await connection.base(of: offer.key, known: [], take)
            } contents: { digests, take in
                try await connection.files(digests, of: offer.key, take)
            }
            context.crashPoint.reached(.inboxAfterBase)
        case (.none, .some):
            throw OffloadError(.unprocessable, "the project is a git repository there, and \(project.path) is none")
        case (.git, nil):
            throw OffloadError(.unprocessable, "\(project.path) is a git repository, and the project is none there")
        case (.git, let base?):
            guard try await !bases.holds(base, of: project) else { return }
            let known = try await bases.known(of: project)
            try await bases.adopt(base, of: project, known: known) { take in
                try await connection.base(of: offer.key, known: known, take)
            }
            context.crashPoint.reached(.inboxAfterBase)
        }
    }

    private func accept(_ offer: Offer, as name: String, through pair: JoinedPair) async throws -> Taken {
        let now = context.clock.now()
        let acceptance = try await context.ledger.change { [context, decisions, limits] transaction in
            let acceptance = try decisions.accept(
                offer, as: name, through: pair, identifiers: context.identifiers, limits: limits.current, at: now,
                in: &transaction)
            context.crashPoint.reached(.inboxBeforeAccept)
            return acceptance
        }
        context.crashPoint.reached(.inboxAfterAccept)
        switch acceptance {
        case .accepted(_, let started):
            dispatcher.start(started)
            return .here
        case .known: return .here
        case .busy(let running):
            try await stops.end(running)
            return .later
        case .foreign:
            context.logger.warning(
                "a source offers a task under the id of another one", metadata: ["task": "\(offer.key.task)"])
            return .later
        }
    }

    private func decline(_ offer: Offer, through pair: JoinedPair, because error: OffloadError) async throws {
        let now = context.clock.now()
        _ = try await context.ledger.change { [decisions] transaction in
            try decisions.decline(
                offer, through: pair, because: Failure(.workspace, error.message), at: now, in: &transaction)
        }
    }

    // MARK: - What the source wants

    package func held(through pair: PairID) async throws -> [AttemptKey] {
        try await context.ledger.read { reader in
            try reader.undelivered(through: pair).filter { $0.state == .held }.prefix(AttemptWishes.limit).map(\.key)
        }
    }

    package func obey(_ wishes: AttemptWishes) async throws {
        for key in wishes.cancel { try await cancel(key) }
        for key in wishes.stale { try await drop(key, ifHeld: true) }
    }

    func cancel(_ key: AttemptKey) async throws {
        let now = context.clock.now()
        let running = try await context.ledger.change { [decisions] transaction in
            try decisions.cancel(key, at: now, in: &transaction)
        }
        try await end(key, running)
    }

    /// - Parameter ifHeld: leaves what has ended here meanwhile; its last report may be on the way.
    func drop(_ key: AttemptKey, ifHeld: Bool) async throws {
        let now = context.clock.now()
        let running = try await context.ledger.change { [decisions] transaction -> AttemptKey? in
            guard try !ifHeld || transaction.inboxEntry(key)?.state == .held else { return nil }
            return try decisions.drop(key, at: now, in: &transaction)
        }
        try await end(key, running)
    }

    private func end(_ key: AttemptKey, _ running: AttemptKey?) async throws {
        if let running { return try await stops.end(running) }
        // One that runs, or has ended and is still being put away, is cleared up by whoever runs it.
        guard try await context.ledger.read({ try $0.attempt(key) }) == nil else { return }
        await trees.forget(key)
    }

    package func ended(_ pair: PairID) async throws {
        for entry in try await context.ledger.read({ try $0.undelivered(through: pair) }) {
            try await drop(entry.key, ifHeld: false)
        }
    }
}
