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

    /// Where git keeps what, the index, and what the user is told of changes.
    private static let questions = """
        git rev-parse --path-format=absolute --git-dir --git-common-dir; echo; git ls-files --stage -v; echo
        GIT_OPTIONAL_LOCKS=0 git -c core.fsmonitor=false status --porcelain=v1 --ignore-submodules=all
        """

    init(of world: CrossingWorld) throws {
        let told = try world.shell(Self.questions).split(separator: "\n\n", omittingEmptySubsequences: false)
        let gitFolders = (told.first ?? "").split(separator: "\n").map(String.init)
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
        for (name, answer) in zip(["index", "status"], told.dropFirst()) {
            entries[ExactText(name)] = String(answer)
        }
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
