internal import Synchronization
#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#elseif canImport(Darwin)
internal import Darwin
#endif

/// Ends one program, once, for the first reason that arrives: TERM to its group, some time, KILL.
///
/// A reason may arrive before the program exists; then it is ended as soon as it does.
final class SessionEnd: Sendable {
    private enum Phase {
        case starting
        case running(leader: pid_t)
        case over
    }

    private struct State {
        var phase = Phase.starting
        var cause: EndingCause?
        /// It said that it was done, before anybody wanted to end it.
        var isDone = false
        var deadlines: [Deadlines.ID] = []
    }

    private let grace: Duration
    private let deadlines: Deadlines
    private let state = Mutex(State())

    init(grace: Duration, deadlines: Deadlines) {
        self.grace = grace
        self.deadlines = deadlines
    }

    /// Ends the program unless that has been done or it has ended.
    func end(_ cause: EndingCause) {
        state.withLock { state in
            if case .over = state.phase { return }
            guard state.cause == nil else { return }
            // A reason that arrives after the last word hurries the exit; it does not change how the run went.
            state.cause = state.isDone ? .lingered : cause
            if case .running(let leader) = state.phase { terminate(leader, &state) }
        }
    }

    /// The program said that it is done: it gets some time to exit by itself.
    func done(exitWithin limit: Duration) {
        state.withLock { $0.isDone = true }
        watch(from: .now.advanced(by: limit)) { [weak self] in
            self?.end(.lingered)
            return nil
        }
    }

    /// Calls `action` at `instant`, and again whenever it says so, until the program has ended.
    func watch(from instant: ContinuousClock.Instant, _ action: @escaping Deadlines.Action) {
        state.withLock { state in
            if case .over = state.phase { return }
            state.deadlines.append(deadlines.add(at: instant, action))
        }
    }

    func started(leader: pid_t) {
        state.withLock { state in
            state.phase = .running(leader: leader)
            if state.cause != nil { terminate(leader, &state) }
        }
    }

    /// The leader was reaped: nothing is sent to its number any more.
    /// - Returns: why it was ended; nil when it ended by itself.
    func over() -> EndingCause? {
        let (cause, pending) = state.withLock { state in
            state.phase = .over
            defer { state.deadlines = [] }
            return (state.cause, state.deadlines)
        }
        for id in pending { deadlines.remove(id) }
        return cause
    }

    private func terminate(_ leader: pid_t, _ state: inout State) {
        kill(-leader, SIGTERM)
        // A stopped process would sleep through TERM.
        kill(-leader, SIGCONT)
        let id = deadlines.add(at: .now.advanced(by: grace)) { [weak self] in
            self?.kill()
            return nil
        }
        state.deadlines.append(id)
    }

    private func kill() {
        state.withLock { state in
            guard case .running(let leader) = state.phase else { return }
            kill(-leader, SIGKILL)
        }
    }

    private func kill(_ group: pid_t, _ signal: Int32) {
        #if canImport(Glibc)
        _ = Glibc.kill(group, signal)
        #elseif canImport(Musl)
        _ = Musl.kill(group, signal)
        #else
        _ = Darwin.kill(group, signal)
        #endif
    }
}
