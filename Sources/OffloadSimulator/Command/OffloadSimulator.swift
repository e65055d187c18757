#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

/// Examines many seeds and says what happened; exit code 1 for a violation, 2 for a command line that makes no sense.
@main
struct OffloadSimulator {
    static func main() async {
        let options: CommandOptions
        do {
            options = try CommandOptions(Array(CommandLine.arguments.dropFirst()))
        } catch {
            print("\(error)\n\n\(CommandOptions.help)")
            exit(2)
        }
        if options.showsHelp { return print(CommandOptions.help) }
        let clock = ContinuousClock()
        let start = clock.now
        let range = SeedRange(first: options.first, count: options.seeds, steps: options.steps, world: options.world)
        let outcome = await range.run()
        if options.showsTrace { printTraces(options) }
        print(Summary(options: options, outcome: outcome, duration: clock.now - start).text)
        if outcome.violation != nil { exit(1) }
    }

    private static func printTraces(_ options: CommandOptions) {
        for offset in 0..<options.seeds {
            let seed = options.first &+ UInt64(offset)
            let outcome = SeedExamination(seed: seed, steps: options.steps, world: options.world).run()
            print("seed \(seed)")
            for line in outcome.trace.lines { print(line) }
            if outcome.violation != nil { return }
        }
    }
}
