import Foundation
import OffloadDomain

@testable import OffloadRunner

/// What lies at a path, for tests.
enum Thing: Hashable, Sendable {
    case file(String)
    case executable(String)
    case link(String)
}

typealias Tree = [String: Thing]

/// A project, a data folder and a folder beside them that nobody may touch.
struct FolderWorld {
    let folder: String
    let key = ProcessWorld.newAttempt()
    let idea = IdeaID(unchecked: "i-7")

    var data: String { "\(folder)/data" }
    var path: String { "\(folder)/project" }
    var outside: String { "\(folder)/outside" }
    var changeSet: String { "\(data)/change-sets/\(key.task)/\(key.number)" }
    var transfer: ProjectResultTransfer {
        let tools = SubprocessToolRunner()
        let git = Git(tools: tools, executable: "/usr/bin/git", searchPath: "/usr/bin:/bin")
        return ProjectResultTransfer(
            dataFolder: data, repositories: ResultRepositories(dataFolder: data, git: git, tools: tools), tools: tools)
    }
    var integration: FolderIntegration { FolderIntegration(dataFolder: data) }

    var project: Project {
        Project(
            id: ProjectID(unchecked: "p-1"), name: "p", path: path, versionControl: .none,
            createdAt: Timestamp(milliseconds: 0))
    }

    /// A project that holds `ours`, and a result that made `theirs` from `base`.
    init(base: Tree = [:], ours: Tree = [:], theirs: Tree = [:]) throws {
        folder = try ProcessWorld.newFolder()
        for name in ["data", "project", "outside", "base", "theirs"] { try FileSystem.makeFolder("\(folder)/\(name)") }
        try Self.lay(["secret": .file("do not touch"), "deep/er": .file("me neither")], in: outside)
        try Self.lay(ours, in: path)
        try Self.lay(base, in: "\(folder)/base")
        try Self.lay(theirs, in: "\(folder)/theirs")
        let sets = ChangeSets(folder: "\(data)/change-sets")
        try sets.recordBase(of: "\(folder)/base", at: "\(folder)/base.json")
        _ = try sets.keep(key, tree: "\(folder)/theirs", baseManifest: "\(folder)/base.json", excluding: [])
    }

    static func lay(_ tree: Tree, in folder: String) throws {
        for (path, thing) in tree {
            let full = "\(folder)/\(path)"
            let parent = full.split(separator: "/").dropLast().joined(separator: "/")
            try FileManager.default.createDirectory(atPath: "/\(parent)", withIntermediateDirectories: true)
            switch thing {
            case .file(let text), .executable(let text):
                try Data(text.utf8).write(to: URL(fileURLWithPath: full))
                if case .executable = thing { chmod(full, 0o755) }
            case .link(let target):
                try FileManager.default.createSymbolicLink(atPath: full, withDestinationPath: target)
            }
        }
    }

    /// Puts a change set by hand in the place of the one there is.
    func put(rows: [[String: String]], blobs: [String]) throws {
        try? FileManager.default.removeItem(atPath: changeSet)
        try FileSystem.makeFolder("\(changeSet)/blobs")
        try JSONSerialization.data(withJSONObject: rows).write(to: URL(fileURLWithPath: "\(changeSet)/changes.json"))
        for blob in blobs { try FileSystem.write(Array(blob.utf8), to: "\(changeSet)/blobs/\(try digest(blob))") }
    }

    func write(_ text: String, to path: String) throws { try Self.lay([path: .file(text)], in: self.path) }

    func plan() throws -> FolderPlan { try integration.plan(key, project: project) }

    @discardableResult
    func take(keepBoth: Bool = false) throws -> Integrated {
        try integration.apply(try plan(), keepBoth: keepBoth, idea: idea)
    }

    /// The files of the project.
    func files() throws -> Tree { try Self.read(path) }

    static func read(_ folder: String) throws -> Tree {
        var tree: Tree = [:]
        for path in FileManager.default.subpaths(atPath: folder) ?? [] {
            let full = "\(folder)/\(path)"
            switch FileSystem.kind(of: full) {
            case .link: tree[path] = .link(try FileManager.default.destinationOfSymbolicLink(atPath: full))
            case .file:
                let text = String(decoding: FileSystem.read(full) ?? [], as: UTF8.self)
                tree[path] = (Self.permissions(of: full) ?? 0) & 0o100 != 0 ? .executable(text) : .file(text)
            default: continue
            }
        }
        return tree
    }

    static func permissions(of path: String) -> Int? {
        (try? FileManager.default.attributesOfItem(atPath: path))?[.posixPermissions] as? Int
    }

    /// Everything below a folder with kind, mode and content, one line each.
    static func picture(of folder: String) -> [String] {
        (FileManager.default.subpaths(atPath: folder) ?? []).sorted().map { path in
            let full = "\(folder)/\(path)"
            let attributes = try? FileManager.default.attributesOfItem(atPath: full)
            let kind = FileSystem.kind(of: full)
            let content =
                switch kind {
                case .link: (try? FileManager.default.destinationOfSymbolicLink(atPath: full)) ?? "?"
                case .file: String(decoding: FileSystem.read(full) ?? [], as: UTF8.self)
                default: ""
                }
            return "\(path) \(kind) \(kind == .link ? 0 : attributes?[.posixPermissions] as? Int ?? -1) \(content)"
        }
    }

    var picture: [String] { Self.picture(of: path) }
    var outsidePicture: [String] { Self.picture(of: outside) }
    /// Folders that integrations left in the project.
    var staging: [String] { FileSystem.names(in: path).filter { StagingName.isOne($0) } }
}

/// The digest of a text, by way of a file: the tests of this room know no other.
func digest(_ text: String) throws -> String {
    let folder = try ProcessWorld.newFolder()
    try FileSystem.write(Array(text.utf8), to: "\(folder)/text")
    return try SafeFolder(path: folder).file("text")?.digest() ?? ""
}

/// Chance that can be had again.
struct Dice: RandomNumberGenerator {
    var state: UInt64

    init(seed: Int) { state = UInt64(bitPattern: Int64(seed)) }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
