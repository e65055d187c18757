import Foundation
import OffloadCrypto
import OffloadDomain
import Synchronization
import Testing

@testable import OffloadRunner

/// A user's repository, our own beside it, and a device that sends what it likes.
struct GitWorld {
    let folder: String
    let project: Project
    let base: CommitHash
    let transfer: ProjectResultTransfer
    let integration: GitResultIntegration
    let repositories: ResultRepositories
    private let git: Git

    var users: String { "\(folder)/user" }
    var sender: String { "\(folder)/sender" }
    var ours: String { "\(folder)/data/repositories/\(project.id).git" }

    static func with(_ body: (GitWorld) async throws -> Void) async throws {
        let folder = try ProcessWorld.newFolder()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try await body(try await GitWorld(in: folder))
    }

    private init(in folder: String) async throws {
        self.folder = folder
        let tools = SubprocessToolRunner()
        let path = ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin"
        git = Git(tools: tools, executable: try #require(SystemTools.find("git", searchPath: path)), searchPath: path)
        try FileManager.default.createDirectory(atPath: "\(folder)/user", withIntermediateDirectories: true)
        try Self.run(["init", "--quiet", "--initial-branch=main", "."], in: "\(folder)/user")
        for (name, content) in [("a.txt", "one\ntwo\nthree\n"), ("b.txt", "b\n"), ("sub/c.txt", "c\n")] {
            try Self.write(content, to: "\(folder)/user/\(name)")
        }
        try Self.run(["add", "--all"], in: "\(folder)/user")
        try Self.run(["commit", "--quiet", "--message=Begin"], in: "\(folder)/user")
        try Self.run(["clone", "--quiet", "\(folder)/user", "\(folder)/sender"], in: folder)
        base = try #require(CommitHash(try Self.run(["rev-parse", "HEAD"], in: "\(folder)/user")))
        project = Project(
            id: ProjectID(unchecked: "p-1"), name: "shop", path: "\(folder)/user", versionControl: .git,
            createdAt: Timestamp(milliseconds: 0))
        repositories = ResultRepositories(dataFolder: "\(folder)/data", git: git, tools: tools)
        transfer = ProjectResultTransfer(dataFolder: "\(folder)/data", repositories: repositories, tools: tools)
        integration = GitResultIntegration(repositories: repositories, home: nil)
        let users = repositories.project(project)
        try await repositories.repository(of: project).pin(base, from: users)
    }

    static func write(_ content: String, to path: String) throws {
        let folder = (path as NSString).deletingLastPathComponent
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        try content.write(toFile: path, atomically: true, encoding: .utf8)
    }

    /// A user without settings.
    static let environment = [
        "PATH": ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin", "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_CONFIG_GLOBAL": "/dev/null", "GIT_AUTHOR_NAME": "T", "GIT_AUTHOR_EMAIL": "t@t",
        "GIT_COMMITTER_NAME": "T", "GIT_COMMITTER_EMAIL": "t@t",
    ]

    /// git as anybody would call it.
    @discardableResult
    static func run(_ arguments: [String], in folder: String, input: Data = Data()) throws -> String {
        String(decoding: try bytes(arguments, in: folder, input: input), as: UTF8.self)
            .trimmingCharacters(in: .whitespacesAndNewlines)
    }

    static func bytes(_ arguments: [String], in folder: String, input: Data = Data()) throws -> Data {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["git"] + arguments
        process.currentDirectoryURL = URL(fileURLWithPath: folder)
        process.environment = environment
        let given = "\(folder)/../input-\(UUID().uuidString)"
        try input.write(to: URL(fileURLWithPath: given))
        defer { try? FileManager.default.removeItem(atPath: given) }
        process.standardInput = try FileHandle(forReadingFrom: URL(fileURLWithPath: given))
        let output = Pipe()
        process.standardOutput = output
        process.standardError = FileHandle.nullDevice
        try process.run()
        let data = output.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else { throw Failed(arguments: arguments) }
        return data
    }

    struct Failed: Error {
        let arguments: [String]
    }

    // MARK: - What a sender makes

    /// A tree of raw entries, whatever git thinks of them.
    func tree(_ entries: [(mode: String, name: [UInt8], object: String)]) throws -> String {
        var raw = Data()
        for entry in entries {
            raw += Data("\(entry.mode) ".utf8) + Data(entry.name) + Data([0])
            raw += Data(
                stride(from: 0, to: 40, by: 2).compactMap { UInt8(entry.object.dropFirst($0).prefix(2), radix: 16) })
        }
        return try Self.run(["hash-object", "-t", "tree", "--literally", "-w", "--stdin"], in: sender, input: raw)
    }

    func blob(_ content: String = "content\n") throws -> String {
        try Self.run(["hash-object", "-w", "--stdin"], in: sender, input: Data(content.utf8))
    }

    func commit(_ tree: String, on parents: [String]) throws -> CommitHash {
        let made = try Self.run(
            ["commit-tree", tree] + parents.flatMap { ["-p", $0] }, in: sender, input: Data("Work\n".utf8))
        return try #require(CommitHash(made))
    }

    /// An honest change of the base.
    func honestCommit(_ name: String = "new.txt", _ content: String = "new\n") throws -> CommitHash {
        try Self.run(["checkout", "--quiet", "--detach", base.hex], in: sender)
        try Self.write(content, to: "\(sender)/\(name)")
        try Self.run(["add", "--all"], in: sender)
        return try commit(try Self.run(["write-tree"], in: sender), on: [base.hex])
    }

    /// The pack that an honest bundle of the commit has.
    func pack(_ tip: CommitHash, without: String? = nil) throws -> Data {
        try Self.bytes(
            ["pack-objects", "--revs", "--thin", "--stdout", "-q"], in: sender,
            input: Data("\(tip)\n^\(without ?? base.hex)\n".utf8))
    }

    func bundle(_ tip: CommitHash, key: AttemptKey, header: String? = nil, pack: Data? = nil) throws -> Data {
        let ref = ResultRepository.resultRef(key)
        let text = header ?? "# v2 git bundle\n-\(base) Begin\n\(tip) \(ref)\n\n"
        return Data(text.utf8) + (try pack ?? self.pack(tip))
    }

    // MARK: - Delivery

    private static let newest = Atomic(0)

    static func newKey() -> AttemptKey {
        let number = newest.wrappingAdd(1, ordering: .relaxed).newValue
        return AttemptKey(task: TaskID(unchecked: "t-\(number)"), number: AttemptNumber(value: 1))
    }

    func deliver(_ bundle: Data, _ tip: CommitHash, as key: AttemptKey) async throws -> ResultMachine.Arrival {
        _ = try transfer.take(Array(bundle), at: 0, of: key)
        let announcement = ResultAnnouncement(
            key: key, content: .commit(tip, base: base), size: Int64(bundle.count),
            digest: ContentDigest.hex(of: bundle),
            extent: TaskResult.Extent(files: 0, insertions: 0, deletions: 0))
        do {
            return try await transfer.adopt(announcement, of: project)
        } catch {
            await transfer.forget(key)
            throw error
        }
    }

    /// Everything of the user's that must stay as it is, and the refs of ours.
    func state() throws -> [String] {
        [
            try Self.run(["for-each-ref"], in: users), try Self.run(["rev-parse", "HEAD"], in: users),
            try Self.run(["status", "--porcelain"], in: users), try Self.run(["for-each-ref"], in: ours),
            try Self.run(["count-objects", "-v"], in: ours),
        ]
    }
}
