import Foundation
import OffloadClient
import OffloadCrypto
import OffloadWire
import Synchronization

/// A real device: the release binary with a data folder of its own, started and ended by a test.
final class DeviceProcess: Sendable {
    let folder: String
    let environment: [String: String]
    let key: String
    /// What starts the program in another world, such as `ip netns exec NAME`; empty for this one.
    let launcher: [String]
    private let process = Mutex<Process?>(nil)
    private let addressText = Mutex("")

    static let key = "test-key-0123456789abcdef"

    /// The binary under test; `scripts/test` builds it and says where it is.
    static var binary: String {
        ProcessInfo.processInfo.environment["OFFLOAD_BINARY"] ?? "\(packageFolder)/.build/release/offload"
    }

    static var packageFolder: String {
        URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent().path
    }

    init(
        folder: String, environment: [String: String] = [:], key: String = DeviceProcess.key, launcher: [String] = []
    ) {
        self.launcher = launcher
        self.folder = folder
        self.environment = environment
        self.key = key
    }

    var address: String { addressText.withLock { $0 } }
    var dataFolder: String { "\(folder)/data" }
    var pid: Int32 { process.withLock { $0?.processIdentifier ?? 0 } }

    /// Everything that this device and its command line get to know of the world.
    var surroundings: [String: String] {
        var all = [
            "PATH": ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin", "HOME": "\(folder)/home",
            "OFFLOAD_DATA_DIR": dataFolder, "OFFLOAD_PORT": "0", "OFFLOAD_PEER_PORT": "0", "BRIDGE_API_KEY": key,
            "OFFLOAD_AGENT": "sample",
        ]
        all.merge(environment) { _, new in new }
        return all
    }

    /// Starts the device and returns when it says that it listens.
    /// - Throws: what it said instead.
    func start(extra: [String: String] = [:]) throws {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = launcher + [Self.binary, "serve"]
        process.environment = surroundings.merging(extra) { _, new in new }
        process.currentDirectoryURL = URL(fileURLWithPath: folder)
        let output = Pipe()
        process.standardOutput = output
        let errors = "\(folder)/serve.err"
        if !FileManager.default.fileExists(atPath: errors) {
            _ = FileManager.default.createFile(atPath: errors, contents: nil)
        }
        let errorFile = try FileHandle(forWritingTo: URL(fileURLWithPath: errors))
        try errorFile.seekToEnd()
        process.standardError = errorFile
        try process.run()
        self.process.withLock { $0 = process }
        var said = ""
        while true {
            let data = output.fileHandleForReading.availableData
            if data.isEmpty {
                process.waitUntilExit()
                throw Refusal(
                    exitCode: process.terminationStatus,
                    words: (try? String(contentsOfFile: errors, encoding: .utf8)) ?? said)
            }
            said += String(decoding: data, as: UTF8.self)
            if let range = said.range(of: "http://"), let end = said[range.upperBound...].firstIndex(of: " ") {
                addressText.withLock { $0 = String(said[range.upperBound..<end]) }
                return
            }
        }
    }

    struct Refusal: Error {
        let exitCode: Int32
        let words: String
    }

    /// Asks it to end, and waits until it has.
    @discardableResult
    func stop() -> Int32 {
        guard let process = process.withLock({ $0 }) else { return 0 }
        process.terminate()
        process.waitUntilExit()
        return process.terminationStatus
    }

    /// Pulls the plug.
    func kill() {
        guard let process = process.withLock({ $0 }) else { return }
        Foundation.kill(process.processIdentifier, SIGKILL)
        process.waitUntilExit()
    }

    var isDead: Bool { process.withLock { $0?.isRunning != true } }

    /// Waits for a device that ends by itself.
    func waitForEnd() async {
        guard let process = process.withLock({ $0 }) else { return }
        await withCheckedContinuation { continuation in
            DispatchQueue.global().async {
                process.waitUntilExit()
                continuation.resume()
            }
        }
    }

    /// Runs `body` as long as the device lives.
    /// - Returns: false when the device died before `body` was done.
    func untilItDies(_ body: @escaping @Sendable (BridgeClient) async throws -> Void) async throws -> Bool {
        try await withThrowingTaskGroup(of: Bool.self) { group in
            group.addTask {
                do {
                    try await self.with(body)
                    return true
                } catch  where self.process.withLock({ $0?.isRunning != true }) {
                    return false
                } catch is DeviceUnreachable {
                    await self.waitForEnd()
                    return false
                }
            }
            group.addTask {
                await self.waitForEnd()
                return false
            }
            let survived = try await group.next() ?? false
            // The wait for the end can't be cancelled; a device that survived is left running by its caller's wish.
            if survived { self.kill() }
            group.cancelAll()
            return survived
        }
    }

    func with<Value: Sendable>(_ body: @Sendable (BridgeClient) async throws -> Value) async throws -> Value {
        try await BridgeClient.with(address: address, key: Secret(key), body)
    }

    /// Runs a command of the command line against this device.
    func offload(_ arguments: [String], input: String = "", in folder: String? = nil) throws -> CommandResult {
        try CommandResult.run(
            "/usr/bin/env", launcher + [Self.binary] + arguments, environment: surroundings,
            folder: folder ?? self.folder, input: input)
    }
}

/// How a program ended and what it wrote.
struct CommandResult: Sendable {
    let exitCode: Int32
    let output: String
    let errors: String

    static func run(
        _ program: String, _ arguments: [String], environment: [String: String], folder: String, input: String = ""
    ) throws -> CommandResult {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: program)
        process.arguments = arguments
        process.environment = environment
        process.currentDirectoryURL = URL(fileURLWithPath: folder)
        let (stdin, stdout, stderr) = (Pipe(), Pipe(), Pipe())
        process.standardInput = stdin
        process.standardOutput = stdout
        process.standardError = stderr
        try process.run()
        stdin.fileHandleForWriting.write(Data(input.utf8))
        try stdin.fileHandleForWriting.close()
        let errors = Mutex(Data())
        let done = DispatchSemaphore(value: 0)
        DispatchQueue.global().async {
            let data = stderr.fileHandleForReading.readDataToEndOfFile()
            errors.withLock { $0 = data }
            done.signal()
        }
        let output = stdout.fileHandleForReading.readDataToEndOfFile()
        done.wait()
        process.waitUntilExit()
        return CommandResult(
            exitCode: process.terminationStatus, output: String(decoding: output, as: UTF8.self),
            errors: String(decoding: errors.withLock { $0 }, as: UTF8.self))
    }
}

/// A folder that is there for one test.
func withScratchFolder<Value>(_ body: (String) async throws -> Value) async throws -> Value {
    let path = URL(fileURLWithPath: NSTemporaryDirectory()).resolvingSymlinksInPath()
        .appendingPathComponent("offload-test-\(UUID().uuidString.prefix(8).lowercased())").path
    try FileManager.default.createDirectory(atPath: "\(path)/home", withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: path) }
    return try await body(path)
}

/// A device that runs for one test and ends with it, however the test ends.
func withDevice<Value>(
    environment: [String: String] = [:], _ body: (DeviceProcess) async throws -> Value
) async throws -> Value {
    try await withScratchFolder { folder in
        let device = DeviceProcess(folder: folder, environment: environment)
        try device.start()
        defer { device.kill() }
        return try await body(device)
    }
}
