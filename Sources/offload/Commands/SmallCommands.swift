import ArgumentParser
import OffloadClient
import OffloadCrypto
import OffloadDomain
import OffloadSettings
import OffloadWire

struct VersionCommand: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "version", abstract: "Prints the version.")

    @Flag(name: .long, help: "Print JSON instead of text.")
    var json = false

    func run() throws {
        print(json ? #"{"version": "\#(Version.text)"}"# : "offload \(Version.text)")
    }
}

struct TokenCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "token", abstract: "Prints the key of the Bridge API, for programs of yours.")

    @OptionGroup var device: DeviceOptions

    private struct Token: Encodable {
        let key: String
    }

    func run() async throws {
        let key = try await Failing.inWords {
            let settings = try device.settings()
            return try KeyFile.read(dataFolder: settings.dataFolder, setting: settings.bridgeKey)
        }
        try device.rendering.show(Token(key: key.reveal)) { _ in "\(key.reveal)\n" }
    }
}

struct ConfigCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "config", abstract: "Shows every setting, its value and where that came from.")

    @OptionGroup var device: DeviceOptions

    private struct Row: Encodable {
        let name: String
        let value: String
        let origin: String
        let defaultValue: String
        let allowed: String
        let explanation: String
    }

    func run() async throws {
        let settings = try await Failing.inWords { try device.settings() }
        for warning in settings.warnings { Terminal.complain("offload: \(TerminalText.safe(warning))") }
        let rows = settings.entries.map {
            Row(
                name: $0.name, value: $0.shownValue, origin: $0.origin, defaultValue: $0.defaultValue,
                allowed: $0.allowed, explanation: $0.explanation)
        }
        try device.rendering.show(rows) { terminal in
            var table = Table(["SETTING", "VALUE", "FROM", "MEANING"])
            for row in rows {
                table.rows.append([
                    .init(row.name, .strong), .init(row.value), .init(row.origin), .init(row.explanation),
                ])
            }
            return table.render(for: terminal)
        }
    }
}
