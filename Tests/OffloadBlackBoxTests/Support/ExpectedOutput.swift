import Foundation

/// An output as a document shows it. `…` stands for anything on its line, and alone on a line for any lines, none
/// included. How many blanks separate two columns does not matter, nor do blanks at the end of a line or empty lines at
/// either end.
struct ExpectedOutput {
    private let lines: [String]

    init(_ text: String) { lines = Self.plain(text) }

    func matches(_ output: String) -> Bool {
        Self.match(lines[...], Self.plain(output)[...])
    }

    private static func plain(_ text: String) -> [String] {
        let lines = text.components(separatedBy: "\n").map { line in
            line.replacing(#/ +/#, with: " ").trimmingCharacters(in: .whitespaces)
        }
        let trimmed = lines.drop(while: \.isEmpty).reversed().drop(while: \.isEmpty).reversed()
        return Array(trimmed)
    }

    private static func match(_ pattern: ArraySlice<String>, _ lines: ArraySlice<String>) -> Bool {
        guard let first = pattern.first else { return lines.isEmpty }
        let rest = pattern.dropFirst()
        if first == "…" {
            return (lines.startIndex...lines.endIndex).contains { match(rest, lines[$0...]) }
        }
        guard let line = lines.first, match(line: first, line) else { return false }
        return match(rest, lines.dropFirst())
    }

    private static func match(line pattern: String, _ line: String) -> Bool {
        let parts = pattern.components(separatedBy: "…")
        guard parts.count > 1, let first = parts.first, let last = parts.last else { return pattern == line }
        guard line.hasPrefix(first), line.count >= first.count + last.count, line.hasSuffix(last) else { return false }
        var rest = line.dropFirst(first.count).dropLast(last.count)
        for part in parts.dropFirst().dropLast() where !part.isEmpty {
            guard let range = rest.range(of: part) else { return false }
            rest = rest[range.upperBound...]
        }
        return true
    }
}
