import OffloadCrypto
import OffloadDomain
import SystemPackage

#if os(Linux)
// Where the compiler takes `stat` to be declared, once a library that we use brings it in.
internal import CoreFoundation
#endif
#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

/// A regular file, open for reading: what is asked about it is asked about the same file, whatever its name means by now.
struct ReadableFile: ~Copyable {
    private static let pieceSize = 256 * 1024

    private let descriptor: CInt
    let size: Int64
    let permissions: UInt32
    var isExecutable: Bool { permissions & 0o100 != 0 }

    /// Takes over the descriptor; nil when it is no regular file.
    init?(descriptor: CInt) {
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            close(descriptor)
            return nil
        }
        self.descriptor = descriptor
        size = Int64(status.st_size)
        permissions = UInt32(status.st_mode) & 0o777
    }

    deinit { close(descriptor) }

    /// Reads from the beginning to the end. Blocks.
    /// - Throws: `OffloadError` of kind `device` when the file can't be read, and what `use` throws.
    func forEachPiece(_ use: (UnsafeRawBufferPointer) throws -> Void) throws {
        var buffer = [UInt8](repeating: 0, count: Self.pieceSize)
        var offset: Int64 = 0
        while true {
            let count = buffer.withUnsafeMutableBytes { pread(descriptor, $0.baseAddress, $0.count, off_t(offset)) }
            guard count >= 0 else {
                throw OffloadError(.device, "cannot read a file to its end: \(Errno(rawValue: errno))")
            }
            guard count > 0 else { return }
            offset += Int64(count)
            try buffer.withUnsafeBytes { try use(UnsafeRawBufferPointer(rebasing: $0[..<count])) }
        }
    }

    /// - Returns: no bytes at the end.
    func bytes(at offset: Int64, limit: Int) throws -> [UInt8] {
        try [UInt8](unsafeUninitializedCapacity: limit) { buffer, count in
            let read = pread(descriptor, buffer.baseAddress, limit, off_t(offset))
            guard read >= 0 else { throw OffloadError(.device, "cannot read a file: \(Errno(rawValue: errno))") }
            count = read
        }
    }

    func digest() throws -> String {
        var digest = ContentDigest()
        try forEachPiece { digest.update($0) }
        return digest.hex()
    }

    /// The whole content; nil when it is longer than the limit.
    func bytes(limit: Int) throws -> [UInt8]? {
        guard size <= Int64(limit) else { return nil }
        var bytes: [UInt8] = []
        try forEachPiece { if bytes.count <= limit { bytes += $0 } }
        return bytes.count <= limit ? bytes : nil
    }
}
