#if canImport(Darwin)
import Darwin
#elseif canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// Reads a settings file in one go: a regular file of bounded size, or the reason why not.
enum SmallFile {
    enum Contents: Equatable {
        case missing
        /// A folder, a pipe, a device: something that cannot hold settings.
        case notRegular
        /// A symbolic link where none may be followed.
        case link
        case tooLarge
        case unreadable(String)
        case bytes([UInt8])
    }

    /// - Parameters:
    ///   - limit: the largest size that is read, in bytes.
    ///   - followingLinks: whether `path` itself may be a symbolic link. The folders above it always may.
    static func read(_ path: String, limit: Int, followingLinks: Bool) -> Contents {
        // Without O_NONBLOCK a named pipe would hold the program until somebody writes into it.
        let flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK | (followingLinks ? 0 : O_NOFOLLOW)
        let descriptor = retryingInterrupts { open(path, flags) }
        guard descriptor >= 0 else { return refusal(errno) }
        defer { close(descriptor) }

        var status = stat()
        guard fstat(descriptor, &status) == 0 else { return .unreadable(reason(errno)) }
        guard status.st_mode & S_IFMT == S_IFREG else { return .notRegular }

        // One byte more than allowed tells a file that is too large, also when it grows while it is read.
        var bytes = [UInt8](repeating: 0, count: limit + 1)
        var filled = 0
        while filled < bytes.count {
            let start = filled
            let count = bytes.withUnsafeMutableBytes { buffer in
                retryingInterrupts { systemRead(descriptor, UnsafeMutableRawBufferPointer(rebasing: buffer[start...])) }
            }
            guard count >= 0 else { return .unreadable(reason(errno)) }
            if count == 0 { break }
            filled += count
        }
        return filled > limit ? .tooLarge : .bytes(Array(bytes[..<filled]))
    }

    private static func refusal(_ code: Int32) -> Contents {
        switch code {
        case ENOENT, ENOTDIR: .missing
        case ELOOP: .link
        default: .unreadable(reason(code))
        }
    }

    private static func reason(_ code: Int32) -> String {
        String(cString: strerror(code))
    }

    private static func retryingInterrupts<Count: SignedInteger>(_ call: () -> Count) -> Count {
        while true {
            let result = call()
            if result >= 0 || errno != EINTR { return result }
        }
    }
}

/// Outside of the type, where its own `read` would hide the system's.
private func systemRead(_ descriptor: Int32, _ buffer: UnsafeMutableRawBufferPointer) -> Int {
    read(descriptor, buffer.baseAddress, buffer.count)
}
