import Foundation

/// Processes that carry an attempt's marker, as this machine's process table shows them.
enum Survivors {
    /// Command lines of live processes whose environment holds `text`.
    static func carrying(_ text: String) -> [String] {
        #if os(Linux)
        let needle = Data(text.utf8)
        let own = String(ProcessInfo.processInfo.processIdentifier)
        let processes = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
        return processes.compactMap { pid -> String? in
            guard Int(pid) != nil, pid != own,
                let environment = FileManager.default.contents(atPath: "/proc/\(pid)/environ"),
                environment.range(of: needle) != nil, !isDead(pid)
            else { return nil }
            let command = FileManager.default.contents(atPath: "/proc/\(pid)/cmdline") ?? Data()
            return "\(pid) \(String(decoding: command, as: UTF8.self).replacingOccurrences(of: "\0", with: " "))"
        }
        #else
        return []
        #endif
    }

    private static func isDead(_ pid: String) -> Bool {
        guard let status = FileManager.default.contents(atPath: "/proc/\(pid)/stat") else { return true }
        let text = String(decoding: status, as: UTF8.self)
        guard let end = text.range(of: ") ", options: .backwards) else { return true }
        return text[end.upperBound] == "Z"
    }
}

/// How much of a large attack runs: a part in every test run, all of it in `scripts/prove`.
enum Effort {
    static let isFull = ProcessInfo.processInfo.environment["OFFLOAD_PROVE"] == "1"

    static func count(_ part: Int, full: Int) -> Int { isFull ? full : part }
}
