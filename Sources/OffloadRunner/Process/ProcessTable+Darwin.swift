#if canImport(Darwin)
internal import Darwin

extension ProcessTable {
    static func entries() -> [ProcessEntry] {
        query([CTL_KERN, KERN_PROC, KERN_PROC_UID, Int32(bitPattern: getuid())]).map(ProcessEntry.init)
    }

    static func entry(of pid: pid_t) -> ProcessEntry? {
        query([CTL_KERN, KERN_PROC, KERN_PROC_PID, pid]).first.map(ProcessEntry.init)
    }

    /// The system tells a process's arguments and environment as: the number of arguments, the program's path, padding,
    /// the arguments, the environment. The marker is looked for in all of it: only its full name at the beginning of a
    /// string counts.
    static func marker(of pid: pid_t) -> String? {
        var name = [CTL_KERN, KERN_PROCARGS2, pid]
        var size = 0
        guard sysctl(&name, 3, nil, &size, nil, 0) == 0, size > MemoryLayout<Int32>.size else { return nil }
        var bytes = [UInt8](repeating: 0, count: size)
        guard sysctl(&name, 3, &bytes, &size, nil, 0) == 0, size > MemoryLayout<Int32>.size else { return nil }
        let prefix = Array("\(AttemptMarker.variable)=".utf8)
        for row in bytes[MemoryLayout<Int32>.size..<size].split(separator: 0) where row.starts(with: prefix) {
            return String(decoding: row.dropFirst(prefix.count), as: UTF8.self)
        }
        return nil
    }

    static func now() -> UInt64 {
        var time = timeval()
        gettimeofday(&time, nil)
        return ProcessEntry.microseconds(time)
    }

    /// There are no subreapers here: orphans go to launchd and are found by their marker.
    static func becomeSubreaper() -> Bool { false }

    static func adoptedChildren() -> [pid_t]? { nil }

    private static func query(_ name: [Int32]) -> [kinfo_proc] {
        var name = name
        var size = 0
        guard sysctl(&name, UInt32(name.count), nil, &size, nil, 0) == 0, size > 0 else { return [] }
        // The table may grow between the two calls.
        size += 64 * MemoryLayout<kinfo_proc>.stride
        var rows = [kinfo_proc](repeating: kinfo_proc(), count: size / MemoryLayout<kinfo_proc>.stride)
        guard sysctl(&name, UInt32(name.count), &rows, &size, nil, 0) == 0 else { return [] }
        return Array(rows.prefix(size / MemoryLayout<kinfo_proc>.stride))
    }
}

extension ProcessEntry {
    fileprivate init(_ row: kinfo_proc) {
        self.init(
            pid: row.kp_proc.p_pid, parent: row.kp_eproc.e_ppid, group: row.kp_eproc.e_pgid,
            session: getsid(row.kp_proc.p_pid), isZombie: Int32(row.kp_proc.p_stat) == SZOMB,
            startTime: Self.microseconds(row.kp_proc.p_un.__p_starttime)
        )
    }

    fileprivate static func microseconds(_ time: timeval) -> UInt64 {
        UInt64(time.tv_sec) * 1_000_000 + UInt64(time.tv_usec)
    }
}
#endif
