import OffloadDomain
import Testing

@testable import OffloadSettings

let testMachine = Machine(platform: .linux, hostName: "workbench", homeFolder: "/home/ada")

/// Settings as they are without any `.env` file.
func settings(
    flags: [String: String] = [:], environment: [String: String] = [:], machine: Machine = testMachine
) throws(OffloadError) -> DeviceSettings {
    try DeviceSettings.load(
        flags: flags, environment: environment, currentFolder: "/nonexistent/folder", machine: machine)
}

@Suite struct DeviceSettingsTests {
    @Test func defaults() throws {
        let settings = try settings()
        #expect(settings.enabled)
        #expect(settings.pairingExpiry == .seconds(300))
        #expect(settings.syncInterval == .seconds(5))
        #expect(!settings.lanOnly)
        #expect(settings.port == 4747)
        #expect(settings.peerPort == 4748)
        #expect(settings.dataFolder == "/home/ada/.local/share/offload")
        #expect(settings.deviceName == "workbench")
        #expect(settings.slots == 4)
        #expect(settings.agent == "claude")
        #expect(settings.bridgeKey == nil)
        #expect(settings.largestStreamCount == 32)
        #expect(settings.logLevel == "info")
        #expect(settings.warnings == [])
    }

    @Test func theDocumentedDefaultsAreTheOnesInUse() throws {
        let untouched = try settings()
        for entry in untouched.entries {
            #expect(entry.origin == "default")
            #expect(entry.shownValue == entry.defaultValue)
            #expect(!entry.explanation.isEmpty && !entry.allowed.isEmpty)
        }
        // Saying every documented default aloud changes nothing but the origin.
        var environment: [String: String] = [:]
        for entry in untouched.entries where !entry.isSecret { environment[entry.name] = entry.defaultValue }
        let spoken = try settings(environment: environment)
        #expect(spoken.entries.map(\.shownValue) == untouched.entries.map(\.shownValue))
        #expect(spoken.entries.filter { !$0.isSecret }.allSatisfy { $0.origin == "environment" })
    }

    @Test func everySettingOfTheTableIsShownOnce() throws {
        let table = DeviceSettingTable(machine: testMachine, environment: [:])
        #expect(try settings().entries.map(\.name) == table.all.map(\.name))
    }

    /// Each strength of a value, with all the weaker ones present.
    @Test(arguments: 0...4)
    func precedence(strongest: Int) throws {
        try ScratchFolder.with { scratch in
            let current = try scratch.subfolder("current")
            let data = try scratch.subfolder("data")
            let files = [try current.write("", to: ".env"), try data.write("", to: ".env")]
            var flags: [String: String] = [:]
            var environment = ["OFFLOAD_DATA_DIR": data.path]
            if strongest <= 0 { flags["OFFLOAD_SLOTS"] = "10" }
            if strongest <= 1 { environment["OFFLOAD_SLOTS"] = "11" }
            if strongest <= 2 { try current.write("# first\nOFFLOAD_SLOTS=12", to: ".env") }
            if strongest <= 3 { try data.write("OFFLOAD_SLOTS=13", to: ".env") }

            let settings = try DeviceSettings.load(
                flags: flags, environment: environment, currentFolder: current.path, machine: testMachine)
            #expect(settings.slots == [10, 11, 12, 13, 4][strongest])
            let origins = ["command line", "environment", "\(files[0]) line 2", "\(files[1]) line 1", "default"]
            #expect(settings.entries.first { $0.name == "OFFLOAD_SLOTS" }?.origin == origins[strongest])
        }
    }

    @Test func theLastOfSeveralLinesCounts() throws {
        try ScratchFolder.with { scratch in
            let file = try scratch.write("OFFLOAD_SLOTS=2\nOFFLOAD_SLOTS=3\n", to: ".env")
            let settings = try DeviceSettings.load(
                flags: [:], environment: [:], currentFolder: scratch.path, machine: testMachine)
            #expect(settings.slots == 3)
            #expect(settings.entries.first { $0.name == "OFFLOAD_SLOTS" }?.origin == "\(file) line 2")
        }
    }

