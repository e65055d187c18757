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

/// Every file of a tree with its content's digest: what a project without git has in place of a commit.
struct Manifest: Sendable, Equatable, Codable {
    struct Entry: Sendable, Equatable, Codable {
        enum Kind: String, Sendable, Codable {
            case file, executable, link
        }

        /// Relative, with slashes.
        let path: String
        let kind: Kind
        let sha256: String
        /// What the file system said when the digest was made; an unchanged file is not read again.
        let stamp: Stamp
    }

    struct Stamp: Sendable, Equatable, Codable {
        let size: Int64
        let changedSeconds: Int64
        let changedNanoseconds: Int64
        let inode: UInt64
    }

    /// In the order of their paths' bytes.
    var entries: [Entry]

    /// - Parameters:
    ///   - excluding: relative paths whose content is left out.
    ///   - earlier: a manifest of the same tree, so that only changed files are read.
    /// - Throws: `OffloadError` of kind `unprocessable` when something can't be read.
    static func of(_ tree: String, excluding: [String], earlier: Manifest? = nil) throws -> Manifest {
        var known: [String: Entry] = [:]
        for entry in earlier?.entries ?? [] { known[entry.path] = entry }
        var entries: [Entry] = []
        var folders = [""]
        while let folder = folders.popLast() {
            for name in FileSystem.names(in: folder.isEmpty ? tree : "\(tree)/\(folder)") {
                // What is on its way into the project is nobody's work.
                if folder.isEmpty, StagingName.isOne(name) { continue }
                let path = folder.isEmpty ? name : "\(folder)/\(name)"
                guard !excluding.contains(path) else { continue }
                var status = stat()
                guard lstat("\(tree)/\(path)", &status) == 0 else { continue }
                if status.st_mode & S_IFMT == S_IFDIR {
                    folders.append(path)
                } else if let entry = try entry(path, in: tree, status, known: known[path]) {
                    entries.append(entry)
                }
            }
        }
        return Manifest(entries: entries.sorted { $0.path.utf8.lexicographicallyPrecedes($1.path.utf8) })
    }

    private static func entry(
        _ path: String, in tree: String, _ status: stat, known: Entry?
    ) throws -> Entry? {
        let kind: Entry.Kind
        switch status.st_mode & S_IFMT {
        case S_IFLNK: kind = .link
        case S_IFREG: kind = status.st_mode & S_IXUSR == 0 ? .file : .executable
        default: return nil
        }
        let stamp = Stamp(status)
        if let known, known.stamp == stamp, known.kind == kind { return known }
        let digest = kind == .link ? try linkDigest(path, tree) : try fileDigest(path, tree)
        return Entry(path: path, kind: kind, sha256: digest, stamp: stamp)
    }

    private static func linkDigest(_ path: String, _ tree: String) throws -> String {
        ContentDigest.hex(of: try linkTarget(of: "\(tree)/\(path)"))
    }

    /// The text of a symbolic link.
    static func linkTarget(of path: String) throws -> [UInt8] {
        var buffer = [CChar](repeating: 0, count: 4_096)
        let count = readlink(path, &buffer, buffer.count)
        guard count >= 0 else { throw OffloadError(.unprocessable, "cannot read the link \(path)") }
        return buffer[..<count].map { UInt8(bitPattern: $0) }
    }

    private static func fileDigest(_ path: String, _ tree: String) throws -> String {
        let file = open("\(tree)/\(path)", O_RDONLY | O_NOFOLLOW | O_CLOEXEC)
        guard file >= 0 else {
            throw OffloadError(.unprocessable, "cannot read \(path): \(Errno(rawValue: errno))")
        }
        defer { close(file) }
        var digest = ContentDigest()
        var buffer = [UInt8](repeating: 0, count: 256 * 1024)
        while true {
            let count = buffer.withUnsafeMutableBytes { read(file, $0.baseAddress, $0.count) }
            guard count > 0 else { break }
            buffer.withUnsafeBytes { digest.update(UnsafeRawBufferPointer(rebasing: $0[..<count])) }
        }
        return digest.hex()
    }
}

extension Manifest.Stamp {
    fileprivate init(_ status: stat) {
        #if canImport(Glibc)
        let changed = status.st_ctim
        #else
        let changed = status.st_ctimespec
        #endif
        self.init(
            size: Int64(status.st_size), changedSeconds: Int64(changed.tv_sec),
            changedNanoseconds: Int64(changed.tv_nsec), inode: UInt64(status.st_ino))
    }
}
