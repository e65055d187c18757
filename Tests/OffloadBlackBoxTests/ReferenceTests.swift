import Foundation
import OffloadSettings
import Testing

/// The tables of `docs/reference.md` held against the program's own. What differs is shown as it should stand there.
@Suite("Reference")
struct ReferenceTests {
    private let reference: MarkdownFile

    init() throws { reference = try MarkdownFile("docs/reference.md") }

    // MARK: - Commands

    private struct Help: Decodable {
        struct Command: Decodable {
            let commandName: String
            let abstract: String?
            let shouldDisplay: Bool
            let arguments: [Argument]?
            let subcommands: [Command]?
        }

        struct Argument: Decodable {
            struct Name: Decodable {
                let kind: String
                let name: String
            }

            let kind: String
            let names: [Name]?
            let valueName: String?
            let abstract: String?
            let defaultValue: String?
            let isOptional: Bool
            let isRepeating: Bool
            let shouldDisplay: Bool
        }

        let command: Command
    }

    /// Said once for all commands.
    private static let common: Set = ["data-dir", "json", "version", "help"]

    @Test("Every command stands there with its arguments and options, and no other")
    func commands() async throws {
        let help = try await withScratchFolder { folder in
            let result = try CommandResult.run(
                DeviceProcess.binary, ["--experimental-dump-help"], environment: [:], folder: folder)
            return try JSONDecoder().decode(Help.self, from: Data(result.output.utf8)).command
        }
        var expectedHeadings: [String] = []
        func visit(_ command: Help.Command, _ parents: String) {
            let name = parents.isEmpty ? command.commandName : "\(parents) \(command.commandName)"
            guard command.shouldDisplay, command.commandName != "help" else { return }
            let subcommands = command.subcommands ?? []
            for subcommand in subcommands { visit(subcommand, name) }
            guard subcommands.isEmpty else { return }
            let heading = "### `\(name)`"
            expectedHeadings.append(heading)
            #expect(reference.headings.contains(heading))
            if let start = reference.lines.firstIndex(of: heading), reference.lines.indices.contains(start + 2) {
                #expect(reference.lines[start + 2] == command.abstract, "\(name)")
            }
            let rows = (command.arguments ?? []).filter { isOwn($0, of: command) }.map(Self.row)
            #expect(reference.table(below: heading) == rows, "\(name) should have:\n\(Self.table(rows))")
        }
        visit(help, "")
        #expect(expectedHeadings.count > 15)
        #expect(Set(reference.headings.filter { $0.hasPrefix("### `offload") }) == Set(expectedHeadings))
    }

    private func isOwn(_ argument: Help.Argument, of command: Help.Command) -> Bool {
        guard argument.shouldDisplay else { return false }
        let names = Set((argument.names ?? []).map(\.name))
        return names.isDisjoint(with: Self.common) || command.commandName == "serve" && names == ["data-dir"]
    }

    private static func row(_ argument: Help.Argument) -> [String] {
        let names = (argument.names ?? []).map { $0.kind == "short" ? "-\($0.name)" : "--\($0.name)" }
            .sorted { $0.count < $1.count }
        let value = "<\(argument.valueName ?? "")>" + (argument.isRepeating ? " ..." : "")
        let text: String =
            switch argument.kind {
            case "positional": argument.isOptional ? "[\(value)]" : value
            case "option": names.joined(separator: ", ") + " \(value)"
            default: names.joined(separator: ", ")
            }
        return [text, argument.defaultValue ?? "", argument.abstract ?? ""]
    }

    private static func table(_ rows: [[String]]) -> String {
        rows.map { "| " + $0.joined(separator: " | ") + " |" }.joined(separator: "\n")
    }

    // MARK: - Settings

    private struct Setting: Decodable {
        let name: String
        let defaultValue: String
        let allowed: String
        let explanation: String
    }

