import Foundation
import OffloadDomain
import Testing

@testable import OffloadRunner

/// Two devices, and the way of a piece of work between them: from the user's repository on the one into a workspace on the
/// other, and back as a result.
struct CrossingWorld {
    let folder: String
    let source: Side
    let target: Side
    let integration: GitResultIntegration
    let key = GitWorld.newKey()

    /// Everything of the user's that has to stay as it is lies in here.
    var home: String { "\(folder)/home" }
    var user: String { "\(home)/user" }

    /// What one device has for the project.
    struct Side {
        let project: Project
        let repositories: ResultRepositories
        let folders: UserProjectFolders
        let workspaces: FileWorkspaces
        let bases: GitBaseTransfer
        let results: ProjectResultTransfer

        fileprivate init(path: String, data: String, git: Git, tools: any ToolRunner) {
            project = Project(
                id: ProjectID(unchecked: "p-1"), name: "shop", path: path, versionControl: .git,
                createdAt: Timestamp(milliseconds: 0))
            repositories = ResultRepositories(dataFolder: data, git: git, tools: tools)
            folders = UserProjectFolders(dataFolder: data, repositories: repositories, git: git) { _ in .defaults }
            workspaces = FileWorkspaces(dataFolder: data, repositories: repositories, tools: tools)
            bases = GitBaseTransfer(dataFolder: data, repositories: repositories, tools: tools)
            results = ProjectResultTransfer(dataFolder: data, repositories: repositories, tools: tools)
        }
    }

    /// - Parameters:
    ///   - arrange: shell commands that bring the user's repository into its state; it has the commit `Begin`.
    ///   - isCloned: whether the target's own project is a copy of the user's, not one that has nothing yet.
    static func with(
        _ arrange: String, isCloned: Bool = false, _ body: (CrossingWorld) async throws -> Void
    ) async throws {
        let folder = try ProcessWorld.newFolder()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try await body(try CrossingWorld(in: folder, arrange, isCloned: isCloned))
    }

