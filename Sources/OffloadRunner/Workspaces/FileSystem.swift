import OffloadDomain
import SystemPackage

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif
#if os(Linux)
// Where the compiler takes `stat` to be declared, once a library that we use brings it in.
internal import CoreFoundation
#endif
#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

/// Folders and copies inside our own data folder.
struct FileSystem: Sendable {
    let tools: any ToolRunner

    enum Kind: Sendable, Equatable {
        case folder, file, link, other, missing
    }

    /// What stands at a path, without following a link at its end.
    static func kind(of path: String) -> Kind {
        var status = stat()
        guard lstat(path, &status) == 0 else { return .missing }
        switch status.st_mode & S_IFMT {
        case S_IFDIR: return .folder
        case S_IFREG: return .file
        case S_IFLNK: return .link
        default: return .other
        }
    }

    /// The path without links, dots and doubled slashes; nil when it leads nowhere.
    static func resolved(_ path: String) -> String? {
        guard let resolved = realpath(path, nil) else { return nil }
        defer { free(resolved) }
        return String(cString: resolved)
    }

    /// Creates a folder that only its owner may enter, with those above it.
    static func makeFolder(_ path: String) throws {
        do {
            try FileManager.default.createDirectory(
                atPath: path, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        } catch {
            throw OffloadError(.device, "cannot create the folder \(path): \(Errno(rawValue: errno))")
        }
    }

    /// Creates a folder, as a rule with a single call.
    static func makeEmptyFolder(_ path: String) throws {
        if mkdir(path, 0o700) == 0 { return }
        try makeFolder(path)
    }

    static func names(in folder: String) -> [String] {
        ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []).sorted()
    }

    static func read(_ path: String) -> [UInt8]? {
        FileManager.default.contents(atPath: path).map { Array($0) }
    }

    /// 0 for what is not there.
    static func size(of path: String) -> Int64 {
        var status = stat()
        return lstat(path, &status) == 0 ? Int64(status.st_size) : 0
    }

    /// - Returns: no bytes at the end.
    static func read(_ path: String, from offset: Int64, limit: Int) throws -> [UInt8] {
        do {
            let file = try FileDescriptor.open(path, .readOnly, options: .closeOnExec)
            return try file.closeAfter {
                try [UInt8](unsafeUninitializedCapacity: limit) { buffer, count in
                    count = try file.read(fromAbsoluteOffset: offset, into: UnsafeMutableRawBufferPointer(buffer))
                }
            }
        } catch let error as Errno {
            throw OffloadError(.device, "cannot read \(path): \(error)")
        }
    }

    /// Makes the names in a folder durable.
    static func flush(_ folder: String) throws {
        let descriptor = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        defer { close(descriptor) }
        guard descriptor >= 0, fsync(descriptor) == 0 else {
            throw OffloadError(.device, "cannot make \(folder) durable: \(Errno(rawValue: errno))")
        }
    }

    static func write(_ bytes: [UInt8], to path: String) throws {
        guard let slash = path.lastIndex(of: "/") else { throw OffloadError.invalid("path", "must be absolute") }
        let folder = try SafeFolder(path: String(path[..<slash]))
        try folder.write(String(path[path.index(after: slash)...]), bytes, mode: 0o600)
    }

    /// Removes a file or a link, if there is one.
    static func removeFile(_ path: String) { unlink(path) }

    static func move(_ path: String, to target: String) throws {
        guard rename(path, target) == 0 else {
            throw OffloadError(.device, "cannot move \(path) to \(target): \(Errno(rawValue: errno))")
        }
    }

    /// Removes a tree that an agent may have made hard to remove. Says in the log of the caller, not by an error, when
    /// something stays: what stays is tried again by the next clean-up.
    func remove(_ path: String) async {
        // An empty folder, and one that is gone, need no walk.
        if rmdir(path) == 0 || errno == ENOENT { return }
        do {
            try FileManager.default.removeItem(atPath: path)
        } catch {
            _ = try? await tools.run(ToolCall("/bin/chmod", ["-R", "u+rwX", "--", path]))
            _ = try? await tools.run(ToolCall("/bin/rm", ["-rf", "--", path]))
        }
    }

    /// Copies the content of one folder into another, sharing blocks where the file system can.
    func copyContent(of folder: String, into target: String) async throws {
        try await copy([folder + "/."], into: target)
    }

    /// Copies files and folders, links as links, into an existing folder.
    func copy(_ sources: [String], into folder: String) async throws {
        #if os(macOS)
        let arguments = ["-cRp", "--"]
        #else
        let arguments = ["--archive", "--reflink=auto", "--"]
        #endif
        let result = try await tools.run(ToolCall("/bin/cp", arguments + sources + [folder + "/"]))
        guard result.succeeded || Self.missedOnlyStaging(result.message) else {
            throw OffloadError(
                .unprocessable, "cannot copy into the workspace: \(PlainText.prefix(result.message, bytes: 400))")
        }
    }

    /// Whether a copy went wrong for nothing but a result or a requirement that was on its way into the project at the same time:
    /// what is staged comes and goes, and no workspace needs it. A message that may have been cut says nothing for sure.
    static func missedOnlyStaging(_ message: String) -> Bool {
        let lines = message.split(separator: "\n")
        return !lines.isEmpty && message.utf8.count < 60_000
            && lines.allSatisfy { line in
                line.split(whereSeparator: { "/'’‘\":".contains($0) }).contains { part in
                    StagingName.isOne(String(part)) || (part.hasPrefix(".") && part.hasSuffix(SafeFolder.unfinished))
                }
            }
    }
}
