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

extension FileDescriptor {
    /// A pipe whose ends no child inherits by accident. (Children are started with all descriptors but the first three
    /// closed; the flag guards against anything else in this program that starts one.)
    static func closingPipe() throws -> (readEnd: FileDescriptor, writeEnd: FileDescriptor) {
        let ends = try FileDescriptor.pipe()
        do {
            try ends.readEnd.setCloseOnExec()
            try ends.writeEnd.setCloseOnExec()
        } catch {
            try? ends.readEnd.close()
            try? ends.writeEnd.close()
            throw error
        }
        return ends
    }

    func setCloseOnExec() throws {
        guard fcntl(rawValue, F_SETFD, FD_CLOEXEC) >= 0 else { throw Errno(rawValue: errno) }
    }

    func setNonBlocking() throws {
        let flags = fcntl(rawValue, F_GETFL)
        guard flags >= 0, fcntl(rawValue, F_SETFL, flags | O_NONBLOCK) >= 0 else { throw Errno(rawValue: errno) }
    }
}
