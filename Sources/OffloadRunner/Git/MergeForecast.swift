import OffloadDomain

/// What `git merge-tree --write-tree --stdin -z` says about each pair of commits that it was given.
///
/// For each: the status (`1` clean, `0` not), the merged tree, then only if it is not clean the files in conflict
/// (`<mode> <object> <stage>\t<path>`), an empty field and messages (count of paths, the paths, kind, text), and an empty field
/// at the end. Every field ends with NUL (git-merge-tree(1), "OUTPUT", and what git 2.39 writes).
struct MergeForecast: Sendable, Equatable {
    let tree: String
    /// Empty when it is clean.
    let clashes: [Clash]

    /// - Throws: `OffloadError` of kind `device` when it is not understood.
    static func read(_ output: [UInt8]) throws(OffloadError) -> [MergeForecast] {
        var fields = Fields(output)
        var forecasts: [MergeForecast] = []
        while let status = fields.next() {
            guard let tree = fields.next(), status == "0" || status == "1" else { throw Self.notUnderstood }
            forecasts.append(
                MergeForecast(tree: tree, clashes: status == "1" ? [] : try clashes(&fields)))
            guard fields.next() == "" else { throw Self.notUnderstood }
        }
        return forecasts
    }

    private static func clashes(_ fields: inout Fields) throws(OffloadError) -> [Clash] {
        var stages: [(path: String, modes: [Substring])] = []
        while let entry = fields.next(), !entry.isEmpty {
            let parts = entry.split(separator: "\t", maxSplits: 1)
            guard parts.count == 2, let mode = parts[0].split(separator: " ").first else { throw notUnderstood }
            let path = String(parts[1])
            if stages.last?.path == path {
                stages[stages.count - 1].modes.append(mode)
            } else {
                stages.append((path, [mode]))
            }
        }
        let kinds = try messages(&fields)
        return stages.map { stage in
            let isSubmodule = stage.modes.contains("160000")
            return Clash(path: stage.path, kind: isSubmodule ? .submodule : kinds[stage.path] ?? .content)
        }
    }

    /// - Returns: what the first conflict that names a path says about it.
    private static func messages(_ fields: inout Fields) throws(OffloadError) -> [String: Clash.Kind] {
        var kinds: [String: Clash.Kind] = [:]
        while let count = fields.next(), !count.isEmpty {
            guard let number = Int(count), number >= 0 else { throw notUnderstood }
            var paths: [String] = []
            for _ in 0..<number {
                guard let path = fields.next() else { throw notUnderstood }
                paths.append(path)
            }
            guard let type = fields.next(), fields.next() != nil else { throw notUnderstood }
            guard let kind = kind(type) else { continue }
            for path in paths where kinds[path] == nil { kinds[path] = kind }
        }
        fields.stepBack()
        return kinds
    }

    private static func kind(_ type: String) -> Clash.Kind? {
        guard type.hasPrefix("CONFLICT") else { return nil }
        if type.contains("binary") { return .binary }
        if type.contains("modify/delete") { return .deletedAndModified }
        if type.contains("rename") { return .renamed }
        if type.contains("mode") { return .mode }
        if type.contains("submodule") { return .submodule }
        if type.contains("add/add") { return .bothAdded }
        if type.contains("file/directory") || type.contains("directory/file") { return .kind }
        return .content
    }

    private static let notUnderstood = OffloadError(.device, "git merge-tree answers in a way that is not understood")

    private struct Fields {
        private let fields: [String]
        private var place = 0

        init(_ output: [UInt8]) {
            // Every field is closed by NUL, so what follows the last one is none.
            fields = output.split(separator: 0, omittingEmptySubsequences: false).dropLast().map {
                String(decoding: $0, as: UTF8.self)
            }
        }

        mutating func next() -> String? {
            guard place < fields.count else { return nil }
            defer { place += 1 }
            return fields[place]
        }

        mutating func stepBack() { place -= 1 }
    }
}
