import OffloadCrypto
import OffloadDomain
import SystemPackage

#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

/// Putting things in their places without following links. Everything here blocks.
extension SafeFolder {
    /// Writes a new file and tells the digest of what it wrote.
    /// - Parameters:
    ///   - permissions: as `chmod` takes them; nil for those that new files get.
    ///   - durably: whether it is to outlive a power cut when this returns.
    /// - Throws: `OffloadError` of kind `unprocessable` when there is something of that name or no room.
    func create(
        _ name: String, copying source: borrowing ReadableFile, executable: Bool = false, permissions: UInt32? = nil,
        durably: Bool = true
    ) throws -> String {
        let file = openat(
            descriptor, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, executable ? 0o777 : 0o666)
        guard file >= 0 else { throw Self.error("create \(ShownPath.text(name))") }
        defer { close(file) }
        var digest = ContentDigest()
        try source.forEachPiece { piece in
            digest.update(piece)
            var rest = piece[...]
            while !rest.isEmpty {
                let count = Self.write(file, UnsafeRawBufferPointer(rebasing: rest))
                guard count > 0 else { throw Self.error("write \(ShownPath.text(name))") }
                rest = rest.dropFirst(count)
            }
        }
        if let permissions { fchmod(file, mode_t(permissions)) }
        guard !durably || fsync(file) == 0 else { throw Self.error("keep \(ShownPath.text(name))") }
        return digest.hex()
    }

    func createLink(_ name: String, to target: [UInt8]) throws {
        let text = target.map { CChar(bitPattern: $0) } + [0]
        guard symlinkat(text, descriptor, name) == 0 else {
            throw Self.error("create the link \(ShownPath.text(name))")
        }
    }

    /// Creates a folder that only its owner may enter.
    func createPrivateFolder(_ name: String) throws {
        guard mkdirat(descriptor, name, 0o700) == 0 else {
            throw Self.error("create the folder \(ShownPath.text(name))")
        }
    }

    /// Gives something another name, never in the place of something else.
    /// - Parameter plainly: does it as on file systems that know no better: by looking first.
    /// - Returns: false when the new name is taken or the old one names nothing; nothing has happened then.
    func move(
        _ name: String, to folder: borrowing SafeFolder, as newName: String, plainly: Bool = false
    ) throws -> Bool {
        switch plainly ? .unknown : Renaming.exclusive(descriptor, name, folder.descriptor, newName) {
        case .done: return true
        case .refused: return false
        case .unknown:
            guard folder.kind(of: newName) == .missing else { return false }
            if renameat(descriptor, name, folder.descriptor, newName) == 0 { return true }
            if errno == ENOENT { return false }
            throw Self.error("move \(ShownPath.text(newName))")
        }
    }

    enum Swap { case swapped, replaced, refused }

    /// Lets two names change what they stand for, in one step; where the file system can't, what the other name stood for
    /// is replaced and gone.
    func swap(
        _ name: String, with other: String, in folder: borrowing SafeFolder, plainly: Bool = false
    ) throws -> Swap {
        switch plainly ? .unknown : Renaming.exchange(descriptor, name, folder.descriptor, other) {
        case .done: return .swapped
        case .refused: return .refused
        case .unknown:
            if renameat(descriptor, name, folder.descriptor, other) == 0 { return .replaced }
            if errno == ENOENT || errno == EISDIR { return .refused }
            throw Self.error("replace \(ShownPath.text(other))")
        }
    }

    /// Removes a file or a link, if there is one.
    func remove(_ name: String) { unlinkat(descriptor, name, 0) }

    /// Removes a folder if it is there and empty.
    func removeEmptyFolder(_ name: String) { unlinkat(descriptor, name, AT_REMOVEDIR) }

    /// Makes the names in this folder durable.
    func flush() throws {
        guard fsync(descriptor) == 0 else { throw Self.error("make a folder durable") }
    }
}

/// Renames that say what is to be done with what the new name stands for. The C library of Linux has them hidden, and not
/// every file system knows them.
private enum Renaming {
    enum Outcome { case done, refused, unknown }

    static func exclusive(_ folder: CInt, _ name: String, _ target: CInt, _ newName: String) -> Outcome {
        #if canImport(Darwin)
        outcome(renameatx_np(folder, name, target, newName, UInt32(RENAME_EXCL)))
        #else
        outcome(rename?(folder, name, target, newName, 1) ?? unavailable())
        #endif
    }

    static func exchange(_ folder: CInt, _ name: String, _ target: CInt, _ newName: String) -> Outcome {
        #if canImport(Darwin)
        outcome(renameatx_np(folder, name, target, newName, UInt32(RENAME_SWAP)))
        #else
        outcome(rename?(folder, name, target, newName, 2) ?? unavailable())
        #endif
    }

    /// Everything but a plain no is left to the ordinary rename, which knows a reason.
    private static func outcome(_ result: CInt) -> Outcome {
        if result == 0 { return .done }
        return errno == EEXIST || errno == ENOENT ? .refused : .unknown
    }

    #if !canImport(Darwin)
    private typealias Rename =
        @convention(c) (CInt, UnsafePointer<CChar>, CInt, UnsafePointer<CChar>, CUnsignedInt) -> CInt

    private static let rename = dlsym(nil, "renameat2").map { unsafeBitCast($0, to: Rename.self) }

    private static func unavailable() -> CInt {
        errno = ENOSYS
        return -1
    }
    #endif
}
