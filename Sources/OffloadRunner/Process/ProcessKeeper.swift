internal import Dispatch
internal import OffloadDomain
internal import Synchronization
#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#elseif canImport(Darwin)
internal import Darwin
#endif

/// Knows every program that the device has running for an attempt, and ends what they leave behind.
///
/// On Linux it makes the device the reaper of its orphans, so that whatever an agent starts stays below the device
/// however often it forks. One per process; it has to exist before the first program is started.
package final class ProcessKeeper: Sendable {
    /// A program that is being started or runs.
    struct Ticket: Sendable, Hashable {
        fileprivate let number: UInt64
    }

    struct Session: Sendable {
        let marker: AttemptMarker
        /// Taken before the program was started: what is older cannot be its descendant.
        let since: UInt64
        /// nil until the program was started.
        var leader: pid_t?
    }

    private struct State {
        var sessions: [Ticket: Session] = [:]
        var next: UInt64 = 0
        var isReaping = false
        /// Orphans that were looked at and left alone. They are our children: until we reap one, its pid stays its own.
        var spared: [pid_t: Reprieve] = [:]

        func isSpared(_ pid: pid_t, by ending: Ticket) -> Bool {
            guard let reprieve = spared[pid] else { return false }
            return sessions.contains { ticket, session in ticket != ending && reprieve.holds(for: session) }
        }
    }

    /// Why an orphan lives on after the end of a session.
    private enum Reprieve {
        case marked(String)
        /// It threw its marker away, so it may be of any session that was there when it began.
        case unmarked(startTime: UInt64)

        func holds(for session: Session) -> Bool {
            switch self {
            case .marked(let marker): session.marker.value == marker
            case .unmarked(let startTime): session.since <= startTime
            }
        }
    }

    package let instance: String
    let deadlines = Deadlines()
    let poll = PipePoll()
    private let state = Mutex(State())
    /// One sweep at a time: two would reap under each other's eyes.
    private let sweeps = DispatchQueue(label: "offload.sweep")
    private let isSubreaper: Bool
    /// Children that this process had before it became the device, as after an `exec`: not ours to judge.
    private let strangers: [pid_t: ProcessIdentity]
    private static let reapInterval = Duration.seconds(30)

    /// - Parameter instance: stands for the data folder in markers.
    package init(instance: String) {
        self.instance = instance
        let children = (ProcessTable.adoptedChildren() ?? []).compactMap(ProcessTable.entry)
        strangers = Dictionary(children.map { ($0.pid, $0.identity) }, uniquingKeysWith: { first, _ in first })
        isSubreaper = ProcessTable.becomeSubreaper()
    }

    /// The programs that are running now, oldest first.
    package var runningLeaders: [Int32] {
        state.withLock { state in state.sessions.values.sorted { $0.since < $1.since }.compactMap(\.leader) }
    }

    /// Ends every process that an earlier run of this device left behind, at any depth.
    ///
    /// Called before the first program is started. Blocks nobody; returns within a few seconds also when a process
    /// cannot be ended.
    package func endSurvivors() async -> Leftovers {
        await onSweepQueue { keeper in
            let running = Set(keeper.state.withLock { $0.sessions.values.map(\.marker.value) })
            let prefix = AttemptMarker.prefix(of: keeper.instance)
            let sweep = Sweep(reap: keeper.reapOrphans)
            func run() -> Leftovers {
                sweep.run { table in
                    table.closure { entry in
                        guard let marker = ProcessTable.marker(of: entry.pid) else { return false }
                        return marker.hasPrefix(prefix) && !running.contains(marker)
                    }
                }
            }
            let first = run()
            if first == .none { return first }
            // One that was just becoming another program had no marker at the first look.
            usleep(5_000)
            let second = run()
            return Leftovers(ended: first.ended + second.ended, remaining: second.remaining)
        }
    }

    // MARK: Sessions

    func begin(_ attempt: AttemptKey) -> Ticket {
        let session = Session(marker: AttemptMarker(instance: instance, attempt: attempt), since: ProcessTable.now())
        let (ticket, startsReaping) = state.withLock { state in
            state.next += 1
            let ticket = Ticket(number: state.next)
            state.sessions[ticket] = session
            defer { state.isReaping = true }
            return (ticket, !state.isReaping)
        }
        if startsReaping { reapNowAndThen() }
        return ticket
    }

    func marker(of ticket: Ticket) -> AttemptMarker? {
        state.withLock { $0.sessions[ticket]?.marker }
    }

    func started(_ ticket: Ticket, leader: pid_t) {
        state.withLock { $0.sessions[ticket]?.leader = leader }
    }

    func end(_ ticket: Ticket) {
        state.withLock { $0.sessions[ticket] = nil }
    }

    /// Ends orphans that were left alone for the sake of sessions that have ended since. To be called after `end`.
    func endSpared() async -> Leftovers {
        guard state.withLock({ !$0.spared.isEmpty }) else { return .none }
        return await onSweepQueue { keeper in
            let condemned = keeper.state.withLock { state -> Set<pid_t> in
                let sessions = Array(state.sessions.values)
                let over = state.spared.filter { entry in !sessions.contains(where: entry.value.holds) }
                for pid in over.keys { state.spared[pid] = nil }
                return Set(over.keys)
            }
            guard !condemned.isEmpty else { return .none }
            return Sweep(reap: keeper.reapOrphans).run { table in
                // Our children until we reap them, so that their pids are theirs still.
                table.closure { $0.parent == getpid() && condemned.contains($0.pid) }
            }
        }
    }

    /// Ends what a session left behind. To be called after its leader was reaped and before `end`.
    func endLeftovers(of ticket: Ticket) async -> Leftovers {
        guard let session = state.withLock({ $0.sessions[ticket] }), let leader = session.leader else { return .none }
        if !ProcessTable.groupExists(leader), hasNoNewOrphans(at: ticket) { return .none }
        return await onSweepQueue { $0.sweep(ticket, session, leader) }
    }

    // MARK: Orphans

    /// The way of a program that started no other: one short list to read, and it is empty or known.
    private func hasNoNewOrphans(at ending: Ticket) -> Bool {
        guard isSubreaper, let orphans = ProcessTable.adoptedChildren() else { return false }
        if orphans.isEmpty { return true }
        return state.withLock { state in
            orphans.allSatisfy { pid in
                isStranger(pid) || state.isSpared(pid, by: ending)
                    || state.sessions.values.contains { $0.leader == pid }
            }
        }
    }

    private func sweep(_ ticket: Ticket, _ session: Session, _ leader: pid_t) -> Leftovers {
        // Without a live process of that number, group and session of that number can only be the leader's own.
        let leaderIsGone = !ProcessTable.exists(leader)
        let prefix = AttemptMarker.prefix(of: instance)
        var spared: [pid_t: Reprieve] = [:]
        var leftovers = Sweep(reap: reapOrphans).run { table in
            let others = state.withLock { state in state.sessions.filter { $0.key != ticket }.map(\.value) }
            let orphans = Set(self.orphans(in: table))
            spared = [:]
            return table.closure { entry in
                guard !others.contains(where: { $0.leader == entry.pid }) else { return false }
                if leaderIsGone, entry.group == leader || entry.session == leader { return true }
                let marker = marker(of: entry, isOrphan: orphans.contains(entry.pid))
                if marker == session.marker.value { return true }
                guard orphans.contains(entry.pid) else { return false }
                let reprieve: Reprieve =
                    if let marker, marker.hasPrefix(prefix) { .marked(marker) } else {
                        .unmarked(startTime: entry.startTime)
                    }
                guard others.contains(where: reprieve.holds) else { return true }
                spared[entry.pid] = reprieve
                return false
            }
        }
        for case .unmarked in spared.values { leftovers.remaining += 1 }
        state.withLock { $0.spared = spared }
        return leftovers
    }

    private func isStranger(_ pid: pid_t) -> Bool {
        guard let stranger = strangers[pid] else { return false }
        return ProcessTable.entry(of: pid)?.identity == stranger
    }

    /// A process that is just becoming another program has no environment for a moment: whether an orphan has really
    /// thrown its marker away shows in a second look.
    private func marker(of entry: ProcessEntry, isOrphan: Bool) -> String? {
        var marker = ProcessTable.marker(of: entry.pid)
        for _ in 0..<3 where marker == nil && isOrphan {
            usleep(1_000)
            marker = ProcessTable.marker(of: entry.pid)
        }
        return marker
    }

    /// Orphans of agents among the processes: our children, but neither started by us nor there before us. Programs
    /// that other rooms start (git) stay in the device's own session; agents and all that comes from them never are
    /// in it.
    private func orphans(in table: Sweep.Table) -> [pid_t] {
        guard isSubreaper else { return [] }
        let own = getpid()
        let ownSession = getsid(0)
        let (leaders, isStarting) = state.withLock { state in
            (Set(state.sessions.values.compactMap(\.leader)), state.sessions.values.contains { $0.leader == nil })
        }
        let adopted = ProcessTable.adoptedChildren().map(Set.init)
        return table.entries.filter { entry in
            guard entry.parent == own, entry.session != ownSession, !leaders.contains(entry.pid),
                strangers[entry.pid] != entry.identity
            else { return false }
            // Where the system does not list orphans apart, a leader that was started this moment looks like one.
            return adopted?.contains(entry.pid) ?? !(isStarting && entry.session == entry.pid)
        }.map(\.pid)
    }

    /// Takes dead orphans off the process table. Never waits for any child: that would steal the exit status of a
    /// program that somebody else waits for.
    private func reapOrphans(_ table: Sweep.Table) {
        let zombies = table.entries.filter(\.isZombie)
        guard !zombies.isEmpty else { return }
        let orphans = Set(orphans(in: table))
        for zombie in zombies where orphans.contains(zombie.pid) {
            state.withLock { $0.spared[zombie.pid] = nil }
            ProcessTable.reap(zombie.pid)
        }
    }

    /// A long run may leave thousands of dead orphans before its own sweep.
    private func reapNowAndThen() {
        guard isSubreaper else { return }
        _ = deadlines.add(at: .now.advanced(by: Self.reapInterval)) { [weak self] in
            guard let self else { return nil }
            let isIdle = state.withLock { state in
                if state.sessions.isEmpty { state.isReaping = false }
                return state.sessions.isEmpty
            }
            sweeps.async {
                let table = Sweep.Table(entries: (ProcessTable.adoptedChildren() ?? []).compactMap(ProcessTable.entry))
                self.reapOrphans(table)
            }
            return isIdle ? nil : .now.advanced(by: Self.reapInterval)
        }
    }

    private func onSweepQueue<Result: Sendable>(_ body: @escaping @Sendable (ProcessKeeper) -> Result) async -> Result {
        await withCheckedContinuation { continuation in
            sweeps.async { continuation.resume(returning: body(self)) }
        }
    }
}
