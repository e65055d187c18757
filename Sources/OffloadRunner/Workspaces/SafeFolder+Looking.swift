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

/// What stands behind a name in a folder.
enum FolderEntry: Sendable, Equatable {
    case nothing
    case content(FileContent)
    case folder
    /// A device, a pipe or a socket.
    case other
}

/// Looking at things without following links. Everything here blocks.
extension SafeFolder {
    /// Enters a chain of folders without creating any; nil when one is missing, or a link, or no folder.
    /// - Throws: `OffloadError` of kind `unprocessable` when one can't be opened for another reason.
    func entered(_ components: some Sequence<String>) throws -> SafeFolder? {
        var folder = SafeFolder(descriptor: fcntl(descriptor, F_DUPFD_CLOEXEC, 0))
        for component in components {
            let child = openat(folder.descriptor, component, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
            guard child >= 0 else {
                if errno == ENOENT || errno == ENOTDIR || errno == ELOOP { return nil }
                throw Self.error("enter the folder \(ShownPath.text(component))")
            }
            folder = SafeFolder(descriptor: child)
        }
        return folder
    }

    /// All names, in no order.
    func names() throws -> [String] {
        // A descriptor of its own, since reading moves on.
        let copy = openat(descriptor, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard copy >= 0, let stream = fdopendir(copy) else { throw Self.error("list a folder") }
        defer { closedir(stream) }
        var names: [String] = []
        while let entry = readdir(stream) {
            let name = withUnsafeBytes(of: entry.pointee.d_name) {
                String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return names
    }

    /// What the name stands for, without its content.
    func kind(of name: String) -> FileSystem.Kind {
        var status = stat()
        guard fstatat(descriptor, name, &status, AT_SYMLINK_NOFOLLOW) == 0 else { return .missing }
        switch status.st_mode & S_IFMT {
        case S_IFDIR: return .folder
        case S_IFREG: return .file
        case S_IFLNK: return .link
        default: return .other
        }
    }

    /// What the name stands for, with the digest of its content.
    /// - Throws: `OffloadError` of kind `unprocessable` or `device` when it can't be read.
    func entry(_ name: String) throws -> FolderEntry {
        switch kind(of: name) {
        case .missing: return .nothing
        case .folder: return .folder
        case .other: return .other
        case .link:
            guard let text = linkText(name) else { throw Self.error("read the link \(ShownPath.text(name))") }
            return .content(FileContent(.link, ContentDigest.hex(of: text)))
        case .file:
            guard let file = try file(name) else {
                throw OffloadError(.unprocessable, "\(ShownPath.text(name)) changed while it was looked at")
            }
            return .content(
                FileContent(
                    file.isExecutable ? .executable : .file, try file.digest(), permissions: file.permissions))
        }
    }

    /// Opens a regular file; nil when there is none of that name.
    /// - Throws: `OffloadError` of kind `unprocessable` when it can't be opened.
    func file(_ name: String) throws -> ReadableFile? {
        // Without waiting: a pipe put in the place of a file must not hold us up.
        let file = openat(descriptor, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)
        guard file >= 0 else {
            if errno == ENOENT || errno == ELOOP || errno == ENXIO { return nil }
            throw Self.error("open \(ShownPath.text(name))")
        }
        return ReadableFile(descriptor: file)
    }

    /// The text of a link; nil when there is none of that name.
    func linkText(_ name: String) -> [UInt8]? {
        var buffer = [CChar](repeating: 0, count: 4_096)
        let count = readlinkat(descriptor, name, &buffer, buffer.count)
        guard count >= 0 else { return nil }
        return buffer[..<count].map { UInt8(bitPattern: $0) }
    }
}
