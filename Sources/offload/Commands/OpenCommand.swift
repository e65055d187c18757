import ArgumentParser
import OffloadClient
import OffloadDomain
import OffloadWire

#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

struct OpenCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "open", abstract: "Opens the page in the browser.",
        discussion: "The link works once and for 60 seconds.")

    @Flag(name: .long, help: "Print the link instead of opening it.")
    var print = false
    @OptionGroup var device: DeviceOptions

    func run() async throws {
        let link: LinkView = try await device.withDevice { try await $0.post("/api/bridge/link") }
        if print || device.json { return try device.rendering.show(link) { _ in "\(link.url)\n" } }
        try await Failing.inWords { try Self.open(link.url) }
    }

    private static func open(_ url: String) throws {
        #if os(macOS)
        let program = "/usr/bin/open"
        #else
        let program = "/usr/bin/xdg-open"
        #endif
        guard access(program, X_OK) == 0 else {
            throw OffloadError(.unprocessable, "\(program) is not installed; use `offload open --print`")
        }
        var arguments: [UnsafeMutablePointer<CChar>?] = [strdup(program), strdup(url), nil]
        defer { for argument in arguments { free(argument) } }
        execv(program, &arguments)
        throw OffloadError(.device, "\(program) could not be started")
    }
}
