import Yams

/// A key at the top of a document, with its value.
struct YAMLEntry {
    let key: String
    let line: Int?
    let value: YAMLValue
}

/// The part of YAML that settings need: one document with plain keys at its top.
enum YAMLDocument {
    /// The entries in the order of the text; none for an empty document.
    static func entries(of text: String) throws(ProjectSettingsProblem) -> [YAMLEntry] {
        try YAMLGuard.refuseDangers(in: text)
        guard let root = try root(of: text), !YAMLValue(root).isNull else { return [] }
        guard case .mapping(let mapping) = root else {
            throw ProjectSettingsProblem(line: root.mark?.line, "must consist of lines such as \"agent: claude\"")
        }
        var entries: [YAMLEntry] = []
        for (key, value) in mapping {
            guard case .scalar(let name) = key else {
                throw ProjectSettingsProblem(line: key.mark?.line, "a key must be a single word")
            }
            entries.append(YAMLEntry(key: name.string, line: name.mark?.line, value: YAMLValue(value)))
        }
        return entries
    }

    private static func root(of text: String) throws(ProjectSettingsProblem) -> Node? {
        do {
            // Editors on Windows put a byte order mark in front, which the parser refuses.
            let yaml = text.unicodeScalars.first == "\u{FEFF}" ? String(text.unicodeScalars.dropFirst()) : text
            // The basic resolver gives no meaning to words such as `no` or `1.10`: each key decides what it takes.
            return try Parser(yaml: yaml, resolver: .basic, encoding: .utf8).singleRoot()
        } catch let error as YamlError {
            throw problem(error, in: text)
        } catch {
            throw ProjectSettingsProblem(line: nil, "not YAML: \(error)")
        }
    }

    private static func problem(_ error: YamlError, in text: String) -> ProjectSettingsProblem {
        switch error {
        case .scanner(_, let problem, let mark, _), .parser(_, let problem, let mark, _),
            .composer(_, let problem, let mark, _):
            return ProjectSettingsProblem(line: mark.line, "not YAML: \(problem)")
        case .reader(let problem, let offset, _, _):
            let line = offset.map { text.prefix($0).count(where: \.isNewline) + 1 }
            return ProjectSettingsProblem(line: line, "not YAML: \(problem)")
        case .duplicatedKeysInMapping(let duplicates, let context):
            let names = duplicates.map(ShownText.quoted).joined(separator: ", ")
            return ProjectSettingsProblem(line: context.mark.line, "set more than once: \(names)")
        case .no, .memory, .writer, .emitter, .representer, .dataCouldNotBeDecoded:
            return ProjectSettingsProblem(line: nil, "not YAML: \(error)")
        }
    }
}
