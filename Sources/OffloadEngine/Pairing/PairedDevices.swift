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
        /// There is something to pull.
        case work
        /// A person cancelled the task.
        case cancel(AttemptKey)
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

    private struct Farewell {
        let id: PairID
        /// How long the other device is waited for.
        let until: Duration
        /// Whether the record says already that the pair is over.
        var isRecorded: Bool
        /// Heard before that.
        var isHeard = false
    }

    private struct State {
        var entries: [PairID: Entry] = [:]
        /// Of pairs that are not over.
        var idsByDigest: [String: PairID] = [:]
        /// Pairs that were ended here and whose other device has not heard of it, by the digests of their keys.
        var farewells: [String: Farewell] = [:]
        var nextStream = 0
    }

    private let context: EngineContext
    private let door: PeerDoor
    private let time: MonotonicTime
    private let state = Mutex(State())
    private let signals: AsyncStream<Void>
    private let signal: AsyncStream<Void>.Continuation
    /// Devices whose streams have ended, to be recorded.
    private let departed: AsyncStream<DevicePair>
    private let departures: AsyncStream<DevicePair>.Continuation

    /// How long half a pair may wait for its other half.
    package static let halfLifetime = Duration.seconds(600)
    /// How long the door stays open for a device that is to learn that its pair was ended, in one run of this device.
    package static let farewellLifetime = Duration.seconds(24 * 60 * 60)

    package init(context: EngineContext, door: PeerDoor, time: MonotonicTime) {
        self.context = context
        self.door = door
        self.time = time
        (signals, signal) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
        (departed, departures) = AsyncStream.makeStream(of: DevicePair.self)
    }

    /// Reads the pairs; to be called once, before anybody is let in.
    package func load() async throws {
        for pair in try await context.ledger.read({ try $0.devicePairs() }) {
            // A crash may have come between the end of a pair and this.
            if pair.status.isOver { try await release(pair.id, at: context.clock.now()) }
            switch pair.status {
            case .pending, .active: add(pair)
            case .leaving: sayFarewell(to: pair)
            case .disconnected: break
            }
        }
    }

    /// Notices who has gone, and gives up halves that nobody completed.
    package func run() async throws {
        await withGracefulShutdownHandler {
            await withTaskGroup(of: Void.self) { group in
                group.addTask { await self.watch() }
                for await pair in departed {
                    await record(.deviceDisconnected(pair.device, reason: "the connection ended"))
                }
            }
        } onGracefulShutdown: {
            self.signal.finish()
            self.endStreams()
            self.departures.finish()
        }
    }

    private func watch() async {
        for await _ in signals {
            // Only while somebody is there, or something is waited for, is there anything to look for.
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
    }

    private func endStreams() {
        let streams = state.withLock { state in state.entries.values.compactMap(\.stream) }
        for stream in streams { stream.continuation.finish() }
    }

    /// - Returns: when to look again; nil when there is nothing to wait for.
    private func look() async -> Duration? {
        let (gone, halves, isWaiting) = state.withLock { state -> ([DevicePair], [DevicePair], Bool) in
            let now = time.now
            var (gone, halves): ([DevicePair], [DevicePair]) = ([], [])
            for id in state.entries.keys.sorted(by: { $0.rawValue < $1.rawValue }) {
                guard var entry = state.entries[id] else { continue }
                if entry.presence.look(at: now) { gone.append(entry.pair) }
                if let until = entry.halfUntil, until <= now { halves.append(entry.pair) }
                state.entries[id] = entry
            }
            for half in halves { Self.remove(half.id, &state) }
            state.farewells = state.farewells.filter { $0.value.until > now }
            let isWaiting =
                state.entries.values.contains { $0.presence.isConnected || $0.halfUntil != nil }
                || !state.farewells.isEmpty
            return (gone, halves, isWaiting)
        }
        for pair in gone { await record(.deviceDisconnected(pair.device, reason: "nothing was heard from it")) }
        for half in halves {
            let now = context.clock.now()
            do {
                try await context.ledger.change { transaction in
                    try transaction.removeDevicePair(half.id)
                    try transaction.record(
                        .pairingFailed(half.projectID, reason: "\(half.targetName) did not complete the pairing"),
                        at: now)
                }
            } catch {
                context.logger.error("half a pair is not removed: \(error)", metadata: ["pair": "\(half.id)"])
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
        context.crashPoint.reached(.sourceBeforeActive)
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
        context.crashPoint.reached(.sourceAfterActive)
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
        continuation.onTermination = { [weak self] _ in self?.ended(number, of: id) }
        continuation.yield(.connected)
        return stream
    }

    /// The stream of a target ended: it is gone, unless a newer one took its place.
    private func ended(_ number: Int, of id: PairID) {
        let gone = state.withLock { state -> DevicePair? in
            guard state.entries[id]?.stream?.number == number else { return nil }
            state.entries[id]?.stream = nil
            return state.entries[id]?.presence.left() == true ? state.entries[id]?.pair : nil
        }
        guard let gone else { return }
        departures.yield(gone)
    }

    /// Shows every target that its connection is alive.
    package func pulse() {
        let streams = state.withLock { state in state.entries.values.compactMap(\.stream) }
        for stream in streams { stream.continuation.yield(.quiet) }
    }

    /// Tells the device of one pair, or every one. Whoever is not connected finds out when it is.
    package func tell(_ notice: Notice, to id: PairID? = nil) {
        let streams = state.withLock { state in
            id.map { [state.entries[$0]?.stream].compactMap(\.self) } ?? state.entries.values.compactMap(\.stream)
        }
        for stream in streams { stream.continuation.yield(notice) }
    }

    /// Whether there is a device that takes work of the project.
    package func isThereAny(for project: ProjectID) -> Bool {
        state.withLock { state in
            state.entries.values.contains { $0.pair.projectID == project && $0.pair.status == .active }
        }
    }

    /// The pair of this id, while it is not over.
    package func pair(_ id: PairID) -> DevicePair? { state.withLock { $0.entries[id]?.pair } }

    /// Whether the device of a pair takes new work. What it has, it goes on with. Saying the same again changes nothing.
    /// - Throws: `OffloadError` of kind `notFound`, or `conflict` when the pair is over.
    package func setPaused(_ isPaused: Bool, _ id: PairID) async throws -> (pair: DevicePair, presence: Presence?) {
        let now = context.clock.now()
        let pair = try await context.ledger.change { transaction -> DevicePair in
            guard var pair = try transaction.devicePair(id) else { throw OffloadError.missing(id) }
            guard !pair.status.isOver else { throw OffloadError(.conflict, "pair \(id) is over") }
            guard pair.isPaused != isPaused else { return pair }
            pair.isPaused = isPaused
            try transaction.update(pair)
            try transaction.record(isPaused ? .devicePaused(pair.device) : .deviceResumed(pair.device), at: now)
            return pair
        }
        let presence = state.withLock { state in
            state.entries[id]?.pair.isPaused = isPaused
            return state.entries[id]?.presence
        }
        if !isPaused { tell(.work, to: id) }
        return (pair, presence)
    }

    // MARK: - Ends

    /// Ends a pair at once: no request under its key succeeds any more, its stream ends. The history stays.
    /// - Parameter isKnownThere: whether it was the other device that ended it.
    /// - Throws: `OffloadError` of kind `notFound`, or what the ledger throws; the pair lets nobody in all the same until this
    ///   device is started again.
    package func disconnect(_ id: PairID, reason: String, isKnownThere: Bool) async throws {
        let stream = state.withLock { state in
            // Said in the same moment in which the key stops to open anything: the refusal may be heard at once.
            if !isKnownThere, let pair = state.entries[id]?.pair, pair.status == .active {
                state.farewells[pair.keyDigest] = Farewell(
                    id: id, until: time.now + Self.farewellLifetime, isRecorded: false)
            }
            return Self.remove(id, &state)
        }
        let now = context.clock.now()
        defer {
            stream?.yield(.revoked)
            stream?.finish()
        }
        let digest = try await context.ledger.change { transaction -> String in
            guard var pair = try transaction.devicePair(id) else { throw OffloadError.missing(id) }
            guard !pair.status.isOver else { return pair.keyDigest }
            pair.status = isKnownThere || pair.status == .pending ? .disconnected : .leaving
            pair.lastSyncAt = now
            try transaction.update(pair)
            _ = try HandoverDecisions().takeBackAll(from: id, at: now, in: &transaction)
            try transaction.record(.deviceDisconnected(pair.device, reason: reason), at: now)
            return pair.keyDigest
        }
        try await release(id, at: now)
        tell(.work)
        let isHeard = state.withLock { state in
            state.farewells[digest]?.isRecorded = true
            return state.farewells[digest]?.isHeard ?? false
        }
        if isHeard { await heardOfItsEnd(keyDigest: digest) }
        updateDoor()
        signal.yield()
    }

    /// What waited for the device alone goes to whoever asks first; in several transactions, because it may be very much.
    private func release(_ id: PairID, at now: Timestamp) async throws {
        var released = Self.releasedAtOnce
        while released == Self.releasedAtOnce {
            released = try await context.ledger.change { transaction in
                try HandoverDecisions().release(from: id, limit: Self.releasedAtOnce, at: now, in: &transaction)
            }
        }
    }

    private static let releasedAtOnce = 200

    private func sayFarewell(to pair: DevicePair) {
        state.withLock { state in
            state.farewells[pair.keyDigest] = Farewell(
                id: pair.id, until: time.now + Self.farewellLifetime, isRecorded: true)
        }
        updateDoor()
        signal.yield()
    }

    /// A request came under a key that opens nothing: whoever holds it is told so by the refusal.
    package func heardOfItsEnd(keyDigest: String) async {
        let heard = state.withLock { state -> PairID? in
            state.farewells[keyDigest]?.isHeard = true
            guard let farewell = state.farewells[keyDigest], farewell.isRecorded else { return nil }
            state.farewells[keyDigest] = nil
            return farewell.id
        }
        guard let id = heard else { return }
        do {
            try await context.ledger.change { transaction in
                guard var pair = try transaction.devicePair(id), pair.status == .leaving else { return }
                pair.status = .disconnected
                try transaction.update(pair)
            }
        } catch {
            context.logger.error("the end of a pair is not recorded: \(error)", metadata: ["pair": "\(id)"])
        }
        // Not before the refusal is on its way.
        signal.yield()
    }

    @discardableResult
    private static func remove(_ id: PairID, _ state: inout State) -> AsyncStream<Notice>.Continuation? {
        guard let entry = state.entries.removeValue(forKey: id) else { return nil }
        state.idsByDigest[entry.pair.keyDigest] = nil
        return entry.stream?.continuation
    }

    private func updateDoor() {
        door.set(.pairs, to: state.withLock { !$0.entries.isEmpty || !$0.farewells.isEmpty })
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
