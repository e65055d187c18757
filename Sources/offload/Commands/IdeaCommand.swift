import ArgumentParser
import OffloadClient
import OffloadDomain
import OffloadWire

struct IdeaCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "idea", abstract: "Writes, judges and lists ideas.",
        subcommands: [Add.self, List.self, Show.self, Edit.self, Accept.self, Reject.self, Skip.self],
        defaultSubcommand: List.self)

    struct Add: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Writes an idea down.")

        @Argument(help: "One line that says what to do.")
        var title: String
        @Option(name: .shortAndLong, help: "The rest of it; - reads standard input.")
        var description: String?
        @Option(name: .shortAndLong, help: "Id, name or folder of the project.")
        var project: String?
        @Option(name: .long, help: "Larger runs first (-1000 to 1000).")
        var priority: Int?
        @Option(name: .long, help: "A command that must succeed afterwards, instead of the project's.")
        var check: String?
        @Option(name: .long, parsing: .singleValue, help: "Where the change is expected; may be repeated.")
        var path: [String] = []
        @Flag(name: .long, help: "Accept it at once.")
        var accept = false
        @OptionGroup var device: DeviceOptions

        func run() async throws {
            let description = description == "-" ? StandardInput.readAll() : description
            let idea: IdeaView = try await device.withDevice { client in
                let project = try await ProjectChoice.find(project, with: client)
                return try await client.post(
                    "/api/bridge/ideas",
                    IdeaRequest(
                        projectId: project.id, title: title, description: description, priority: priority,
                        check: check, expectedPaths: path, status: accept ? "accepted" : nil))
            }
            try device.rendering.show(idea) { _ in IdeaText.line(idea) }
        }
    }

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Lists ideas, newest first.")

        @Option(name: .shortAndLong, help: "Only of this project.")
        var project: String?
        @Option(name: .shortAndLong, help: "pending, accepted, rejected, skipped or implemented.")
        var status: String?
        @Option(name: .long, help: "A part of the title.")
        var text: String?
        @Option(name: .long, help: "How many (1 to 500).")
        var limit = 50
        @Option(name: .long, help: "How many to leave out first.")
        var offset = 0
        @OptionGroup var device: DeviceOptions

        func run() async throws {
            let list: IdeaList = try await device.withDevice { client in
                var query = [("limit", String(limit)), ("offset", String(offset))]
                if let project {
                    query.append(("projectId", try await ProjectChoice.find(project, with: client).id))
                }
                if let status { query.append(("status", status)) }
                if let text { query.append(("text", text)) }
                return try await client.get("/api/bridge/ideas", query: query)
            }
            try device.rendering.show(list) { terminal in
                guard !list.ideas.isEmpty else { return "No such ideas. Write one: offload idea add \"…\"\n" }
                var table = Table(["ID", "STATUS", "PRIORITY", "TITLE"])
                for idea in list.ideas {
                    table.rows.append([
                        .init(idea.id), .init(idea.status, Words.tone(ofStatus: idea.status)),
                        .init(String(idea.priority)), .init(idea.title),
                    ])
                }
                let shown = list.offset + list.ideas.count
                let more = shown < list.total ? "\(shown) of \(list.total); --offset \(shown) shows more\n" : ""
                return table.render(for: terminal) + more
            }
        }
    }

    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Shows one idea whole.")

        @Argument(help: "The idea's id.")
        var idea: String
        @OptionGroup var device: DeviceOptions

        func run() async throws {
            let id = try await Failing.inWords { try IdeaID(parsing: idea) }
            let found: IdeaView = try await device.withDevice { try await $0.get("/api/bridge/ideas/\(id)") }
            try device.rendering.show(found) { _ in
                var text = IdeaText.line(found)
                if let check = found.check { text += "check:  \(TerminalText.safe(check))\n" }
                if !found.expectedPaths.isEmpty {
                    text += "paths:  \(TerminalText.safe(found.expectedPaths.joined(separator: ", ")))\n"
                }
                if let task = found.taskId { text += "task:   \(task) (\(found.taskStatus ?? ""))\n" }
                if !found.description.isEmpty { text += "\n\(TerminalText.safe(found.description, lines: true))\n" }
                return text
            }
        }
    }

    struct Edit: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Changes an idea. What an agent was already given stays as it was.")

        @Argument(help: "The idea's id.")
        var idea: String
        @Option(name: .long, help: "The new title.")
        var title: String?
        @Option(name: .shortAndLong, help: "The new description; - reads standard input.")
        var description: String?
        @Option(name: .long, help: "The new priority.")
        var priority: Int?
        @Option(name: .long, help: "The new check command; an empty text removes it.")
        var check: String?
        @OptionGroup var device: DeviceOptions

        func run() async throws {
            let id = try await Failing.inWords { try IdeaID(parsing: idea) }
            let description = description == "-" ? StandardInput.readAll() : description
            let changed: IdeaView = try await device.withDevice { client in
                try await client.patch(
                    "/api/bridge/ideas/\(id)",
                    IdeaEdit(title: title, description: description, priority: priority, check: check))
            }
            try device.rendering.show(changed) { _ in IdeaText.line(changed) }
        }
    }

    struct Accept: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Accepts ideas: they may be worked on.")
        @OptionGroup var ideas: IdeaArguments
        func run() async throws { try await ideas.decide("accept") }
    }

    struct Reject: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Rejects ideas.")
        @OptionGroup var ideas: IdeaArguments
        func run() async throws { try await ideas.decide("reject") }
    }

    struct Skip: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Puts ideas aside.")
        @OptionGroup var ideas: IdeaArguments
        func run() async throws { try await ideas.decide("skip") }
    }
}

struct IdeaArguments: ParsableArguments {
    @Argument(help: "Ids of ideas.")
    var ideas: [String]
    @OptionGroup var device: DeviceOptions

    func decide(_ action: String) async throws {
        let ids = try await Failing.inWords { try ideas.map { try IdeaID(parsing: $0) } }
        let decided: [IdeaView] = try await device.withDevice { client in
            var decided: [IdeaView] = []
            for id in ids {
                decided.append(try await client.post("/api/bridge/ideas/\(id)/action", ActionRequest(action: action)))
            }
            return decided
        }
        try device.rendering.show(decided) { _ in decided.map(IdeaText.line).joined() }
    }
}

enum IdeaText {
    static func line(_ idea: IdeaView) -> String { "\(idea.id)  \(idea.status)  \(TerminalText.safe(idea.title))\n" }
}
