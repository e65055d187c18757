/// What a machine answers, written as people read it: a state on a line of its own, below it one line per event with the
/// answer, and with `→` the state that follows. A line without `→` says that nothing changes.
struct Transcript: Sendable {
    struct Line: Sendable, Hashable, CustomStringConvertible {
        let state: String
        let event: String
        let answer: String
        let next: String?

        var description: String { "\(state) | \(event) | \(answer)" + (next.map { " → \($0)" } ?? "") }
    }

    let lines: [Line]

    init(_ text: String) {
        var lines: [Line] = []
        var state = ""
        for line in text.split(separator: "\n") {
            guard line.hasPrefix("  ") else {
                state = String(line)
                continue
            }
            let columns = Self.columns(of: line)
            let next = columns.last.flatMap { $0.hasPrefix("→ ") ? String($0.dropFirst(2)) : nil }
            lines.append(
                Line(
                    state: state, event: columns.first ?? "", answer: columns.dropFirst().first ?? "",
                    next: next))
        }
        self.lines = lines
    }

    /// Columns are set apart by two spaces or more.
    private static func columns(of line: Substring) -> [String] {
        var columns: [String] = []
        var column = ""
        var spaces = 0
        for character in line {
            if character == " " {
                spaces += 1
                continue
            }
            if spaces > 1, !column.isEmpty {
                columns.append(column)
                column = ""
            } else if spaces == 1 {
                column.append(" ")
            }
            spaces = 0
            column.append(character)
        }
        return columns + [column]
    }

    /// What is wrong with the list itself: pairs that are missing, that stand twice, or that nobody knows.
    func gaps(states: [String], events: [String]) -> [String] {
        var problems: [String] = []
        for state in states {
            for event in events {
                let count = lines.count { $0.state == state && $0.event == event }
                if count != 1 { problems.append("\(state) | \(event) stands \(count) times") }
            }
        }
        for line in lines where !states.contains(line.state) || !events.contains(line.event) {
            problems.append("nobody knows \(line)")
        }
        return problems
    }
}
