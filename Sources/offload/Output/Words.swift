import OffloadWire

/// How states, times and costs are said to people.
enum Words {
    /// How many slots of a device are taken, as a bar: `██░░ 2/4`.
    static func slots(used: Int, of slots: Int?) -> String {
        guard let slots else { return "–" }
        let taken = min(used, slots)
        let bar = String(repeating: "█", count: taken) + String(repeating: "░", count: slots - taken)
        return "\(bar) \(used)/\(slots)"
    }

    static func tone(ofStatus status: String) -> Terminal.Tone {
        switch status {
        case "completed", "accepted", "implemented": .good
        case "failed", "rejected": .bad
        case "cancelled", "skipped", "paused", "interrupted": .notice
        case "running", "synced": .strong
        default: .plain
        }
    }

    static func duration(milliseconds: Int64?) -> String {
        guard let milliseconds else { return "–" }
        let seconds = milliseconds / 1_000
        if seconds < 10 { return "\(seconds).\(milliseconds % 1_000 / 100)s" }
        if seconds < 60 { return "\(seconds)s" }
        if seconds < 3_600 { return "\(seconds / 60)m \(seconds % 60)s" }
        return "\(seconds / 3_600)h \(seconds % 3_600 / 60)m"
    }

    static func cost(_ cost: CostView?) -> String {
        guard let cost else { return "–" }
        if let usd = cost.usd {
            let cents = Int64((usd * 10_000).rounded())
            let fraction = String(cents % 10_000 + 10_000).dropFirst()
            return "$\(cents / 10_000).\(fraction)"
        }
        if let input = cost.inputTokens, let output = cost.outputTokens { return "\(input + output) tokens" }
        return "–"
    }

    static func files(_ result: AttemptResultView?) -> String {
        guard let result else { return "–" }
        if result.kind == "empty" { return "none" }
        return "\(result.filesChanged) (+\(result.insertions) −\(result.deletions))"
    }
}
