import Foundation
import Testing

@testable import OffloadSimulator

@Suite struct CommandTests {
    @Test func readsItsOptions() throws {
        var expected = CommandOptions()
        #expect(try CommandOptions([]) == expected)
        (expected.seeds, expected.first, expected.steps) = (7, 18_446_744_073_709_551_615, 30)
        (expected.fault, expected.showsTrace) = ("phase-ignored", true)
        let words = "--seeds 7 --first 18446744073709551615 --steps 30 --fault phase-ignored --trace"
        #expect(try CommandOptions(words.split(separator: " ").map(String.init)) == expected)
    }

    @Test func aFleetHasFaultsOfItsOwn() throws {
        let options = try CommandOptions(["--fault", "flush-omitted", "--fleet"])
        #expect(options.world == .fleet(.flushOmitted))
        #expect(options.repeating(3) == "--seeds 1 --first 3 --steps 200 --fleet --fault flush-omitted --trace")
    }

    @Test(arguments: [
        "--seeds", "--seeds 0", "--seeds many", "--steps -1", "--first -1", "--fault none", "--fault", "--sedes 1", "7",
        "--fleet --fault phase-ignored", "--fault flush-omitted",
    ])
    func refuses(_ line: String) {
        #expect(throws: CommandOptions.Problem.self) {
            try CommandOptions(line.split(separator: " ").map(String.init))
        }
    }

    @Test func saysHowToSeeAViolationAgain() async throws {
        var options = CommandOptions()
        (options.seeds, options.steps, options.fault) = (200, 100, "sweep-skipped")
        let range = SeedRange(first: options.first, count: options.seeds, steps: options.steps, world: options.world)
        let outcome = await range.run()
        let seed = try #require(outcome.violation?.seed)
        let text = Summary(options: options, outcome: outcome, duration: .seconds(1)).text
        #expect(text.contains("quiet end"))
        #expect(text.contains("scripts/simulate --seeds 1 --first \(seed) --steps 100 --fault sweep-skipped --trace"))
    }

    /// Hashing is seeded anew in each process: a trace that depends on it differs between two of them.
    @Test func twoProcessesMakeTheSameTraces() async throws {
        let arguments = ["--seeds", "12", "--steps", "150"]
        let (first, second) = (try Self.run(arguments), try Self.run(arguments))
        #expect(first.status == 0)
        let digest = try #require(Self.digest(in: first.output))
        #expect(Self.digest(in: second.output) == digest)
        let here = await SeedRange(first: 1, count: 12, steps: 150, world: .device(nil)).run()
        #expect(digest == "traces \(String(here.digest, radix: 16))")
    }

    @Test func exitsWithOneForAViolationAndTwoForNonsense() throws {
        let found = try Self.run(["--seeds", "100", "--fault", "sweep-skipped"])
        #expect(found.status == 1)
        #expect(found.output.contains("again: scripts/simulate --seeds 1"))
        #expect(try Self.run(["--seeds"]).status == 2)
        #expect(try Self.run(["--help"]).status == 0)
    }

    private static func digest(in output: String) -> String? {
        output.split(separator: "\n").map(String.init).first { $0.hasPrefix("traces ") }
    }

    private static func run(_ arguments: [String]) throws -> (status: Int32, output: String) {
        let process = Process()
        process.executableURL = try program()
        process.arguments = arguments
        let pipe = Pipe()
        process.standardOutput = pipe
        try process.run()
        let output = try pipe.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        return (process.terminationStatus, String(decoding: output, as: UTF8.self))
    }

    /// The simulator beside the test bundle.
    private static func program() throws -> URL {
        #if os(macOS)
        let bundle = Bundle.allBundles.first { $0.bundlePath.hasSuffix(".xctest") } ?? .main
        let folder = bundle.bundleURL.deletingLastPathComponent()
        #else
        let folder = Bundle.main.bundleURL
        #endif
        let program = folder.appendingPathComponent("OffloadSimulator")
        try #require(FileManager.default.isExecutableFile(atPath: program.path), "\(program.path) was not built")
        return program
    }
}
