#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#elseif canImport(Darwin)
internal import Darwin
#endif

/// One row of the system's process table.
struct ProcessEntry: Sendable, Equatable {
    let pid: pid_t
    let parent: pid_t
    let group: pid_t
    let session: pid_t
    /// It has ended and waits to be reaped.
    let isZombie: Bool
    /// In the system's own unit, counted from its start; with the pid it names a process for good.
    let startTime: UInt64

    var identity: ProcessIdentity { ProcessIdentity(pid: pid, startTime: startTime) }
}

/// Names one process, also after its pid was given to another.
struct ProcessIdentity: Sendable, Hashable {
    let pid: pid_t
    let startTime: UInt64
}

/// What the sweep asks the system. The questions are the same everywhere, the answers come from
/// `ProcessTable+Linux.swift` and `ProcessTable+Darwin.swift`:
///
/// - `entries()`: every process, or as many as can be seen.
/// - `entry(of:)`: one process; nil when there is none.
/// - `marker(of:)`: the value of the marker variable in the process's environment.
/// - `now()`: the present in the unit of `ProcessEntry.startTime`.
/// - `becomeSubreaper()`: makes orphans of our descendants our children; false where that is not to be had.
/// - `adoptedChildren()`: the pids of such orphans; nil when the system does not list them.
enum ProcessTable {
    /// Sends a signal to exactly this process: not to one that was given its pid since.
    static func signal(_ process: ProcessIdentity, _ number: Int32) {
        guard entry(of: process.pid)?.startTime == process.startTime else { return }
        kill(process.pid, number)
    }

    static func exists(_ pid: pid_t) -> Bool {
        kill(pid, 0) == 0 || errno == EPERM
    }

    /// Whether the group has a member, be it a zombie. A live process with the group's own number means that the
    /// number was given away after the group had died out: a number in use by a group is never given to a process.
    static func groupExists(_ leader: pid_t) -> Bool {
        !exists(leader) && (kill(-leader, 0) == 0 || errno == EPERM)
    }

    /// Takes a zombie that is our child off the table.
    static func reap(_ pid: pid_t) {
        var status: Int32 = 0
        waitpid(pid, &status, WNOHANG)
    }
}
