/// Rows in aligned columns. The last column gets what is left of the line and is cut when it does not fit.
struct Table {
    struct Cell {
        let text: String
        let tone: Terminal.Tone

        init(_ text: String, _ tone: Terminal.Tone = .plain) {
            self.text = TerminalText.safe(text)
            self.tone = tone
        }
    }

    let headings: [String]
    var rows: [[Cell]] = []

    init(_ headings: [String]) { self.headings = headings }

    /// Columns that hold names and paths are never cut when the output is read by a program.
    func render(for terminal: Terminal) -> String {
        let widest = terminal.isInteractive ? 48 : 10_000
        var widths = headings.map(TerminalText.width)
        for row in rows {
            for (index, cell) in row.enumerated() where index < widths.count {
                widths[index] = max(widths[index], min(TerminalText.width(cell.text), widest))
            }
        }
        if terminal.isInteractive, let last = widths.indices.last {
            let others = widths.dropLast().reduce(0) { $0 + $1 + 2 }
            widths[last] = min(widths[last], max(12, terminal.columns - others))
        }
        var lines = [line(headings.map { Cell($0, .dim) }, widths, terminal)]
        lines += rows.map { line($0, widths, terminal) }
        return lines.joined(separator: "\n") + "\n"
    }

    private func line(_ cells: [Cell], _ widths: [Int], _ terminal: Terminal) -> String {
        var out = ""
        for (index, cell) in cells.enumerated() where index < widths.count {
            let text = TerminalText.fitted(cell.text, columns: widths[index])
            out += terminal.styled(text, cell.tone)
            if index < cells.count - 1 {
                out += String(repeating: " ", count: widths[index] - TerminalText.width(text) + 2)
            }
        }
        return out
    }
}
