import Foundation
import OffloadDomain
import Testing

@testable import OffloadSettings

/// Where settings are looked for, and where data goes.
@Suite struct SettingsFoldersTests {
    @Test func dataFolderByPlatformAndEnvironment() throws {
        let mac = Machine(platform: .macOS, hostName: "h", homeFolder: "/Users/ada")
        #expect(try settings(machine: mac).dataFolder == "/Users/ada/Library/Application Support/Offload")
        #expect(
            try settings(environment: ["XDG_DATA_HOME": "/xdg"], machine: mac).dataFolder
                == "/Users/ada/Library/Application Support/Offload")
        #expect(try settings(environment: ["HOME": "/h"]).dataFolder == "/h/.local/share/offload")
        #expect(try settings(environment: ["XDG_DATA_HOME": "/xdg"]).dataFolder == "/xdg/offload")
        #expect(try settings(environment: ["XDG_DATA_HOME": "relative"]).dataFolder == "/home/ada/.local/share/offload")
        #expect(try settings(environment: ["XDG_DATA_HOME": ""]).dataFolder == "/home/ada/.local/share/offload")
        #expect(try settings(environment: ["OFFLOAD_DATA_DIR": "/data//"]).dataFolder == "/data")
        #expect(try settings(environment: ["OFFLOAD_DATA_DIR": "/"]).dataFolder == "/")
    }

    @Test func deviceNameFromAnyHostName() throws {
        for (hostName, expected) in [
            ("tower.local", "tower.local"), ("", "device"), (" ", "device"), ("a\nb", "ab"),
            (String(repeating: "x", count: 90), String(repeating: "x", count: 64)),
        ] {
            let machine = Machine(platform: .linux, hostName: hostName, homeFolder: "/h")
            #expect(try settings(machine: machine).deviceName == expected)
        }
        let name = "Ada’s 👩‍💻"
        #expect(try settings(environment: ["OFFLOAD_DEVICE_NAME": name]).deviceName == name)
    }

    @Test func thisMachineHasUsableDefaults() throws {
        let settings = try settings(machine: .current())
        #expect(settings.dataFolder.hasPrefix("/"))
        #expect(DeviceName.accepts(settings.deviceName))
    }

    @Test func theCurrentFoldersFileCanNameTheDataFolder() throws {
        try ScratchFolder.with { scratch in
            let data = try scratch.subfolder("data")
            try data.write("OFFLOAD_SLOTS=9", to: ".env")
            try scratch.write("OFFLOAD_DATA_DIR=\(data.path)", to: ".env")
            let settings = try DeviceSettings.load(
                flags: [:], environment: [:], currentFolder: scratch.path, machine: testMachine)
            #expect(settings.dataFolder == data.path)
            #expect(settings.slots == 9)
        }
    }

    @Test func theDataFoldersFileCannotMoveTheDataFolder() throws {
        try ScratchFolder.with { scratch in
            let environment = ["OFFLOAD_DATA_DIR": scratch.path]
            let file = try scratch.write("\nOFFLOAD_DATA_DIR=/elsewhere", to: ".env")
            let message =
                "OFFLOAD_DATA_DIR: \"/elsewhere\" (\(file) line 2) is not allowed; "
                + "the data folder's own .env cannot move the data folder, which is \(scratch.path)"
            #expect(throws: OffloadError(.invalidRequest, message)) { try settings(environment: environment) }
            // Naming the folder in which it lies is no move.
            try scratch.write("OFFLOAD_DATA_DIR=\(scratch.path)/", to: ".env")
            #expect(try settings(environment: environment).dataFolder == scratch.path)
        }
    }

    @Test func oneFileInBothRolesIsReadOnce() throws {
        try ScratchFolder.with { scratch in
            try scratch.write("OFFLOAD_DATA_DIR=\(scratch.path)\nOFFLOAD_SLOT=3", to: ".env")
            let settings = try DeviceSettings.load(
                flags: [:], environment: [:], currentFolder: scratch.path, machine: testMachine)
            #expect(settings.warnings.count == 1)
        }
    }

    @Test func unknownNamesAreToldNotRefused() throws {
        try ScratchFolder.with { scratch in
            let file = try scratch.write("OTHER=1\nOFFLOAD_SLOT=3\nOFFLOAD_CRASH_AT=x", to: ".env")
            let settings = try DeviceSettings.load(
                flags: [:],
                environment: ["OFFLOAD_PROT": "1", "OFFLOAD_LANONLY": "1", "OFFLOAD_XYZZY": "1", "PATH": "/bin"],
                currentFolder: scratch.path, machine: testMachine)
            #expect(
                settings.warnings == [
                    "OFFLOAD_LANONLY (environment) is not a setting; did you mean OFFLOAD_LAN_ONLY?",
                    "OFFLOAD_PROT (environment) is not a setting; did you mean OFFLOAD_PORT?",
                    "OFFLOAD_XYZZY (environment) is not a setting",
                    "OFFLOAD_SLOT (\(file) line 2) is not a setting; did you mean OFFLOAD_SLOTS?",
                ])
        }
    }

    @Test func aFolderNamedLikeTheFileIsLeftAlone() throws {
        try ScratchFolder.with { scratch in
            _ = try scratch.subfolder(".env")
            let settings = try DeviceSettings.load(
                flags: [:], environment: [:], currentFolder: scratch.path, machine: testMachine)
            #expect(settings.warnings == ["\(scratch.path)/.env is not a file and was not read"])
        }
    }

    @Test func aPipeNamedLikeTheFileDoesNotHoldTheStart() throws {
        try ScratchFolder.with { scratch in
            try #require(mkfifo(scratch.path + "/.env", 0o600) == 0)
            let settings = try DeviceSettings.load(
                flags: [:], environment: [:], currentFolder: scratch.path, machine: testMachine)
            #expect(settings.warnings.count == 1)
        }
    }

    @Test func unusableFilesStopTheStart() throws {
        try ScratchFolder.with { scratch in
            let file = scratch.path + "/.env"
            func load() throws -> DeviceSettings {
                try DeviceSettings.load(
                    flags: [:], environment: [:], currentFolder: scratch.path, machine: testMachine)
            }
            try scratch.write(String(repeating: "#", count: DotEnv.largestSize + 1), to: ".env")
            #expect(throws: OffloadError(.invalidRequest, "\(file): larger than 64 KiB")) { try load() }
            try scratch.write(String(repeating: "#", count: DotEnv.largestSize), to: ".env")
            #expect(try load().slots == 4)
            try Data(Array("OFFLOAD_SLOTS=".utf8) + [0xFF]).write(to: URL(fileURLWithPath: file))
            #expect(throws: OffloadError(.invalidRequest, "\(file): not UTF-8 text")) { try load() }
            try FileManager.default.removeItem(atPath: file)
            try scratch.link(".env", to: ".env")
            #expect(throws: OffloadError.self) { try load() }
        }
    }
}
