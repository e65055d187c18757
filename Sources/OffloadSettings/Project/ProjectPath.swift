/// Paths that a project's settings may name: they stay inside of the project and out of its git folder, by their text
/// alone. Whoever opens one must still refuse symbolic links on the way.
enum ProjectPath {
    static let allowed = "relative to the project, without \"..\", not in .git, at most 500 bytes"

    /// - Returns: the path with single slashes and without `.` in between.
    static func read(_ value: YAMLValue) throws(YAMLValue.NotAllowed) -> String {
        guard let path = normalized(try value.text(limit: 500)) else { throw value.notAllowed() }
        return path
    }

    static func normalized(_ text: String) -> String? {
        guard !text.hasPrefix("/"), !text.hasPrefix("~"), text.unicodeScalars.allSatisfy(ShownText.isPlain) else {
            return nil
        }
        let parts = text.split(separator: "/").filter { $0 != "." }
        guard !parts.isEmpty, !parts.contains(".."), !parts.contains(where: isGitFolder) else { return nil }
        return parts.joined(separator: "/")
    }

    /// File systems of macOS ignore case and invisible characters, those of Windows dots and spaces at the end; git
    /// treats all of these as its own folder.
    private static func isGitFolder(_ part: Substring) -> Bool {
        var visible = String.UnicodeScalarView()
        visible.append(contentsOf: part.unicodeScalars.filter { !$0.properties.isDefaultIgnorableCodePoint })
        while let last = visible.last, last == "." || last == " " { visible.removeLast() }
        return [".git", "git~1"].contains(String(visible).lowercased())
    }
}
