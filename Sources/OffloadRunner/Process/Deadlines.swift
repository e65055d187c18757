internal import Dispatch
internal import Synchronization

/// Things to be done at a time, for all sessions together, on one timer.
///
/// A sleeping task per limit would leave its timer behind when it is cancelled: two hours of them after short runs.
/// The timer sleeps through nothing for long: it looks at `ContinuousClock` at least every thirty seconds while there
/// is something to wait for, because the system's timers stand still while the machine sleeps. With nothing to wait
/// for it never fires.
final class Deadlines: Sendable {
    /// What to do when the time has come; returns the next time at which it wants to be called, if any.
    typealias Action = @Sendable () -> ContinuousClock.Instant?

    struct ID: Hashable, Sendable {
        fileprivate let number: UInt64
    }

    private struct Entry {
        let instant: ContinuousClock.Instant
        let action: Action
    }

    private struct State {
        var entries: [ID: Entry] = [:]
        var next: UInt64 = 0
        var armed: ContinuousClock.Instant?
    }

    private static let longestSleep = Duration.seconds(30)

    private let clock = ContinuousClock()
    private let state = Mutex(State())
    private let timer: DispatchHandle<any DispatchSourceTimer>

    init() {
        timer = DispatchHandle(
            source: DispatchSource.makeTimerSource(queue: DispatchQueue(label: "offload.deadlines")))
        timer.source.setEventHandler { [weak self] in self?.fire() }
        timer.source.activate()
    }

    deinit {
        timer.source.cancel()
    }

    /// Calls `action` once `instant` has passed, on a queue of our own.
    func add(at instant: ContinuousClock.Instant, _ action: @escaping Action) -> ID {
        state.withLock { state in
            state.next += 1
            let id = ID(number: state.next)
            state.entries[id] = Entry(instant: instant, action: action)
            arm(for: instant, &state)
            return id
        }
    }

    /// After this the action is not called any more, unless it is being called right now.
    func remove(_ id: ID) {
        // The entry is freed outside the lock: it may own a session whose end comes back here.
        let removed = state.withLock { $0.entries.removeValue(forKey: id) }
        _ = removed
    }

    private func fire() {
        let now = clock.now
        let due = state.withLock { state in
            let due = state.entries.filter { $0.value.instant <= now }
            for id in due.keys { state.entries[id] = nil }
            state.armed = nil
            return due
        }
        var again: [(ID, Entry)] = []
        for (id, entry) in due {
            if let next = entry.action() { again.append((id, Entry(instant: next, action: entry.action))) }
        }
        state.withLock { state in
            for (id, entry) in again { state.entries[id] = entry }
            if let earliest = state.entries.values.map(\.instant).min() { arm(for: earliest, &state) }
        }
    }

    private func arm(for instant: ContinuousClock.Instant, _ state: inout State) {
        let now = clock.now
        let wanted = min(instant, now.advanced(by: Self.longestSleep))
        if let armed = state.armed, armed <= wanted { return }
        state.armed = wanted
        let wait = max(now.duration(to: wanted), .zero).components
        let nanoseconds = Int(wait.seconds) * 1_000_000_000 + Int(wait.attoseconds / 1_000_000_000)
        timer.source.schedule(deadline: .now() + .nanoseconds(nanoseconds), leeway: .milliseconds(1))
    }
}
