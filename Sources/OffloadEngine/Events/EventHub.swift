package import OffloadDomain
import ServiceLifecycle
import Synchronization

/// Tells every watcher what is recorded, in order, without gap or repeat.
///
/// The ledger hands each new event on with its commit, and the hub keeps the newest few in memory for all watchers together. A
/// watcher that is behind what is kept reads on from the ledger, so a slow one costs nothing but its own connection.
package final class EventHub: Service {
    package enum News: Sendable, Equatable {
        /// What follows comes after this position.
        case began(position: Int64)
        case events([RecordedEvent])
        case progress([ProgressBoard.Entry])
        /// Nothing happened for a while; the connection is to be shown alive.
        case quiet
        /// The asked position is not kept any more (or never existed): load everything anew, then go on from here.
        case reset(position: Int64)
    }

    private struct State {
        var recent: [RecordedEvent] = []
        var newest: Int64
        var watchers: [Int: AsyncStream<Wake>.Continuation] = [:]
        var nextWatcher = 0
        var closed = false
    }

    private let ledger: any Ledger
    private let state: Mutex<State>
    package let watcherLimit: Int

    /// Events kept in memory for watchers that keep up.
    package static let recentLimit = 256
    /// Events read from the ledger at once for a watcher that is behind.
    private static let pageSize = 200

    /// - Parameter newest: position of the newest event when the device started.
    package init(ledger: any Ledger, newest: Int64, watcherLimit: Int) {
        self.ledger = ledger
        self.watcherLimit = watcherLimit
        state = Mutex(State(newest: newest))
    }

    package var watcherCount: Int { state.withLock { $0.watchers.count } }

    /// Wakes every watcher; called when something changed that is not in the ledger.
    package func nudge() {
        for watcher in state.withLock({ Array($0.watchers.values) }) { watcher.yield(.news) }
    }

    package func run() async throws {
        await withGracefulShutdownHandler {
            // Asked for before the newest position is read, so that no commit falls in between.
            let commits = ledger.commits().cancelOnGracefulShutdown()
            if let newest = try? await ledger.read({ try $0.newestEventPosition() }) { try? await take(upTo: newest) }
            for await events in commits {
                do {
                    try await take(events)
                } catch {
                    // The next commit brings what was missed: reading goes on where it stopped.
                    continue
                }
                if state.withLock({ $0.closed }) { return }
            }
        } onGracefulShutdown: {
            self.close()
        }
        close()
    }

    /// Ends every watcher's stream.
    package func close() {
        let watchers = state.withLock { state in
            state.closed = true
            defer { state.watchers = [:] }
            return Array(state.watchers.values)
        }
        for watcher in watchers { watcher.finish() }
    }

    /// Takes what a commit told. What was missed before it is read.
    private func take(_ events: [RecordedEvent]) async throws {
        guard let first = events.first, let last = events.last else { return }
        if first.position > state.withLock({ $0.newest }) + 1 { return try await take(upTo: last.position) }
        append(events)
    }

    private func take(upTo position: Int64) async throws {
        while true {
            let newest = state.withLock { $0.newest }
            guard newest < position else { return }
            let events = try await ledger.read { try $0.events(after: newest, limit: Self.pageSize) }
            guard !events.isEmpty else { return }
            append(events)
        }
    }

    /// - Parameter events: without gaps, and none behind the newest.
    private func append(_ events: [RecordedEvent]) {
        let isNews = state.withLock { state in
            let new = events.drop { $0.position <= state.newest }
            guard let last = new.last else { return false }
            state.recent.append(contentsOf: new)
            state.recent.removeFirst(max(0, state.recent.count - Self.recentLimit))
            state.newest = last.position
            return true
        }
        if isNews { nudge() }
    }

    /// A place among the watchers; given back when nobody holds it any more.
    package final class Seat: Sendable {
        fileprivate let wakes: AsyncStream<Wake>
        private let giveBack: @Sendable () -> Void

        fileprivate init(wakes: AsyncStream<Wake>, giveBack: @escaping @Sendable () -> Void) {
            self.wakes = wakes
            self.giveBack = giveBack
        }

        deinit { giveBack() }
    }

    /// - Throws: `OffloadError` of kind `tooManyRequests` when there are as many watchers as allowed, of kind `device` when
    ///   the hub is closed.
    package func takeSeat() throws(OffloadError) -> Seat {
        let (stream, continuation) = AsyncStream.makeStream(of: Wake.self, bufferingPolicy: .bufferingNewest(1))
        let (id, isClosed) = state.withLock { state -> (Int?, Bool) in
            guard !state.closed, state.watchers.count < watcherLimit else { return (nil, state.closed) }
            let id = state.nextWatcher
            state.nextWatcher += 1
            state.watchers[id] = continuation
            return (id, false)
        }
        guard let id else {
            throw isClosed
                ? OffloadError(.device, "the device is shutting down")
                : OffloadError(
                    .tooManyRequests, "\(watcherLimit) streams are open; close one or raise OFFLOAD_MAX_STREAMS")
        }
        return Seat(wakes: stream) { [weak self] in self?.leave(id) }
    }

    /// Calls `body` with everything after `position`, then with what comes, until the caller's task is cancelled, the hub
    /// closes or `body` throws. While `body` runs nothing is collected for it.
    /// - Parameters:
    ///   - position: nil to start with what comes next.
    ///   - projectID: only events of this project and those of none; nil for all.
    ///   - seat: one that was taken before; nil takes one now.
    /// - Throws: what `takeSeat` throws, or what `body` throws.
    package func watch(
        after position: Int64?, projectID: ProjectID?, progress: ProgressBoard, seat: Seat? = nil,
        _ body: (News) async throws -> Void
    ) async throws {
        let seat = try seat ?? takeSeat()
        var cursor = try await startingPoint(position, body)
        var progressVersion = 0
        var iterator = seat.wakes.makeAsyncIterator()
        while !Task.isCancelled {
            while let events = try await next(after: &cursor, projectID: projectID) {
                if !events.isEmpty { try await body(.events(events)) }
            }
            let (entries, version) = progress.changes(since: progressVersion)
            progressVersion = version
            if !entries.isEmpty { try await body(.progress(entries)) }
            guard let wake = await iterator.next() else { return }
            if wake == .pulse { try await body(.quiet) }
        }
    }

    fileprivate enum Wake: Sendable {
        case news, pulse
    }

    /// Shows every watcher that it is still connected; called every 15 seconds.
    package func pulse() {
        for watcher in state.withLock({ Array($0.watchers.values) }) { watcher.yield(.pulse) }
    }

    private func startingPoint(
        _ position: Int64?, _ body: (News) async throws -> Void
    ) async throws -> Int64 {
        let newest = state.withLock { $0.newest }
        guard let position else {
            try await body(.began(position: newest))
            return newest
        }
        let oldest = try await ledger.read { try $0.oldestEventPosition() }
        guard position >= oldest - 1, position <= newest else {
            try await body(.began(position: newest))
            try await body(.reset(position: newest))
            return newest
        }
        try await body(.began(position: position))
        return position
    }

    /// The next events for this watcher (perhaps none of its project); nil when it has seen all.
    private func next(after cursor: inout Int64, projectID: ProjectID?) async throws -> [RecordedEvent]? {
        let from = cursor
        let (kept, newest) = state.withLock { state -> ([RecordedEvent]?, Int64) in
            guard let first = state.recent.first, first.position <= from + 1 else { return (nil, state.newest) }
            return (state.recent.filter { $0.position > from }, state.newest)
        }
        guard newest > from else { return nil }
        let events =
            if let kept {
                kept
            } else {
                try await ledger.read { try $0.events(after: from, limit: Self.pageSize) }
            }
        guard let last = events.last else { return nil }
        cursor = last.position
        return projectID.map { wanted in events.filter { $0.projectID == nil || $0.projectID == wanted } } ?? events
    }

    private func leave(_ id: Int) {
        state.withLock { $0.watchers[id] = nil }
    }
}