    /// Defaults that depend on the machine, as the document says them.
    private static let machineDefaults = [
        "OFFLOAD_DATA_DIR": "see [What is where](#what-is-where)", "OFFLOAD_DEVICE_NAME": "the machine's name",
    ]

    @Test("The table of device settings is the program's own")
    func settings() async throws {
        let settings = try await withScratchFolder { folder in
            let result = try CommandResult.run(
                DeviceProcess.binary, ["config", "--json"], environment: ["HOME": folder], folder: folder)
            return try JSONDecoder().decode([Setting].self, from: Data(result.output.utf8))
        }
        let rows = settings.map {
            [$0.name, Self.machineDefaults[$0.name] ?? $0.defaultValue, $0.allowed, $0.explanation]
        }
        #expect(rows.count > 10)
        #expect(reference.table(below: "## Settings of the device") == rows, "it should be:\n\(Self.table(rows))")
    }

    @Test("The table of offload.yml is the program's own")
    func projectSettings() {
        let rows = ProjectSettingsKey.all.map { [$0.name, $0.defaultValue ?? "–", $0.allowed, $0.explanation] }
        #expect(rows.count > 10)
        #expect(reference.table(below: "## `offload.yml`") == rows, "it should be:\n\(Self.table(rows))")
    }

    // MARK: - Requirement

    @Test(
        "Every value that the reference names for templates is filled in, and no other is known",
        .timeLimit(.minutes(2)))
    func template() async throws {
        let names = reference.table(below: "## The requirement").compactMap(\.first)
        try #require(names.count > 5)
        try await withDevice { device in
            let repository = try SampleRepository(in: device.folder, settings: "agent: sample\ntemplate: template.md\n")
            _ = try device.offload(["project", "add", repository.path])
            let text = names.map { "\($0.filter(\.isLetter)) is \($0)" }.joined(separator: "\n")
            try repository.write("template.md", text)
            let known = try requirement(of: "Known", device, repository)
            #expect(!known.contains("{{"))
            for name in names { #expect(known.contains("\(name.filter(\.isLetter)) is "), "\(name)") }
            #expect(known.contains("title is Known"))
            // The program lists what it knows when it is asked for something else.
            try repository.write("template.md", "{{nonsense}}")
            let added = try device.offload(["idea", "add", "Unknown", "--accept", "--json"], in: repository.path)
            let idea = try #require(try JSONValue(parsing: Data(added.output.utf8))["id"]?.text)
            let words = try device.offload(["run", idea], in: repository.path).errors
            for name in names { #expect(words.contains(name.trimmingCharacters(in: ["{", "}"])), "\(words)") }
            let list = words.split(separator: "there are ").last.map(String.init) ?? ""
            #expect(list.split(separator: ",").count == names.count, "\(words)")
        }
    }

    private func requirement(
        of title: String, _ device: DeviceProcess, _ repository: SampleRepository
    ) throws -> String {
        _ = try device.offload(["idea", "add", title, "--accept"], in: repository.path)
        let run = try device.offload(["run"], in: repository.path)
        #expect(run.exitCode == 0, "\(run.errors)")
        let folder = "\(repository.path)/.claude/requirements"
        let file = try #require(try FileManager.default.contentsOfDirectory(atPath: folder).first)
        return try String(contentsOfFile: "\(folder)/\(file)", encoding: .utf8)
    }

    // MARK: - Files

    @Test("What lies in a data folder stands in the reference", .timeLimit(.minutes(2)))
    func files() async throws {
        let rows = reference.table(below: "## What is where").compactMap(\.first)
        try await withDevice { device in
            let repository = try SampleRepository(in: device.folder)
            _ = try device.offload(["project", "add", repository.path])
            _ = try requirement(of: "Work", device, repository)
            for name in try FileManager.default.contentsOfDirectory(atPath: device.dataFolder) {
                let isNamed = rows.contains { $0.contains(name) || name.hasPrefix("\($0)-") }
                #expect(isNamed, "\(name)")
            }
        }
    }
}
