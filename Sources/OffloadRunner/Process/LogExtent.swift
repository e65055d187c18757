#if canImport(System)
internal import System
#else
internal import SystemPackage
#endif
#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#elseif canImport(Darwin)
internal import Darwin
#endif

/// Which positions of a log are kept, and where: the first `headSize` bytes in the head's file, those from `floor` to
/// `total` in the tail's, whose first bytes tell this.
struct LogExtent: Sendable, Equatable {
    /// Little-endian words at the beginning of the tail's file: magic, head size, capacity, floor, total.
    private static let magic: UInt64 = 0x3130_676F_4C66_664F
    private static let headerSize: Int64 = 64
    private static let floorOffset: Int64 = 24
    private static let totalOffset: Int64 = 32

    var headSize: Int64
    var capacity: Int64
    /// The oldest position of the tail that was not overwritten.
    var floor: Int64
    /// The position after the last byte that was ever written.
    var total: Int64

    init(headSize: Int64, capacity: Int64, floor: Int64, total: Int64) {
        self.headSize = headSize
        self.capacity = capacity
        self.floor = floor
        self.total = total
    }

    /// Reads what the files tell. A tail whose beginning was never completed counts as none.
    init(head: FileDescriptor?, tail: FileDescriptor?) throws {
        let size = try head?.seek(offset: 0, from: .end) ?? 0
        self.init(headSize: size, capacity: 0, floor: size, total: size)
        guard let tail else { return }
        let words = try withUnsafeTemporaryAllocation(of: UInt64.self, capacity: 5) { words in
            let bytes = UnsafeMutableRawBufferPointer(words)
            let count = try tail.read(fromAbsoluteOffset: 0, into: bytes)
            return count == bytes.count ? words.map { Int64(bitPattern: UInt64(littleEndian: $0)) } : []
        }
        guard words.count == 5, words[0] == Int64(bitPattern: Self.magic), words[2] > 0, words[1] >= 0,
            words[3] >= words[1], words[4] >= words[3]
        else { return }
        self.init(headSize: words[1], capacity: words[2], floor: words[3], total: words[4])
    }

    var hasTail: Bool { capacity > 0 }

    func save(to tail: FileDescriptor) throws {
        let words = [Self.magic, UInt64(headSize), UInt64(capacity), UInt64(floor), UInt64(total)].map(\.littleEndian)
        try words.withUnsafeBytes { _ = try tail.writeAll(toAbsoluteOffset: 0, $0) }
    }

    func saveFloor(to tail: FileDescriptor) throws { try save(floor, at: Self.floorOffset, to: tail) }
    func saveTotal(to tail: FileDescriptor) throws { try save(total, at: Self.totalOffset, to: tail) }

    private func save(_ value: Int64, at offset: Int64, to tail: FileDescriptor) throws {
        try withUnsafeBytes(of: value.littleEndian) { _ = try tail.writeAll(toAbsoluteOffset: offset, $0) }
    }

    /// Splits `count` positions of the tail into the one or two places where they lie in its file.
    func forEachSegment(from position: Int64, count: Int, _ body: (Int64, Range<Int>) throws -> Void) rethrows {
        var done = 0
        while done < count {
            let slot = (position + Int64(done) - headSize) % capacity
            let length = min(count - done, Int(capacity - slot))
            try body(Self.headerSize + slot, done..<(done + length))
            done += length
        }
    }
}

/// The two files of a log.
struct LogPlace: Sendable, Hashable {
    let folder: String
    let name: String

    var head: String { "\(folder)/\(name)" }
    var tail: String { "\(folder)/\(name).tail" }

    /// nil when the log has no tail.
    func openTail(_ mode: FileDescriptor.AccessMode) throws -> FileDescriptor? {
        try Self.open(tail, mode)
    }

    /// nil when the log was never written to.
    func openHead() throws -> FileDescriptor? {
        try Self.open(head, .readOnly)
    }

    private static func open(_ path: String, _ mode: FileDescriptor.AccessMode) throws -> FileDescriptor? {
        do {
            return try FileDescriptor.open(path, mode, options: .closeOnExec)
        } catch Errno.noSuchFileOrDirectory {
            return nil
        }
    }

    /// Makes the folder and those above it, for this user only.
    func makeFolder() throws {
        guard mkdir(folder, 0o700) != 0, errno != EEXIST else { return }
        guard errno == ENOENT else { throw Errno(rawValue: errno) }
        var above = ""
        for part in folder.split(separator: "/", omittingEmptySubsequences: false) {
            above += above.isEmpty && part.isEmpty ? "/" : above.isEmpty || above.last == "/" ? "\(part)" : "/\(part)"
            guard !above.isEmpty, above != "/" else { continue }
            guard mkdir(above, 0o700) == 0 || errno == EEXIST else { throw Errno(rawValue: errno) }
        }
    }
}
