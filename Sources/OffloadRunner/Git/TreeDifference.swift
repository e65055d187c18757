import OffloadDomain

/// What `git diff-tree -r --raw --numstat -z --no-renames` says about two trees: first a line for each changed path with modes
/// and status, then one for each with its lines (git-diff-tree(1), "RAW OUTPUT FORMAT" and `--numstat`).
struct TreeDifference: Sendable, Equatable {
    struct Entry: Sendable, Equatable {
        let path: String
        let modeBefore: Substring
        let modeAfter: Substring
        let status: Character
        /// Lines; nil for files that are no text.
        var insertions: Int?
        var deletions: Int?

        var change: ResultChange {
            let kind: ResultChange.Kind =
                switch status {
                case "A": .added
                case "D": .deleted
                default: modeBefore == modeAfter ? .modified : .typeChanged
                }
            return ResultChange(path: path, kind: kind, insertions: insertions, deletions: deletions)
        }
    }

    /// In the order of their paths' bytes.
    private(set) var entries: [Entry] = []

    static let arguments = ["-r", "--raw", "--numstat", "-z", "--no-renames", "--no-ext-diff", "--no-textconv"]

    /// - Throws: `OffloadError` of kind `device` when it is not understood.
    init(_ output: [UInt8]) throws(OffloadError) {
        let fields = output.split(separator: 0).map { String(decoding: $0, as: UTF8.self) }
        var place = 0
        while place + 1 < fields.count, fields[place].hasPrefix(":") {
            let words = fields[place].dropFirst().split(separator: " ")
            guard words.count == 5, let status = words[4].first else { throw Self.notUnderstood }
            entries.append(
                Entry(path: fields[place + 1], modeBefore: words[0], modeAfter: words[1], status: status))
            place += 2
        }
        for index in entries.indices {
            guard place < fields.count else { throw Self.notUnderstood }
            let columns = fields[place].split(separator: "\t", maxSplits: 2)
            guard columns.count == 3, columns[2] == entries[index].path else { throw Self.notUnderstood }
            entries[index].insertions = Int(columns[0])
            entries[index].deletions = Int(columns[1])
            place += 1
        }
        guard place == fields.count else { throw Self.notUnderstood }
    }

    var extent: TaskResult.Extent {
        TaskResult.Extent(
            files: entries.count, insertions: entries.compactMap(\.insertions).reduce(0, +),
            deletions: entries.compactMap(\.deletions).reduce(0, +))
    }

    private static let notUnderstood = OffloadError(.device, "git diff-tree answers in a way that is not understood")
}
