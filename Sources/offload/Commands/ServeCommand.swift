import ArgumentParser
import Logging
import OffloadDomain
import OffloadServer
import OffloadSettings
import ServiceLifecycle
import UnixSignals

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

struct ServeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve", abstract: "Runs the device until Ctrl-C.",
        discussion: """
            The Bridge API listens on 127.0.0.1 only. Running agents are ended when the device stops; their tasks go on \
            at the next start. Settings also come from the environment, `.env` files and `offload.yml`; `offload config` \
            shows them all.
            """)

    @Option(name: .long, help: "Port of the Bridge API; 0 takes any free one.")
    var port: Int?
    @Option(name: .long, help: ArgumentHelp("The device's data folder.", valueName: "folder"))
    var dataDir: String?
    @Option(name: .long, help: "How many tasks may run at once.")
    var slots: Int?
    @Option(name: .long, help: "The agent for projects that name none: claude, command or sample.")
    var agent: String?
    @Option(name: .long, help: "What other devices call this one.")
    var deviceName: String?
    @Option(name: .long, help: "trace, debug, info, notice, warning, error or critical.")
    var logLevel: String?

    @Option(name: .long, help: ArgumentHelp("Serves the page from this folder, for work on it.", valueName: "folder"))
    var webDir: String?

    /// Agents get ten seconds to end; then their work is still to be kept.
    private static let shutdownLimit = Duration.seconds(60)

    func run() async throws {
        try await Failing.inWords {
            // A client that goes away in the middle of an answer must not end the device.
            signal(SIGPIPE, SIG_IGN)
            Self.forbidCoreDumps()
            let environment = ProcessInfo.processInfo.environment
            let settings = try DeviceSettings.load(
                flags: flags, environment: environment, currentFolder: Paths.currentFolder)
            for warning in settings.warnings { Terminal.complain("offload: \(TerminalText.safe(warning))") }
            let logger = Self.logger(settings)
            let surroundings = DeviceAssembly.Surroundings(
                settings: settings, environment: environment, executable: Self.executable,
                page: webDir.map { .folder(Paths.absolute($0)) } ?? .program, logger: logger)
            let assembly = try await DeviceAssembly.open(surroundings) { address in
                Terminal.write(
                    Array(
                        "Offload \(Version.text) listens on http://\(address) (data in \(settings.dataFolder))\n".utf8),
                    to: 1)
            }
            defer { assembly.close() }
            try await Self.run(assembly, port: settings.port, logger: logger)
        }
    }

    private static func run(_ assembly: DeviceAssembly, port: Int, logger: Logger) async throws {
        var configuration = ServiceGroupConfiguration(
            services: assembly.services.map { .init(service: $0) }, gracefulShutdownSignals: [.sigterm, .sigint],
            logger: logger)
        configuration.maximumGracefulShutdownDuration = shutdownLimit
        do {
            try await ServiceGroup(configuration: configuration).run()
        } catch let error as OffloadError {
            throw error
        } catch {
            throw OffloadError(
                .device, "the device stopped: \(error). If port \(port) is in use, choose another with --port.")
        }
    }

    private var flags: [String: String] {
        var flags: [String: String] = [:]
        if let port { flags["OFFLOAD_PORT"] = String(port) }
        if let dataDir { flags["OFFLOAD_DATA_DIR"] = Paths.absolute(dataDir) }
        if let slots { flags["OFFLOAD_SLOTS"] = String(slots) }
        if let agent { flags["OFFLOAD_AGENT"] = agent }
        if let deviceName { flags["OFFLOAD_DEVICE_NAME"] = deviceName }
        if let logLevel { flags["OFFLOAD_LOG_LEVEL"] = logLevel }
        return flags
    }

    private static func logger(_ settings: DeviceSettings) -> Logger {
        var logger = Logger(label: "offload") { StreamLogHandler.standardError(label: $0) }
        // The frameworks below tell of every connection at `info`; `info` here means what a user wants to know.
        logger.logLevel = Logger.Level(rawValue: settings.logLevel) ?? .info
        if logger.logLevel == .info { logger.logLevel = .notice }
        return logger
    }

    /// Memory holds the key and what agents wrote.
    private static func forbidCoreDumps() {
        var limit = rlimit(rlim_cur: 0, rlim_max: 0)
        #if canImport(Glibc)
        setrlimit(__rlimit_resource_t(bitPattern: RLIMIT_CORE.rawValue), &limit)
        #else
        setrlimit(RLIMIT_CORE, &limit)
        #endif
    }

    private static var executable: String {
        #if os(Linux)
        (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? CommandLine.arguments[0]
        #else
        Bundle.main.executablePath ?? CommandLine.arguments[0]
        #endif
    }
}
