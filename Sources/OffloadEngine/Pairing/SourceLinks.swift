import Logging
package import OffloadDomain
import ServiceLifecycle
import Synchronization

/// The target's side of its pairs: joins sources, and keeps a connection to each.
package final class SourceLinks: Service {
    /// How the connection to one source stands.
    package struct Standing: Sendable, Equatable {
        package var isConnected = false
        /// Why there is none, in words.
        package var problem: String?
    }

    private struct State {
        var pairs: [PairID: JoinedPair] = [:]
        var standings: [PairID: Standing] = [:]
        /// A wish lets the loop of a pair begin anew at once; the end of the wishes ends it.
        var loops: [PairID: AsyncStream<Void>.Continuation] = [:]
        /// Wrong confirmations of a code that was typed here: it may also be the source that is not what it says.
        var failures: [String: Int] = [:]
    }

    private let context: EngineContext
    private let transport: any SourceTransport
    private let work: any SourceWork
    private let heartbeat: @Sendable () async throws -> Presence.Heartbeat
    private let isEnabled: Bool
    private let pace: Duration
    private let state = Mutex(State())
    private let joined: AsyncStream<PairID>
    private let join: AsyncStream<PairID>.Continuation

    /// Tries of one code before another one is asked for. A spoofed source that gets to see a proof gets one guess at the code
    /// with each of them.
    package static let tries = 3

    /// - Parameters:
    ///   - work: what is done for the sources.
    ///   - pace: how often to send a heartbeat.
    ///   - heartbeat: what this device has to tell at the moment.
    package init(
        context: EngineContext, transport: any SourceTransport, work: any SourceWork, isEnabled: Bool,
        pace: Duration = Presence.pace,
        heartbeat: @escaping @Sendable () async throws -> Presence.Heartbeat
    ) {
        self.context = context
        self.transport = transport
        self.work = work
        self.isEnabled = isEnabled
        self.pace = pace
        self.heartbeat = heartbeat
        (joined, join) = AsyncStream.makeStream(of: PairID.self)
    }

    package func run() async throws {
        for pair in try await context.ledger.read({ try $0.joinedPairs() }) {
            // A crash may have come between the end of a pair and that of its work.
            if pair.status.isOver { await endWork(of: pair.id) }
            if pair.status != .disconnected { begin(pair) }
        }
        await withGracefulShutdownHandler {
            await withDiscardingTaskGroup { group in
                for await id in joined {
                    group.addTask { await self.keep(id) }
                }
                group.cancelAll()
            }
        } onGracefulShutdown: {
            self.join.finish()
        }
    }

    private func begin(_ pair: JoinedPair) {
        state.withLock { state in
            state.pairs[pair.id] = pair
            state.standings[pair.id] = Standing(problem: "not connected yet")
        }
        guard isEnabled else { return }
        join.yield(pair.id)
    }

    // MARK: - Joining

    /// - Returns: the pair, and two words that the other screen must show too.
    /// - Throws: `OffloadError` of kind `forbidden` when the code is wrong or somebody is in between, `conflict` when this device
    ///   takes no part in offloading, or what the transport throws.
    package func join(
        _ address: PeerAddress, with code: PairingCode, for project: Project, deviceName: String?
    ) async throws -> (pair: JoinedPair, checkWords: [String]) {
        guard isEnabled else {
            throw OffloadError(.conflict, "this device takes no part in offloading; set OFFLOAD_ENABLED=true")
        }
        guard state.withLock({ $0.failures[code.digits] ?? 0 }) < Self.tries else {
            throw OffloadError(
                .forbidden, "this code was wrong \(Self.tries) times; make a new one on the other device")
        }
        let introduction = JoinIntroduction(
            deviceID: context.device.id, deviceName: try Device.checked(name: deviceName ?? context.device.name),
            projectPath: project.path)
        let agreed: Joined
        do {
            agreed = try await transport.join(address, with: code, as: introduction)
        } catch let error as OffloadError where error.kind == .forbidden {
            state.withLock { state in
                // Codes die within minutes; what is remembered of them is bounded all the same.
                if state.failures.count >= 100 { state.failures = [:] }
                state.failures[code.digits, default: 0] += 1
            }
            throw error
        }
        guard agreed.sourceDeviceID != context.device.id else {
            throw OffloadError(.conflict, "this is the device itself; type the code on another one")
        }
        let pair = JoinedPair(
            id: agreed.pairID, sourceDeviceID: agreed.sourceDeviceID, sourceName: agreed.sourceName,
            sourceProject: agreed.sourceProject, projectID: project.id, fingerprint: agreed.fingerprint,
            key: agreed.key, addresses: [address], createdAt: context.clock.now())
        try await context.ledger.change { try $0.insert(pair) }
        context.crashPoint.reached(.targetAfterRecord)
        do {
            try await transport.connect(to: pair, at: address) { connection in
                _ = try await self.complete(pair, at: address, connection)
            }
            let active = try await context.ledger.read { try $0.joinedPair(pair.id) } ?? pair
            try await work.joined(active)
            begin(active)
            return (active, agreed.checkWords)
        } catch let error as OffloadError where error.kind == .unauthorized {
            throw error
        } catch {
            // The source may or may not have heard it: this half stays and goes on asking.
            begin(pair)
            throw error
        }
    }

    /// Tells the source that this half is stored, and makes it count.
    /// - Throws: `OffloadError` of kind `unauthorized` when the source knows nothing of it; the half is then removed.
    private func complete(
        _ pair: JoinedPair, at address: PeerAddress, _ connection: any SourceConnection
    ) async throws -> JoinedPair {
        do {
            try await connection.confirmStored()
        } catch let error as OffloadError where error.kind == .unauthorized {
            let now = context.clock.now()
            try await context.ledger.change { transaction in
                try transaction.removeJoinedPair(pair.id)
                try transaction.record(
                    .pairingFailed(pair.projectID, reason: "\(pair.sourceName) did not complete the pairing"), at: now)
            }
            forget(pair.id)
            throw error
        }
        context.crashPoint.reached(.targetBeforeActive)
        let now = context.clock.now()
        let active = try await context.ledger.change { transaction in
            guard var stored = try transaction.joinedPair(pair.id) else { throw OffloadError.missing(pair.id) }
            guard stored.status == .pending else { return stored }
            stored.status = .active
            stored.prefer(address)
            try transaction.update(stored)
            try transaction.record(.pairingCompleted(stored.device), at: now)
            return stored
        }
        context.crashPoint.reached(.targetAfterActive)
        return active
    }

    // MARK: - Keeping the connection

    private func keep(_ id: PairID) async {
        let (wishes, wish) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
        state.withLock { $0.loops[id] = wish }
        var goesOn = true
        while goesOn, !Task.isCancelled {
            goesOn = await withTaskGroup(of: Bool.self) { group in
                group.addTask {
                    await self.connectAgainAndAgain(id)
                    return false
                }
                group.addTask {
                    for await _ in wishes { return true }
                    return false
                }
                defer { group.cancelAll() }
                return await group.next() ?? false
            }
            await left(id)
        }
        state.withLock { $0.loops[id] = nil }
    }

    private func connectAgainAndAgain(_ id: PairID) async {
        var backoff = Backoff()
        var generator = SystemRandomNumberGenerator()
        while !Task.isCancelled {
            guard let pair = state.withLock({ $0.pairs[id] }) else { return }
            for address in pair.addresses where !Task.isCancelled {
                do {
                    defer { if state.withLock({ $0.standings[id]?.isConnected == true }) { backoff.succeeded() } }
                    try await transport.connect(to: pair, at: address) { connection in
                        try await self.stay(connectedTo: pair, at: address, connection)
                    }
                } catch let error as OffloadError where error.kind == .unauthorized {
                    return await revoked(id, error.message)
                } catch is Revoked {
                    return await revoked(id, "\(pair.sourceName) ended the pair")
                } catch {
                    note(id, problem: Self.words(error))
                }
                await left(id)
            }
            do {
                try await Task.sleep(for: backoff.next(&generator))
            } catch {
                return
            }
        }
    }

    private struct Revoked: Error {}

    private func stay(
        connectedTo pair: JoinedPair, at address: PeerAddress, _ connection: any SourceConnection
    ) async throws {
        if pair.status == .leaving {
            try await connection.disconnect()
            throw Revoked()
        }
        let active = pair.status == .pending ? try await completeLater(pair, at: address, connection) : pair
        try await beat(active, connection)
        await arrived(active, at: address)
        let (notices, heard) = AsyncStream.makeStream(
            of: SourceNotice.self, bufferingPolicy: .bufferingNewest(64))
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                while true {
                    try await Task.sleep(for: self.pace)
                    try await self.beat(active, connection)
                }
            }
            group.addTask { try await self.work.work(through: active, over: connection, notices: notices) }
            group.addTask {
                try await connection.follow { notice in
                    guard notice == .revoked else {
                        heard.yield(notice)
                        return
                    }
                    // The refusal that this gets tells the source that the end is known here.
                    try? await connection.disconnect()
                    throw Revoked()
                }
                throw OffloadError(.device, "\(active.sourceName) closed the connection")
            }
            defer { group.cancelAll() }
            try await group.next()
        }
    }

    /// The source heard of this half only now.
    private func completeLater(
        _ pair: JoinedPair, at address: PeerAddress, _ connection: any SourceConnection
    ) async throws -> JoinedPair {
        let active = try await complete(pair, at: address, connection)
        try await work.joined(active)
        return active
    }

    private func beat(_ pair: JoinedPair, _ connection: any SourceConnection) async throws {
        let held = try await work.held(through: pair.id)
        try await work.obey(try await connection.heartbeat(heartbeat(), holding: held))
    }

    private func arrived(_ pair: JoinedPair, at address: PeerAddress) async {
        let isNew = state.withLock { state -> Bool in
            // A person may have ended the pair meanwhile; that stands.
            guard state.pairs[pair.id]?.status.isOver == false else { return false }
            defer { state.standings[pair.id] = Standing(isConnected: true) }
            state.pairs[pair.id]?.status = pair.status
            state.pairs[pair.id]?.prefer(address)
            return state.standings[pair.id]?.isConnected != true
        }
        let now = context.clock.now()
        await record { transaction in
            guard var stored = try transaction.joinedPair(pair.id), !stored.status.isOver else { return }
            if stored.addresses.first != address {
                stored.prefer(address)
                try transaction.update(stored)
            }
            if isNew { try transaction.record(.deviceConnected(stored.device), at: now) }
        }
    }

    private func left(_ id: PairID) async {
        let pair = state.withLock { state -> JoinedPair? in
            guard state.standings[id]?.isConnected == true else { return nil }
            state.standings[id]?.isConnected = false
            return state.pairs[id]
        }
        guard let pair else { return }
        let reason = state.withLock { $0.standings[id]?.problem } ?? "the connection ended"
        let now = context.clock.now()
        await record { _ = try $0.record(.deviceDisconnected(pair.device, reason: reason), at: now) }
    }

    private func note(_ id: PairID, problem: String) {
        state.withLock { $0.standings[id]?.problem = problem }
    }

    private static func words(_ error: any Error) -> String {
        (error as? OffloadError)?.message ?? "the connection ended"
    }

    // MARK: - Looking and ending

    package func list() async throws -> [(pair: JoinedPair, standing: Standing)] {
        let pairs = try await context.ledger.read { try $0.joinedPairs() }
        return state.withLock { state in pairs.map { ($0, state.standings[$0.id] ?? Standing()) } }
    }

    /// Remembers where the source is to be found; tried first from now on.
    /// - Throws: `OffloadError` of kind `notFound`, or `conflict` for a pair that is over.
    package func setAddress(_ address: PeerAddress, of id: PairID) async throws -> JoinedPair {
        let pair = try await context.ledger.change { transaction in
            guard var pair = try transaction.joinedPair(id) else { throw OffloadError.missing(id) }
            guard !pair.status.isOver else {
                throw OffloadError(.conflict, "pair \(id) is disconnected; pair the devices anew")
            }
            pair.prefer(address)
            try transaction.update(pair)
            return pair
        }
        state.withLock { $0.pairs[id]?.addresses = pair.addresses }
        state.withLock { $0.loops[id] }?.yield()
        return pair
    }

    /// Ends the pair here at once. The source is told as soon as it can be reached.
    /// - Throws: `OffloadError` of kind `notFound`.
    package func disconnect(_ id: PairID) async throws {
        let pair = try await end(id, as: .leaving, reason: "disconnected here")
        await endWork(of: id)
        guard pair.status == .leaving else { return }
        state.withLock { state in
            state.pairs[id] = pair
            state.standings[id] = Standing()
        }
        state.withLock { $0.loops[id] }?.yield()
    }

    private func revoked(_ id: PairID, _ reason: String) async {
        // A half that the source does not know was removed already.
        guard state.withLock({ $0.pairs[id] != nil }) else { return }
        do {
            _ = try await end(id, as: .disconnected, reason: reason)
        } catch {
            context.logger.error("the end of a pair is not recorded: \(error)", metadata: ["pair": "\(id)"])
        }
        await endWork(of: id)
        forget(id)
        endLoop(of: id)
    }

    /// - Returns: the pair as it is now.
    private func end(_ id: PairID, as status: PairStatus, reason: String) async throws -> JoinedPair {
        let now = context.clock.now()
        return try await context.ledger.change { transaction in
            guard var pair = try transaction.joinedPair(id) else { throw OffloadError.missing(id) }
            guard pair.status != .disconnected, pair.status != status else { return pair }
            let isNews = !pair.status.isOver
            pair.status = status
            try transaction.update(pair)
            if isNews { try transaction.record(.deviceDisconnected(pair.device, reason: reason), at: now) }
            return pair
        }
    }

    /// Ends what was taken over through a pair that is over.
    private func endWork(of id: PairID) async {
        do {
            try await work.ended(id)
        } catch {
            context.logger.error("the work of a pair that is over is not ended: \(error)", metadata: ["pair": "\(id)"])
        }
    }

    private func forget(_ id: PairID) {
        state.withLock { state in
            state.pairs[id] = nil
            state.standings[id] = nil
        }
    }

    private func endLoop(of id: PairID) { state.withLock { $0.loops[id] }?.finish() }

    private func record(_ body: @escaping @Sendable (inout any LedgerTransaction) throws -> Void) async {
        do {
            try await context.ledger.change(body)
        } catch {
            context.logger.error("contact with a source is not recorded: \(error)")
        }
    }
}
