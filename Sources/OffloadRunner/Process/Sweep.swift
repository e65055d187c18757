#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#elseif canImport(Darwin)
internal import Darwin
#endif

/// Ends processes until none is left to end: look, end, reap, and look again, because one of them may have forked in
/// between.
struct Sweep {
    /// The process table at one moment.
    struct Table {
        let entries: [ProcessEntry]

        /// The live processes for which `belongs` holds, and all their descendants; never this process or one above it.
        func closure(_ belongs: (ProcessEntry) -> Bool) -> [ProcessEntry] {
            let rows = Dictionary(entries.map { ($0.pid, $0) }, uniquingKeysWith: { first, _ in first })
            var above: Set<pid_t> = []
            var ancestor = rows[getpid()]
            while let entry = ancestor, above.insert(entry.pid).inserted { ancestor = rows[entry.parent] }
            above.insert(getpid())

            var verdicts: [pid_t: Bool] = [:]
            func verdict(_ entry: ProcessEntry) -> Bool {
                if above.contains(entry.pid) { return false }
                if let known = verdicts[entry.pid] { return known }
                // Set before asking upwards: a table read while pids are handed out may hold a circle.
                verdicts[entry.pid] = false
                let result = (!entry.isZombie && belongs(entry)) || rows[entry.parent].map(verdict) ?? false
                verdicts[entry.pid] = result
                return result
            }
            return entries.filter { verdict($0) && !$0.isZombie }
        }
    }

    /// How long a process may take to vanish after KILL.
    private static let patience = Duration.seconds(5)

    let reap: (Table) -> Void

    /// - Parameter choose: the processes to end, picked from the table as it is now.
    /// - Returns: how many were ended, and how many of them were still there in the end.
    func run(_ choose: (Table) -> [ProcessEntry]) -> Leftovers {
        let deadline = ContinuousClock.now.advanced(by: Self.patience)
        var chosen: Set<ProcessIdentity> = []
        var pause: UInt32 = 500
        while true {
            let table = Table(entries: ProcessTable.entries())
            let present = choose(table)
            for entry in present {
                chosen.insert(entry.identity)
                ProcessTable.signal(entry.identity, SIGKILL)
            }
            reap(present.isEmpty ? table : Table(entries: ProcessTable.entries()))
            if present.isEmpty { return Leftovers(ended: chosen.count, remaining: 0) }
            if ContinuousClock.now >= deadline {
                return Leftovers(ended: chosen.count - present.count, remaining: present.count)
            }
            // The system tells nobody of the end of processes that aren't its children; this runs on a queue of its own.
            usleep(pause)
            pause = min(pause * 2, 50_000)
        }
    }
}
