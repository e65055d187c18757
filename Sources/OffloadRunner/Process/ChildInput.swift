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

/// Standard input that is complete before the program starts: nobody has to feed it while it runs, so a program that
/// never reads, or that fills its output first, can block nobody, and there is no pipe of ours that could break.
enum ChildInput {
    /// What an empty pipe takes at once on every system we run on.
    private static let pipeCapacity = 65_536

    /// - Returns: a descriptor at the beginning of `bytes`, to be closed by the caller.
    /// - Throws: `Errno` when the system has no room or no descriptors left.
    static func descriptor(holding bytes: [UInt8]) throws -> FileDescriptor {
        if bytes.isEmpty {
            return try FileDescriptor.open("/dev/null", .readOnly, options: .closeOnExec)
        }
        if bytes.count <= pipeCapacity, let pipe = try filledPipe(bytes) { return pipe }
        return try unnamedFile(bytes)
    }

    /// nil when the pipe is smaller than usual, as it is for a user who has very many of them.
    private static func filledPipe(_ bytes: [UInt8]) throws -> FileDescriptor? {
        let (readEnd, writeEnd) = try FileDescriptor.closingPipe()
        defer { try? writeEnd.close() }
        do {
            try writeEnd.setNonBlocking()
            let written = try bytes.withUnsafeBytes { try writeEnd.write($0) }
            if written == bytes.count { return readEnd }
        } catch let error as Errno where error == .wouldBlock || error == .resourceTemporarilyUnavailable {
        } catch {
            try? readEnd.close()
            throw error
        }
        try readEnd.close()
        return nil
    }

    /// A file that has lost its name: it vanishes with its last reader, whatever becomes of us.
    private static func unnamedFile(_ bytes: [UInt8]) throws -> FileDescriptor {
        let folder = getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp"
        var template = Array("\(folder)/offload-input-XXXXXX".utf8CString)
        let number = mkstemp(&template)
        guard number >= 0 else { throw Errno(rawValue: errno) }
        unlink(template)
        let file = FileDescriptor(rawValue: number)
        do {
            try file.setCloseOnExec()
            try file.writeAll(bytes)
            try file.seek(offset: 0, from: .start)
            return file
        } catch {
            try? file.close()
            throw error
        }
    }
}
