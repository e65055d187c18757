/// The rule for names of agents. Which agents exist is the runner's knowledge.
enum AgentName {
    static let allowed = "an agent's name: 1 to 64 lower-case letters, digits, dashes or underscores, a letter first"

    static func accepts(_ name: String) -> Bool {
        let letters = UInt8(ascii: "a")...UInt8(ascii: "z")
        let digits = UInt8(ascii: "0")...UInt8(ascii: "9")
        guard (1...64).contains(name.utf8.count), let first = name.utf8.first, letters.contains(first) else {
            return false
        }
        return name.utf8.allSatisfy {
            letters.contains($0) || digits.contains($0) || $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: "_")
        }
    }
}
