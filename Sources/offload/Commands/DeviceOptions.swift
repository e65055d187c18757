import ArgumentParser
import OffloadClient
import OffloadCrypto
import OffloadDomain
import OffloadSettings
import OffloadStore

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

/// Options of every command that talks to the device.
struct DeviceOptions: ParsableArguments {
    @Option(name: .long, help: ArgumentHelp("The device's data folder.", valueName: "folder"))
    var dataDir: String?

    @Flag(name: .long, help: "Print JSON instead of text.")
    var json = false

    var rendering: Rendering {
        Rendering(
            format: json ? .json : .text,
            terminal: .standardOutput(environment: ProcessInfo.processInfo.environment))
    }

    func settings(flags: [String: String] = [:]) throws -> DeviceSettings {
        var flags = flags
        if let dataDir { flags["OFFLOAD_DATA_DIR"] = Paths.absolute(dataDir) }
        return try DeviceSettings.load(
            flags: flags, environment: ProcessInfo.processInfo.environment, currentFolder: Paths.currentFolder)
    }

    /// Runs `body` with a connection to the device, and turns what goes wrong into words and an exit code.
    func withDevice<Value: Sendable>(_ body: @Sendable (BridgeClient) async throws -> Value) async throws -> Value {
        try await Failing.inWords {
            let settings = try settings()
            // The lock on the data folder says whether a device runs; no need to knock at a port to find out.
            guard let holder = DataFolder.holder(path: settings.dataFolder) else {
                throw NoDevice(dataFolder: settings.dataFolder)
            }
            let address = holder.address ?? "127.0.0.1:\(settings.port)"
            let key = try KeyFile.read(dataFolder: settings.dataFolder, setting: settings.bridgeKey)
            return try await BridgeClient.with(address: address, key: key, body)
        }
    }
}

/// No device runs on the data folder.
struct NoDevice: Error {
    let dataFolder: String
}

enum Paths {
    static var currentFolder: String { FileManager.default.currentDirectoryPath }

    /// Absolute, without `.` and `..`, and without links where the path exists.
    static func absolute(_ path: String) -> String {
        var path = path
        if path == "~" || path.hasPrefix("~/") {
            path = FileManager.default.homeDirectoryForCurrentUser.path + path.dropFirst()
        }
        if !path.hasPrefix("/") { path = "\(currentFolder)/\(path)" }
        guard let resolved = realpath(path, nil) else { return path }
        defer { free(resolved) }
        return String(cString: resolved)
    }
}
