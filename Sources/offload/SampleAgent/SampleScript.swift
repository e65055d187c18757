/// The steps of a requirement's block
///
/// ````
/// ```sample
/// say Looking at the greeting.
/// append docs/notes.md | A new line.
/// replace app.sh | hello | good morning
/// write new/file.txt | Its whole content.
/// wait 1.5
/// ```
/// ````
///
/// and `fail WORDS` and `hang`, for what can go wrong.
struct SampleScript: Equatable {
    enum Step: Equatable {
        case say(String)
        case append(path: String, text: String)
        case replace(path: String, old: String, new: String)
        case write(path: String, text: String)
        case wait(seconds: Double)
        case fail(String)
        case hang
    }

    let steps: [Step]

    init(requirement: String) {
        var steps: [Step] = []
        var inside = false
        for line in requirement.split(whereSeparator: \.isNewline).map(String.init) {
            if line.hasPrefix("```") {
                inside = !inside && line.dropFirst(3) == "sample"
            } else if inside, let step = Self.step(line) {
                steps.append(step)
            }
        }
        self.steps = steps
    }

    private static func step(_ line: String) -> Step? {
        let words = line.split(separator: " ", maxSplits: 1).map(String.init)
        guard let verb = words.first else { return nil }
        let rest = words.count > 1 ? words[1] : ""
        let parts = rest.split(separator: "|", omittingEmptySubsequences: false).map { trimmed(String($0)) }
        switch verb {
        case "say": return .say(rest)
        case "append" where parts.count == 2: return .append(path: parts[0], text: parts[1])
        case "replace" where parts.count == 3: return .replace(path: parts[0], old: parts[1], new: parts[2])
        case "write" where parts.count == 2: return .write(path: parts[0], text: parts[1])
        case "wait": return Double(rest).map { .wait(seconds: $0) }
        case "fail": return .fail(rest)
        case "hang": return .hang
        default: return .fail("the step is not understood: \(line)")
        }
    }

    private static func trimmed(_ text: String) -> String {
        var text = Substring(text)
        while text.first == " " { text = text.dropFirst() }
        while text.last == " " { text = text.dropLast() }
        return String(text)
    }
}
