/// What the command prints.
struct Summary: Sendable {
    let options: CommandOptions
    let outcome: SeedRange.Outcome
    let duration: Duration

    /// Lines of the trace shown with a violation.
    private static let tail = 40

    var text: String {
        var lines = [speed, "traces \(String(outcome.digest, radix: 16))"]
        lines += counts
        if let violation = outcome.violation { lines += Self.lines(violation, options) }
        return lines.joined(separator: "\n")
    }

    private var speed: String {
        let (seconds, attoseconds) = duration.components
        let milliseconds = max(1, seconds * 1_000 + attoseconds / 1_000_000_000_000_000)
        let perSecond = Int64(outcome.examined) * 1_000 / milliseconds
        let tenths = milliseconds / 100
        return "\(outcome.examined) seeds in \(tenths / 10).\(tenths % 10) s, \(perSecond) seeds/s"
            + ", each under two wall clocks"
    }

    private var counts: [String] {
        let shown: [Statistics.Count] =
            options.isFleet
            ? Statistics.Count.ofFleetsToo + Statistics.Count.ofFleets : Statistics.Count.ofDevices
        return shown.map { count in
            let number = String(outcome.statistics[count])
            return String(repeating: " ", count: max(0, 12 - number.count)) + number + "  " + count.rawValue
        }
    }

    private static func lines(_ outcome: SimulationOutcome, _ options: CommandOptions) -> [String] {
        guard let violation = outcome.violation else { return [] }
        return outcome.trace.lines.suffix(tail) + [
            "",
            "seed \(outcome.seed), step \(outcome.step): \(violation)",
            "again: scripts/simulate \(options.repeating(outcome.seed))",
        ]
    }
}
