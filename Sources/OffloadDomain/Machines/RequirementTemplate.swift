/// Writes the requirement that an agent gets, from an idea.
///
/// The file has a front matter for programs (idea id, title, priority, base commit, check command, expected paths) and a
/// body for the agent. A project may bring its own template for the body; `{{name}}` stands for a value.
package struct RequirementTemplate: Sendable, Equatable {
    private let body: String

    /// What a project's own template may be, in UTF-8 bytes.
    package static let limit = 64 * 1024

    /// The values that a template may name.
    package enum Value: String, Sendable, CaseIterable {
        case id, title, description, priority, base, check
        case expectedPaths = "expected_paths"
        case project
    }

    /// - Parameter text: the project's own body; nil for the built-in one.
    /// - Throws: `OffloadError` of kind `unprocessable` when the template names an unknown value or is too large.
    package init(_ text: String? = nil) throws(OffloadError) {
        body = text ?? Self.builtIn
        guard body.utf8.count <= Self.limit else {
            throw OffloadError(.unprocessable, "the requirement template is larger than \(Self.limit) bytes")
        }
        for name in Self.names(in: body) where Value(rawValue: name) == nil {
            let known = Value.allCases.map(\.rawValue).joined(separator: ", ")
            throw OffloadError(
                .unprocessable, "the requirement template names the unknown value {{\(name)}}; there are \(known)")
        }
    }

    /// The whole file.
    package func render(_ idea: Idea, project: Project, base: CommitHash?, check: String?) -> String {
        var text = "---\n"
        text += "id: \(idea.id)\n"
        text += "title: \(Self.quoted(idea.title))\n"
        text += "priority: \(idea.priority)\n"
        if let base { text += "base: \(base)\n" }
        if let check { text += "check: \(Self.quoted(check))\n" }
        if !idea.expectedPaths.isEmpty {
            text += "expectedPaths:\n"
            for path in idea.expectedPaths { text += "  - \(Self.quoted(path))\n" }
        }
        text += "---\n\n"
        text += Self.fill(body) { value in
            switch value {
            case .id: idea.id.rawValue
            case .title: idea.title
            case .description: idea.description
            case .priority: String(idea.priority)
            case .base: base?.hex ?? "none"
            case .check: check ?? "none"
            case .expectedPaths:
                idea.expectedPaths.isEmpty ? "not stated" : idea.expectedPaths.joined(separator: ", ")
            case .project: project.name
            }
        }
        if !text.hasSuffix("\n") { text += "\n" }
        return text
    }

    private static let builtIn = """
        # {{title}}

        {{description}}

        ## How to work

        - You work in a separate checkout of {{project}} that holds exactly the commit this task starts from. Change files
          here and nowhere else.
        - Nobody can answer questions while you work. Where the text above leaves something open, choose what its author
          most likely wants and say so in your closing words.
        - Expected places of the change: {{expected_paths}}.
        - The work counts as done when this command succeeds: {{check}}.
        - Leave your changes as they are, committed or not: all of them are collected when you end.
        - Close with one short paragraph that says what you changed and why.
        """

    /// A YAML double-quoted scalar: the same text for every reader.
    private static func quoted(_ text: String) -> String {
        var out = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": out += "\\\""
            case "\\": out += "\\\\"
            case "\n": out += "\\n"
            case "\r": out += "\\r"
            case "\t": out += "\\t"
            default: out.unicodeScalars.append(scalar)
            }
        }
        return out + "\""
    }

    private static func names(in text: String) -> [String] {
        var names: [String] = []
        _ = replacing(text) { name in
            names.append(name)
            return ""
        }
        return names
    }

    private static func fill(_ text: String, value: (Value) -> String) -> String {
        replacing(text) { name in Value(rawValue: name).map(value) ?? "" }
    }

    /// Replaces each `{{name}}` once, left to right; what a value brings is not looked at again.
    private static func replacing(_ text: String, with replacement: (String) -> String) -> String {
        var out = ""
        var rest = text[...]
        while let open = rest.firstRange(ofText: "{{") {
            let afterOpen = rest[open.upperBound...]
            guard let close = afterOpen.firstRange(ofText: "}}") else { break }
            out += rest[..<open.lowerBound]
            out += replacement(PlainText.trimmed(String(afterOpen[..<close.lowerBound])))
            rest = afterOpen[close.upperBound...]
        }
        return out + rest
    }
}

extension Substring {
    fileprivate func firstRange(ofText pattern: String) -> Range<Index>? {
        guard let first = pattern.first else { return nil }
        var from = startIndex
        while let start = self[from...].firstIndex(of: first) {
            if self[start...].hasPrefix(pattern) { return start..<index(start, offsetBy: pattern.count) }
            from = index(after: start)
        }
        return nil
    }
}
