#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

/// The memory that this process holds.
enum ProcessMemory {
    /// Gives back what only a start or a busy time needed: free memory that the allocator keeps, and the pages of program
    /// code. Code that is used again is found in the system's page cache; most of what ran at a start never is.
    static func release() {
        #if os(Linux)
        releaseCode()
        trimHeap()
        #endif
    }

    #if os(Linux)
    /// Only mappings that can be executed and not written: nothing in them can differ from the file that they come from.
    private static func releaseCode() {
        guard let file = fopen("/proc/self/maps", "re") else { return }
        defer { fclose(file) }
        var line = [CChar](repeating: 0, count: 8_192)
        while fgets(&line, CInt(line.count), file) != nil {
            let fields = String(decoding: line.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
                .split(separator: " ", omittingEmptySubsequences: true)
            guard fields.count > 5, fields[1] == "r-xp", fields[5].hasPrefix("/") else { continue }
            let bounds = fields[0].split(separator: "-").compactMap { UInt($0, radix: 16) }
            guard bounds.count == 2, let start = UnsafeMutableRawPointer(bitPattern: bounds[0]) else { continue }
            _ = madvise(start, Int(bounds[1] - bounds[0]), CInt(MADV_DONTNEED))
        }
    }

    /// The allocator's own call for it; Swift's view of the C library leaves it out.
    private static func trimHeap() {
        typealias Trim = @convention(c) (Int) -> CInt
        guard let address = dlsym(nil, "malloc_trim") else { return }
        _ = unsafeBitCast(address, to: Trim.self)(0)
    }
    #endif
}
