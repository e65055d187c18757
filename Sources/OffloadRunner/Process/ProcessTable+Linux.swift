#if os(Linux)
#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#endif
internal import SystemPackage

extension ProcessTable {
    static func entries() -> [ProcessEntry] {
        guard let folder = opendir("/proc") else { return [] }
        defer { closedir(folder) }
        var entries: [ProcessEntry] = []
        while let item = readdir(folder) {
            let name = withUnsafePointer(to: &item.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if let pid = pid_t(name), let entry = entry(of: pid) { entries.append(entry) }
        }
        return entries
    }

    static func entry(of pid: pid_t) -> ProcessEntry? {
        withContents(of: "/proc/\(pid)/stat", limit: 4_096) { ProcessEntry(statLine: $0) } ?? nil
    }

    static func marker(of pid: pid_t) -> String? {
        // Environments grow to megabytes; whoever needs more than this has hidden it on purpose, and is found as an
        // orphan.
        withContents(of: "/proc/\(pid)/environ", limit: 4 << 20) { environment -> String? in
            let name = Array("\(AttemptMarker.variable)=".utf8)
            for row in environment.split(separator: 0) where row.starts(with: name) {
                return String(decoding: row.dropFirst(name.count), as: UTF8.self)
            }
            return nil
        } ?? nil
    }

    static func now() -> UInt64 {
        var time = timespec()
        clock_gettime(CLOCK_BOOTTIME, &time)
        let ticksPerSecond = UInt64(max(sysconf(Int32(_SC_CLK_TCK)), 1))
        return UInt64(time.tv_sec) * ticksPerSecond + UInt64(time.tv_nsec) * ticksPerSecond / 1_000_000_000
    }

    static func becomeSubreaper() -> Bool {
        // `prctl` is variadic, which Swift does not import. Its arguments go where those of a function with five
        // fixed ones would go on every Linux we build for.
        typealias ProcessControl = @convention(c) (Int32, UInt, UInt, UInt, UInt) -> Int32
        guard let address = dlsym(nil, "prctl") else { return false }
        let control = unsafeBitCast(address, to: ProcessControl.self)
        let setChildSubreaper: Int32 = 36
        return control(setChildSubreaper, 1, 0, 0, 0) == 0
    }

    /// Orphans are given to the first thread of the subreaper, and programs are started by another one; so its first
    /// thread's children are the orphans.
    static func adoptedChildren() -> [pid_t]? {
        let own = getpid()
        return withContents(of: "/proc/\(own)/task/\(own)/children", limit: 1 << 20) { text in
            text.split(separator: UInt8(ascii: " ")).compactMap { pid_t(String(decoding: $0, as: UTF8.self)) }
        }
    }

    private static func withContents<Result>(
        of path: String, limit: Int, _ body: (UnsafeRawBufferPointer) -> Result
    ) -> Result? {
        guard let file = try? FileDescriptor.open(path, .readOnly, options: .closeOnExec) else { return nil }
        defer { try? file.close() }
        var size = 4_096
        while true {
            // The kernel makes the text anew for a read at the beginning; a buffer that it fills was too small.
            let result: Result?? = withUnsafeTemporaryAllocation(byteCount: size, alignment: 1) { buffer in
                var filled = 0
                while filled < size {
                    let rest = UnsafeMutableRawBufferPointer(rebasing: buffer[filled...])
                    guard let count = try? file.read(fromAbsoluteOffset: Int64(filled), into: rest) else {
                        return .some(nil)
                    }
                    if count == 0 { break }
                    filled += count
                }
                if filled == size, size < limit { return nil }
                return body(UnsafeRawBufferPointer(rebasing: buffer[..<filled]))
            }
            if let result { return result }
            size *= 8
        }
    }
}

extension ProcessEntry {
    /// Reads `/proc/<pid>/stat`. The program's name stands in brackets and may hold anything, brackets too.
    init?(statLine: UnsafeRawBufferPointer) {
        guard let open = statLine.firstIndex(of: UInt8(ascii: "(")),
            let close = statLine.lastIndex(of: UInt8(ascii: ")")),
            let pid = pid_t(String(decoding: statLine[..<open].dropLast(), as: UTF8.self))
        else { return nil }
        let fields = statLine[(close + 1)...].split(separator: UInt8(ascii: " "))
        func number<Number: FixedWidthInteger>(_ index: Int) -> Number? {
            fields.indices.contains(index) ? Number(String(decoding: fields[index], as: UTF8.self)) : nil
        }
        guard let state = fields.first?.first, let parent: pid_t = number(1), let group: pid_t = number(2),
            let session: pid_t = number(3), let startTime: UInt64 = number(19)
        else { return nil }
        self.init(
            pid: pid, parent: parent, group: group, session: session,
            isZombie: state == UInt8(ascii: "Z") || state == UInt8(ascii: "X"), startTime: startTime
        )
    }
}
#endif
