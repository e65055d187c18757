internal import CSodium

/// Secret bytes in memory of their own: not copied by assignment, kept out of swap where the system allows it, and
/// wiped when their owner ends.
///
/// Unchecked, because the compiler cannot see that the memory belongs to this one value; as the value is never copied,
/// only one thread at a time can own it, and everybody else only borrows it to read.
struct WipedBytes: ~Copyable, @unchecked Sendable {
    let count: Int
    private let address: UnsafeMutablePointer<UInt8>

    /// - Parameter fill: writes all `count` bytes.
    /// - Throws: `libraryUnavailable` when the library does not start or there is no memory.
    init(count: Int, fill: (UnsafeMutablePointer<UInt8>) -> Void) throws(CPaceFailure) {
        guard Sodium.isReady, let memory = sodium_malloc(count) else { throw .libraryUnavailable }
        self.count = count
        address = memory.bindMemory(to: UInt8.self, capacity: count)
        fill(address)
    }

    /// The `count` bytes, for the time of the call.
    borrowing func withBytes<Value>(_ body: (UnsafePointer<UInt8>) -> Value) -> Value { body(address) }

    // It writes zeroes over the bytes before it gives them back.
    deinit { sodium_free(address) }
}

enum Sodium {
    /// Whether the library has started. It does so once, by the first who asks.
    static let isReady = sodium_init() >= 0
}
