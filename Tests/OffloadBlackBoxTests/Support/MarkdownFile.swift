import Foundation

/// What tests read out of a document: fenced blocks, tables below headings, links.
struct MarkdownFile {
    /// Relative to the package's folder.
    let path: String
    let lines: [String]

    init(_ path: String) throws {
        self.path = path
        let text = try String(contentsOfFile: "\(DeviceProcess.packageFolder)/\(path)", encoding: .utf8)
        lines = text.components(separatedBy: "\n")
    }

    struct Block {
        let language: String
        let text: String
        /// Of the opening fence, counted from 1.
        let line: Int
    }

    /// Fenced blocks in order. A block ends at a fence as long as the one that opened it.
    var blocks: [Block] {
        var blocks: [Block] = []
        var open: (fence: String, language: String, line: Int, content: [String])?
        for (index, line) in lines.enumerated() {
            if let block = open {
                if line == block.fence {
                    let text = block.content.joined(separator: "\n")
                    blocks.append(Block(language: block.language, text: text, line: block.line))
                    open = nil
                } else {
                    open?.content.append(line)
                }
            } else if line.hasPrefix("```") {
                let fence = String(line.prefix { $0 == "`" })
                open = (fence, String(line.dropFirst(fence.count)), index + 1, [])
            }
        }
        return blocks
    }

    /// The rows of the first table below a heading, without the heading row; the text of each cell without code marks.
    /// Empty when there is no such heading, or no table before the next one.
    func table(below heading: String) -> [[String]] {
        guard let start = lines.firstIndex(of: heading) else { return [] }
        let section = lines[(start + 1)...].prefix { !$0.hasPrefix("#") }
        let table = section.drop { !$0.hasPrefix("|") }.prefix { $0.hasPrefix("|") }
        return table.dropFirst(2).map(Self.cells)
    }

    var headings: [String] { lines.filter { $0.hasPrefix("#") } }

    /// Targets of links to other files of this package.
    var localLinks: [String] {
        lines.flatMap { line in
            line.matches(of: /\]\(([^)]+)\)/).map { String($0.output.1) }
        }
        .filter { !$0.contains("://") && !$0.hasPrefix("#") }
    }

    private static func cells(_ row: String) -> [String] {
        let protected = row.replacing("\\|", with: "\u{1}")
        return protected.split(separator: "|", omittingEmptySubsequences: false).dropFirst().dropLast().map { cell in
            cell.trimmingCharacters(in: .whitespaces).replacing("`", with: "").replacing("\u{1}", with: "|")
        }
    }
}