    /// The control: the very values of the specification's block, changed, so that defaults cannot answer for them.
    @Test(arguments: [true, false])
    func theBlockOfTheSpecification(verbatim: Bool) throws {
        let text = """
            # .env
            OFFLOAD_ENABLED=\(verbatim ? "true" : "false")
            OFFLOAD_PAIRING_EXPIRY_MS=\(verbatim ? "300000" : "60000")  # 5 minutes
            OFFLOAD_SYNC_INTERVAL_MS=\(verbatim ? "5000" : "250")     # Poll every 5 seconds
            OFFLOAD_LAN_ONLY=\(verbatim ? "false" : "true")            # Restrict to local network
            """
        try ScratchFolder.with { scratch in
            let file = try scratch.write(text, to: ".env")
            let settings = try DeviceSettings.load(
                flags: [:], environment: [:], currentFolder: scratch.path, machine: testMachine)
            #expect(settings.enabled == verbatim)
            #expect(settings.pairingExpiry == .milliseconds(verbatim ? 300_000 : 60_000))
            #expect(settings.syncInterval == .milliseconds(verbatim ? 5_000 : 250))
            #expect(settings.lanOnly == !verbatim)
            #expect(
                settings.entries.prefix(4).map(\.origin) == (2...5).map { "\(file) line \($0)" })
        }
    }

    @Test func theKeyIsNeverShown() throws {
        let key = "correct-horse-battery"
        let settings = try settings(environment: ["BRIDGE_API_KEY": key])
        #expect(settings.bridgeKey == SecretText(key))
        let entry = try #require(settings.entries.first { $0.name == "BRIDGE_API_KEY" })
        #expect(entry.shownValue == "set")
        #expect(entry.defaultValue == "made at random")
        #expect(entry.isSecret)
        var dumped = ""
        dump(settings, to: &dumped)
        #expect(dumped.contains("claude"), "a dump that shows nothing proves nothing")
        #expect(!dumped.contains(key))
        #expect(!"\(settings)".contains(key))
    }

    @Test func anEmptyKeyIsNone() throws {
        let settings = try settings(environment: ["BRIDGE_API_KEY": ""])
        #expect(settings.bridgeKey == nil)
        #expect(settings.entries.first { $0.name == "BRIDGE_API_KEY" }?.shownValue == "made at random")
    }

    @Test(arguments: [
        ("true", true), ("TRUE", true), ("Yes", true), ("1", true), ("oN", true),
        ("false", false), ("False", false), ("NO", false), ("0", false), ("off", false),
    ])
    func booleans(text: String, value: Bool) throws {
        #expect(try settings(environment: ["OFFLOAD_LAN_ONLY": text]).lanOnly == value)
        #expect(try settings(environment: ["OFFLOAD_ENABLED": text]).enabled == value)
    }

    @Test(arguments: [
        ("OFFLOAD_PAIRING_EXPIRY_MS", "1000", "3600000"), ("OFFLOAD_SYNC_INTERVAL_MS", "100", "3600000"),
        ("OFFLOAD_PORT", "0", "65535"), ("OFFLOAD_PEER_PORT", "0", "65535"), ("OFFLOAD_SLOTS", "1", "64"),
        ("OFFLOAD_MAX_STREAMS", "1", "100000"),
    ])
    func numbersAtTheirBounds(name: String, smallest: String, largest: String) throws {
        for text in [smallest, largest] {
            let shown = try settings(environment: [name: text]).entries.first { $0.name == name }?.shownValue
            #expect(shown == text)
        }
        let outside = [String((Int(smallest) ?? 0) - 1), String((Int(largest) ?? 0) + 1), "", "x", "1.5", " 5", "5ms"]
        for text in outside {
            let error = #expect(throws: OffloadError.self) { try settings(environment: [name: text]) }
            #expect(error?.kind == .invalidRequest)
            let message =
                "\(name): \"\(text)\" (environment) is not allowed; "
                + "allowed: a whole number from \(smallest) to \(largest)"
            #expect(error?.message.hasPrefix(message) == true)
        }
    }

    @Test(arguments: ["trace", "debug", "info", "notice", "warning", "error", "critical"])
    func logLevels(level: String) throws {
        #expect(try settings(environment: ["OFFLOAD_LOG_LEVEL": level.uppercased()]).logLevel == level)
    }

    @Test(arguments: [
        (
            ["OFFLOAD_ENABLED": "maybe"],
            "OFFLOAD_ENABLED: \"maybe\" (environment) is not allowed; allowed: true, false, yes, no, 1, 0, on or off"
        ),
        (
            ["OFFLOAD_PORT": "80 # http"],
            "OFFLOAD_PORT: \"80 # http\" (environment) is not allowed; "
                + "allowed: a whole number from 0 to 65535 (0: any free port)"
        ),
        (
            ["OFFLOAD_SYNC_INTERVAL_MS": "99"],
            "OFFLOAD_SYNC_INTERVAL_MS: \"99\" (environment) is not allowed; "
                + "allowed: a whole number from 100 to 3600000 (milliseconds)"
        ),
        (
            ["OFFLOAD_DATA_DIR": "relative/folder"],
            "OFFLOAD_DATA_DIR: \"relative/folder\" (environment) is not allowed; allowed: an absolute path"
        ),
        (
            ["OFFLOAD_DATA_DIR": "~/offload"],
            "OFFLOAD_DATA_DIR: \"~/offload\" (environment) is not allowed; allowed: an absolute path"
        ),
        (
            ["OFFLOAD_DEVICE_NAME": "a\u{1B}[31mb"],
            "OFFLOAD_DEVICE_NAME: \"a\\u{1b}[31mb\" (environment) is not allowed; "
                + "allowed: 1 to 64 characters, no control characters"
        ),
        (
            ["OFFLOAD_DEVICE_NAME": ""],
            "OFFLOAD_DEVICE_NAME: \"\" (environment) is not allowed; "
                + "allowed: 1 to 64 characters, no control characters"
        ),
        (
            ["OFFLOAD_DEVICE_NAME": String(repeating: "n", count: 65)],
            "OFFLOAD_DEVICE_NAME: \"\(String(repeating: "n", count: 65))\" (environment) is not allowed; "
                + "allowed: 1 to 64 characters, no control characters"
        ),
        (
            ["OFFLOAD_AGENT": "rm -rf"],
            "OFFLOAD_AGENT: \"rm -rf\" (environment) is not allowed; allowed: an agent's name: "
                + "1 to 64 lower-case letters, digits, dashes or underscores, a letter first"
        ),
        (
            ["OFFLOAD_LOG_LEVEL": "loud"],
            "OFFLOAD_LOG_LEVEL: \"loud\" (environment) is not allowed; "
                + "allowed: trace, debug, info, notice, warning, error, critical"
        ),
        (
            ["BRIDGE_API_KEY": "fifteen-letters"],
            "BRIDGE_API_KEY: the value (environment) is not allowed; "
                + "allowed: 16 to 512 printable ASCII characters without spaces, or nothing"
        ),
        (
            ["BRIDGE_API_KEY": "with a space in it"],
            "BRIDGE_API_KEY: the value (environment) is not allowed; "
                + "allowed: 16 to 512 printable ASCII characters without spaces, or nothing"
        ),
        (
            ["BRIDGE_API_KEY": "größer-als-sechzehn"],
            "BRIDGE_API_KEY: the value (environment) is not allowed; "
                + "allowed: 16 to 512 printable ASCII characters without spaces, or nothing"
        ),
    ])
    func badValuesStopTheStart(environment: [String: String], message: String) {
        #expect(throws: OffloadError(.invalidRequest, message)) { try settings(environment: environment) }
    }

    @Test func aBadValueNamesItsLineAndIsNotHiddenByADefault() throws {
        try ScratchFolder.with { scratch in
            let file = try scratch.write("# x\n\nOFFLOAD_SLOTS=many # oops\n", to: ".env")
            let message =
                "OFFLOAD_SLOTS: \"many\" (\(file) line 3) is not allowed; allowed: a whole number from 1 to 64"
            #expect(throws: OffloadError(.invalidRequest, message)) {
                try DeviceSettings.load(
                    flags: [:], environment: [:], currentFolder: scratch.path, machine: testMachine)
            }
            // A stronger value makes the weaker one irrelevant.
            let settings = try DeviceSettings.load(
                flags: ["OFFLOAD_SLOTS": "7"], environment: [:], currentFolder: scratch.path, machine: testMachine)
            #expect(settings.slots == 7)
        }
    }

    /// The folder's own program may read its `.env` by other rules.
    @Test func aFileThatNamesNoSettingOfOursStopsNothing() throws {
        try ScratchFolder.with { scratch in
            try scratch.write("KEY=\"never closed\nA-B: yaml\n", to: ".env")
            func load() throws -> DeviceSettings {
                try DeviceSettings.load(
                    flags: [:], environment: [:], currentFolder: scratch.path, machine: testMachine)
            }
            #expect(try load().warnings == [])
            try scratch.write("KEY=\"never closed\nOFFLOAD_SLOTS=2\n", to: ".env")
            #expect(throws: OffloadError.self) { try load() }
        }
    }

    @Test func aBadFlagIsNamedAsSuch() {
        #expect(
            throws: OffloadError(
                .invalidRequest,
                "OFFLOAD_SLOTS: \"0\" (command line) is not allowed; allowed: a whole number from 1 to 64")
        ) { try settings(flags: ["OFFLOAD_SLOTS": "0"]) }
    }
}