    private init(in folder: String, _ arrange: String, isCloned: Bool) throws {
        self.folder = folder
        let tools = SubprocessToolRunner()
        let path = ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin"
        let git = Git(
            tools: tools, executable: try #require(SystemTools.find("git", searchPath: path)), searchPath: path)
        source = Side(path: "\(folder)/home/user", data: "\(folder)/source", git: git, tools: tools)
        target = Side(path: "\(folder)/target-project", data: "\(folder)/target", git: git, tools: tools)
        integration = GitResultIntegration(repositories: source.repositories, home: nil)
        let template = try Self.template.get()
        try shell("cp -a '\(template)/.' .; cd home/user; \(arrange)", in: folder)
        let copy = isCloned ? "cp -a '\(user)' target-project" : "git init --quiet --template= target-project"
        try shell(copy, in: folder)
        if !isCloned, try shell("git rev-parse --show-object-format") == "sha256" {
            try shell("rm -r target-project; git init -q --object-format=sha256 target-project", in: folder)
        }
    }

    /// A folder with a repository that has one commit.
    private static let template = Result {
        let folder = try ProcessWorld.newFolder()
        try shell(begin, in: folder, canaries: "")
        return folder
    }

    private static let begin = """
        mkdir -p home/user canaries; cd home/user
        git init --quiet --template= --initial-branch=main
        printf 'one\\ntwo\\nthree\\n' >a.txt; echo b >b.txt; mkdir sub; echo c >sub/c.txt
        git add --all; git commit --quiet --message=Begin
        """

    /// Runs a shell script as the user would.
    @discardableResult
    func shell(_ script: String, in folder: String? = nil) throws -> String {
        try Self.shell(script, in: folder ?? user, canaries: "\(self.folder)/canaries")
    }

    @discardableResult
    private static func shell(_ script: String, in folder: String, canaries: String) throws -> String {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/bin/sh")
        process.arguments = ["-eu", "-c", script]
        process.currentDirectoryURL = URL(fileURLWithPath: folder)
        process.environment = GitWorld.environment.merging(["CANARIES": canaries]) { $1 }
        process.standardInput = FileHandle.nullDevice
        let output = Pipe()
        process.standardOutput = output
        process.standardError = output
        try process.run()
        let data = output.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        let text = String(decoding: data, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
        guard process.terminationStatus == 0 else { throw ShellFailed(script: script, output: text) }
        return text
    }

    struct ShellFailed: Error {
        let script: String
        let output: String
    }

    func state() throws -> HomeState { try HomeState(of: self) }

    // MARK: - The way out

    /// The commit on which the work starts, taken into our own repository of the source.
    func giveOut() async throws -> CommitHash {
        let found = try await source.folders.inspect(path: user)
        #expect(found.versionControl == .git)
        return try #require(try await source.folders.pinBase(of: source.project))
    }

    /// Has the commit on the target, from its own copy of the project or from the source.
    func handOver(_ base: CommitHash) async throws {
        let known = try await target.bases.known(of: target.project)
        if try await target.bases.holds(base, of: target.project) { return }
        let pack = try await source.bases.pack(base, of: source.project, without: known)
        try await target.bases.adopt(base, of: target.project, known: known) { take in
            try take(Array("\(BundleAnnouncement.line(size: pack.size))".utf8))
            try take(try pack.read(from: 0, limit: 1 << 22))
        }
        await pack.discard()
    }

    /// What an agent makes of the base in a workspace of its own.
    func work(_ script: String, on base: CommitHash) async throws -> AttemptResult {
        let plain = AgentWorld.order(key: key)
        let requirement = Requirement(
            id: plain.requirement.id, ideaID: plain.requirement.ideaID, fileName: "idea.md", content: "Do it.",
            base: base, createdAt: plain.requirement.createdAt)
        let order = AttemptOrder(
            key: key, batch: plain.batch, project: target.project, settings: plain.settings, requirement: requirement,
            title: "Idea", check: nil)
        let workspace = try await target.workspaces.prepare(order)
        try shell(script, in: workspace.path)
        return try await target.workspaces.snapshot(workspace, of: order, message: "Idea\n")
    }

    // MARK: - The way home

    /// The result as it arrives at the source.
    func bringHome(_ commit: CommitHash, on base: CommitHash) async throws -> TaskResult {
        let packed = try await target.results.pack(key, .commit(commit, base: base), of: target.project)
        _ = try source.results.take(try packed.pack.read(from: 0, limit: 1 << 22), at: 0, of: key)
        let size = packed.pack.size
        await packed.pack.discard()
        let arrival = try await source.results.adopt(
            ResultAnnouncement(
                key: key, content: .commit(commit, base: base), size: size, digest: packed.digest,
                extent: TaskResult.Extent(files: 0, insertions: 0, deletions: 0)), of: source.project)
        let time = Timestamp(milliseconds: 0)
        return TaskResult(
            key: key, projectID: source.project.id, ideaID: IdeaID(unchecked: "i-1"), title: "Idea", pairID: nil,
            state: .ready, storage: arrival.storage, extent: arrival.extent, sensitivePaths: arrival.sensitivePaths,
            notes: arrival.notes, createdAt: time, updatedAt: time)
    }

    func forecast(_ result: TaskResult) async throws -> Forecast {
        try await integration.forecast(
            [result], of: source.project, at: try await integration.position(of: source.project))
    }

    /// What a person is shown of a result, and the next agent of what the project has gained.
    func show(_ result: TaskResult) async throws -> [ResultChange] {
        let (changes, total) = try await integration.changes(of: result, in: source.project, page: try Page())
        #expect(total == changes.count)
        let whole = try await integration.patch(of: result, path: nil, in: source.project, limit: 1 << 20)
        var parts = 0
        for change in changes {
            let part = try await integration.patch(of: result, path: change.path, in: source.project, limit: 1 << 20)
            #expect(!part.text.isEmpty, "nothing to be shown of \(change.path)")
            parts += part.text.count
        }
        // A file that took the place of a folder is shown with what was in there.
        #expect(whole.text.count <= parts)
        if try await integration.position(of: source.project).commit != nil {
            _ = try await integration.patchOfProject(
                since: result, paths: changes.map(\.path), in: source.project, limit: 1 << 20)
        }
        return changes
    }

    func merge(_ result: TaskResult, as mode: Integration.Mode = .merge) async throws -> Integration {
        let plan = try await integration.plan(result, as: mode, message: "Merge\n", of: source.project)
        try await integration.perform(plan, of: result, in: source.project)
        #expect(try await integration.isInProject(plan, of: result, in: source.project))
        return plan
    }

    func undo(_ plan: Integration, of result: TaskResult) async throws {
        try await integration.reverse(plan, of: result, in: source.project)
        #expect(try await !integration.isInProject(plan, of: result, in: source.project))
    }
}
