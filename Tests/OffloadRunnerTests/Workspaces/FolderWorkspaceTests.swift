import OffloadDomain
import Testing

@testable import OffloadRunner

extension ProcessSuites {
    @Suite struct FolderWorkspaceTests {
        @Test func aWorkspaceHasTheProjectWithoutWhatIsOnItsWay() async throws {
            let world = try FolderWorld(ours: ["a": .file("1"), "b/c": .executable("2")])
            try world.write("half", to: "\(StagingName.make())/0")
            let tools = SubprocessToolRunner()
            let git = Git(tools: tools, executable: "/usr/bin/git", searchPath: "/usr/bin:/bin")
            let repositories = ResultRepositories(dataFolder: world.data, git: git, tools: tools)
            let workspaces = FileWorkspaces(dataFolder: world.data, repositories: repositories, tools: tools)
            let plain = AgentWorld.order(key: world.key)
            let order = AttemptOrder(
                key: plain.key, batch: plain.batch, project: world.project, settings: plain.settings,
                requirement: plain.requirement, title: plain.title, check: nil)
            let workspace = try await workspaces.prepare(order)
            #expect(FileSystem.names(in: workspace.path) == [".claude", "a", "b"])
            try FolderWorld.lay(["a": .file("changed")], in: workspace.path)
            let result = try await workspaces.snapshot(workspace, of: order, message: "m")
            #expect(result.paths == ["a"])
            await workspaces.remove(workspace)
        }

        /// From the workspace to the project by the program's own ways only.
        @Test func whatAnAttemptMadeIsTaken() async throws {
            let world = try FolderWorld(ours: ["a": .file("1"), "b/c": .executable("2"), "d": .file("3")])
            let sets = ChangeSets(folder: "\(world.data)/change-sets")
            try sets.recordBase(of: world.path, at: "\(world.folder)/base.json")
            let tools = SubprocessToolRunner()
            try await FileSystem(tools: tools).copyContent(of: world.path, into: "\(world.folder)/theirs")
            try FolderWorld.lay(["a": .file("changed"), "e": .link("b/c")], in: "\(world.folder)/theirs")
            await FileSystem(tools: tools).remove("\(world.folder)/theirs/d")
            _ = try sets.keep(
                world.key, tree: "\(world.folder)/theirs", baseManifest: "\(world.folder)/base.json", excluding: [])
            try world.take()
            #expect(
                try world.files() == ["a": .file("changed"), "b/c": .executable("2"), "e": .link("b/c")])
        }
    }
}
