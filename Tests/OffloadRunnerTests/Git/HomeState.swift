import Foundation
import OffloadCrypto
import OffloadDomain

@testable import OffloadRunner

/// Every file of the user's, byte for byte: the working tree, everything beside it, and what git keeps.
///
/// Left out are objects and the logs of refs, to which git may add. Of the index everything counts but what it remembers of
/// the files' times.
struct HomeState {
    private let entries: [ExactText: String]

    init(of world: CrossingWorld) throws {
        let gitFolders = try world.shell(
            "git rev-parse --path-format=absolute --git-dir --git-common-dir"
        ).split(separator: "\n").map(String.init)
        let resolvedHome = FileSystem.resolved(world.home) ?? world.home
        var entries: [ExactText: String] = [:]
        func walk(_ folder: String) throws {
            for name in FileSystem.names(in: folder) {
                let path = "\(folder)/\(name)"
                if gitFolders.contains(folder), ["objects", "logs", "index"].contains(name) { continue }
                let entry = ExactText(String(decoding: path.utf8.dropFirst(resolvedHome.utf8.count + 1), as: UTF8.self))
                entries[entry] = try Self.describe(path)
                if FileSystem.kind(of: path) == .folder { try walk(path) }
            }
        }
        try walk(resolvedHome)
        entries[ExactText("index")] = try world.shell("git ls-files --stage -v -z | base64")
        entries[ExactText("status")] = try world.shell(
            "GIT_OPTIONAL_LOCKS=0 git -c core.fsmonitor=false status --porcelain=v1 --ignore-submodules=all")
        self.entries = entries
    }

    private static func describe(_ path: String) throws -> String {
        let attributes = try FileManager.default.attributesOfItem(atPath: path)
        let mode = (attributes[.posixPermissions] as? NSNumber)?.intValue ?? 0
        switch FileSystem.kind(of: path) {
        case .folder: return "folder \(mode)"
        case .link: return "link \(try FileManager.default.destinationOfSymbolicLink(atPath: path))"
        case .file: return "file \(mode) \(ContentDigest.hex(of: FileSystem.read(path) ?? []))"
        case .other, .missing: return "other"
        }
    }

    /// The paths, relative to the user's home, that came, went or are not what they were.
    func changes(since before: HomeState) -> [String] {
        Set(entries.keys).union(before.entries.keys).filter { entries[$0] != before.entries[$0] }.map(\.text)
            .sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    }
}
