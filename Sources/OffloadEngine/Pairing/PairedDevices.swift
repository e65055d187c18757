import Logging
package import OffloadDomain
import ServiceLifecycle
import Synchronization

/// The source's side of its pairs: who may come in, who is there, and who is to be told something.
package final class PairedDevices: Service {
    /// What a target is told on its stream.
    package enum Notice: Sendable, Equatable {
        case connected
        /// The connection is alive.
        case quiet
        /// The pair was ended; the stream ends too.
        case revoked
    }

    private struct Entry {
        var pair: DevicePair
        var presence = Presence()
        /// The stream of the target; a new one takes the place of the old.
        var stream: (number: Int, continuation: AsyncStream<Notice>.Continuation)?
        /// When a half pair is given up.
        var halfUntil: Duration?
    }

    private struct State {
        var entries: [PairID: Entry] = [:]
        /// Of pairs that are not disconnected.
        var idsByDigest: [String: PairID] = [:]
        var nextStream = 0
    }

    private let context: EngineContext
    private let door: PeerDoor
    private let time: MonotonicTime
    private let state = Mutex(State())
    private let signals: AsyncStream<Void>
    private let signal: AsyncStream<Void>.Continuation

    /// How long half a pair may wait for its other half.
    package static let halfLifetime = Duration.seconds(600)

    package init(context: EngineContext, door: PeerDoor, time: MonotonicTime) {
        self.context = context
        self.door = door
        self.time = time
        (signals, signal) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
    }

    /// Reads the pairs; to be called once, before anybody is let in.
    package func load() async throws {
        for pair in try await context.ledger.read({ try $0.devicePairs() }) where pair.status != .disconnected {
            add(pair)
        }
    }

    /// Notices who has gone, and gives up halves that nobody completed.
    package func run() async throws {
        await withGracefulShutdownHandler {
            for await _ in signals {
                // Only while somebody is there, or half a pair waits, is there anything to look for.
                while let next = await look() {
                    do {
                        try await cancelWhenGracefulShutdown {
                            try await Task.sleep(until: self.time.instant(of: next), clock: .continuous)
                        }
                    } catch {
                        return
                    }
                }
            }
        } onGracefulShutdown: {
            self.signal.finish()
            self.endStreams()
        }
    }

    private func endStreams() {
        let streams = state.withLock { state in state.entries.values.compactMap(\.stream) }
        for stream in streams { stream.continuation.finish() }
    }

    /// - Returns: when to look again; nil when there is nothing to wait for.
    private func look() async -> Duration? {
        let (gone, halves, isWaiting) = state.withLock { state -> ([DevicePair], [PairID], Bool) in
            let now = time.now
            var (gone, halves): ([DevicePair], [PairID]) = ([], [])
            for id in state.entries.keys.sorted(by: { $0.rawValue < $1.rawValue }) {
                guard var entry = state.entries[id] else { continue }
                if entry.presence.look(at: now) { gone.append(entry.pair) }
                if let until = entry.halfUntil, until <= now { halves.append(id) }
                state.entries[id] = entry
            }
            for id in halves { Self.remove(id, &state) }
            let isWaiting = state.entries.values.contains { $0.presence.isConnected || $0.halfUntil != nil }
            return (gone, halves, isWaiting)
        }
        for pair in gone { await record(.deviceDisconnected(pair.device, reason: "nothing was heard from it")) }
        for id in halves {
            do {
                try await context.ledger.change { try $0.removeDevicePair(id) }
            } catch {
                context.logger.error("half a pair is not removed: \(error)", metadata: ["pair": "\(id)"])
            }
        }
        updateDoor()
        return isWaiting ? time.now + .seconds(5) : nil
    }

    // MARK: - Who may come in

    /// The pair whose key has this digest; nil for one that is over or never was.
    package func pair(keyDigest: String) -> DevicePair? {
        state.withLock { state in
            state.idsByDigest[keyDigest].flatMap { state.entries[$0]?.pair }
        }
    }

    /// A pair that is recorded.
    package func add(_ pair: DevicePair) {
        state.withLock { state in
            let half = pair.status == .pending ? time.now + Self.halfLifetime : nil
            state.entries[pair.id] = Entry(pair: pair, halfUntil: half)
            state.idsByDigest[pair.keyDigest] = pair.id
        }
        updateDoor()
        signal.yield()
    }

    /// The target has stored its half. Doing it again changes nothing.
    package func complete(_ id: PairID) async throws -> DevicePair {
        guard let known = state.withLock({ $0.entries[id]?.pair }) else { throw Self.unknown }
        guard known.status == .pending else { return known }
        let now = context.clock.now()
        let pair = try await context.ledger.change { transaction in
            guard var pair = try transaction.devicePair(id) else { throw Self.unknown }
            guard pair.status == .pending else { return pair }
            pair.status = .active
            try transaction.update(pair)
            try transaction.record(.pairingCompleted(pair.device), at: now)
            return pair
        }
        state.withLock { state in
            state.entries[id]?.pair = pair
            state.entries[id]?.halfUntil = nil
        }
        return pair
    }

    // MARK: - Who is there

    /// Every pair of the record, with what is known of the other device at the moment.
    package func list() async throws -> [(pair: DevicePair, presence: Presence?)] {
        let pairs = try await context.ledger.read { try $0.devicePairs() }
        return state.withLock { state in pairs.map { ($0, state.entries[$0.id]?.presence) } }
    }

    /// - Throws: `OffloadError` of kind `conflict` when the device's data folder runs twice.
    package func heard(_ heartbeat: Presence.Heartbeat, from id: PairID) async throws {
        let answer = state.withLock { state in state.entries[id]?.presence.heard(heartbeat, at: time.now) }
        switch answer {
        case nil: throw Self.unknown
        case .still: break
        case .twice:
            context.logger.warning(
                "a paired device runs twice: its data folder was copied", metadata: ["pair": "\(id)"])
            throw OffloadError(
                .conflict,
                "another device with the same identity is connected: the data folder was copied. Stop one of the two; "
                    + "the copy needs a data folder of its own")
        case .connected:
            signal.yield()
            await recordContact(id) { .deviceConnected($0.device) }
        }
    }

    /// What the target of this pair is to be told from now on. An older stream of the same pair ends.
    package func notices(for id: PairID) throws -> AsyncStream<Notice> {
        let (stream, continuation) = AsyncStream.makeStream(of: Notice.self, bufferingPolicy: .bufferingNewest(16))
        let (number, old) = state.withLock { state -> (Int?, AsyncStream<Notice>.Continuation?) in
            guard state.entries[id] != nil else { return (nil, nil) }
            state.nextStream += 1
            let old = state.entries[id]?.stream?.continuation
            state.entries[id]?.stream = (state.nextStream, continuation)
            return (state.nextStream, old)
        }
        old?.finish()
        guard let number else { throw Self.unknown }
        continuation.onTermination = { [weak self] _ in
            self?.state.withLock { state in
                if state.entries[id]?.stream?.number == number { state.entries[id]?.stream = nil }
            }
        }
        continuation.yield(.connected)
        return stream
    }

    /// Shows every target that its connection is alive.
    package func pulse() {
        let streams = state.withLock { state in state.entries.values.compactMap(\.stream) }
        for stream in streams { stream.continuation.yield(.quiet) }
    }

    // MARK: - Ends

    /// Ends a pair at once: no request under its key succeeds any more, its stream ends. The history stays.
    /// - Throws: `OffloadError` of kind `notFound`, or what the ledger throws; the pair lets nobody in all the same until this
    ///   device is started again.
    package func disconnect(_ id: PairID, reason: String) async throws {
        let stream = state.withLock { state in Self.remove(id, &state) }
        stream?.yield(.revoked)
        stream?.finish()
        let now = context.clock.now()
        try await context.ledger.change { transaction in
            guard var pair = try transaction.devicePair(id) else { throw OffloadError.missing(id) }
            guard pair.status != .disconnected else { return }
            pair.status = .disconnected
            pair.lastSyncAt = now
            try transaction.update(pair)
            try transaction.record(.deviceDisconnected(pair.device, reason: reason), at: now)
        }
        updateDoor()
    }

    @discardableResult
    private static func remove(_ id: PairID, _ state: inout State) -> AsyncStream<Notice>.Continuation? {
        guard let entry = state.entries.removeValue(forKey: id) else { return nil }
        state.idsByDigest[entry.pair.keyDigest] = nil
        return entry.stream?.continuation
    }

    private func updateDoor() {
        door.set(.pairs, to: state.withLock { !$0.entries.isEmpty })
    }

    private func record(_ event: BridgeEvent) async {
        let now = context.clock.now()
        do {
            try await context.ledger.change { _ = try $0.record(event, at: now) }
        } catch {
            context.logger.error("\(event.name) is not recorded: \(error)")
        }
    }

    private func recordContact(_ id: PairID, _ event: @escaping @Sendable (DevicePair) -> BridgeEvent) async {
        let now = context.clock.now()
        do {
            let pair = try await context.ledger.change { transaction -> DevicePair? in
                guard var pair = try transaction.devicePair(id), pair.status == .active else { return nil }
                pair.lastSyncAt = now
                try transaction.update(pair)
                try transaction.record(event(pair), at: now)
                return pair
            }
            if let pair { state.withLock { $0.entries[id]?.pair.lastSyncAt = pair.lastSyncAt } }
        } catch {
            context.logger.error("contact with a device is not recorded: \(error)", metadata: ["pair": "\(id)"])
        }
    }

    private static let unknown = OffloadError(.unauthorized, "this pair is over; pair the devices anew")
}
