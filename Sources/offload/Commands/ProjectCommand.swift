import ArgumentParser
import OffloadClient
import OffloadDomain
import OffloadWire

struct ProjectCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "project", abstract: "Registers the folders that agents may work in.",
        subcommands: [Add.self, List.self, Remove.self], defaultSubcommand: List.self)

    struct Add: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Registers a folder.")

        @Argument(help: "The project's folder.")
        var path = "."
        @Option(name: .long, help: "What to call it; the folder's name if not said.")
        var name: String?
        @OptionGroup var device: DeviceOptions

        func run() async throws {
            let project: ProjectView = try await device.withDevice { client in
                try await client.post(
                    "/api/bridge/projects", ProjectRequest(name: name, path: Paths.absolute(path)))
            }
            if let advice = project.advice { Terminal.complain("offload: \(TerminalText.safe(advice))") }
            try device.rendering.show(project) { _ in
                "\(project.id)  \(TerminalText.safe(project.name))  \(TerminalText.safe(project.path))\n"
            }
        }
    }

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Lists the projects.")

        @OptionGroup var device: DeviceOptions

        func run() async throws {
            let list: ProjectList = try await device.withDevice { try await $0.get("/api/bridge/projects") }
            try device.rendering.show(list) { terminal in
                guard !list.projects.isEmpty else { return "No projects yet. Register one: offload project add DIR\n" }
                var table = Table(["ID", "NAME", "HISTORY", "FOLDER"])
                for project in list.projects {
                    table.rows.append([
                        .init(project.id), .init(project.name, .strong), .init(project.versionControl),
                        .init(project.path),
                    ])
                }
                return table.render(for: terminal)
            }
        }
    }

    struct Remove: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Forgets a project with its ideas and tasks; the folder and its branches stay.")

        @Argument(help: "Id, name or folder of the project.")
        var project: String
        @OptionGroup var device: DeviceOptions

        func run() async throws {
            try await device.withDevice { client in
                let found = try await ProjectChoice.find(project, with: client)
                try await client.delete("/api/bridge/projects/\(found.id)")
            }
        }
    }
}

/// Finds the project that a person means.
enum ProjectChoice {
    /// - Parameter text: id, name or folder; nil for the project that the current folder lies in, or the only one.
    static func find(_ text: String?, with client: BridgeClient) async throws -> ProjectView {
        let projects = try await client.get("/api/bridge/projects", as: ProjectList.self).projects
        if let text {
            let path = Paths.absolute(text)
            let matches = projects.filter { $0.id == text || $0.name == text || $0.path == path }
            guard matches.count <= 1 else {
                throw OffloadError(.conflict, "several projects are called \(text); give the id")
            }
            guard let match = matches.first else {
                throw OffloadError(.notFound, "there is no project \(text); `offload project list` shows them")
            }
            return match
        }
        let here = Paths.currentFolder
        if let match = projects.first(where: { here == $0.path || here.hasPrefix($0.path + "/") }) { return match }
        guard projects.count == 1, let only = projects.first else {
            throw OffloadError(
                .invalidRequest,
                projects.isEmpty
                    ? "no project is registered; `offload project add DIR` does it"
                    : "say which project with --project, or go to its folder")
        }
        return only
    }
}
