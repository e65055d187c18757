import OffloadDomain

/// Paths that others wrote, made fit for a message: as what they are, and not longer than a person reads.
enum ShownPath {
    private static let (byteLimit, countLimit) = (240, 10)

    static func text(_ path: String) -> String {
        var shown = ""
        for scalar in PlainText.prefix(path, bytes: byteLimit).unicodeScalars {
            if isPlain(scalar) {
                shown.unicodeScalars.append(scalar)
            } else {
                shown += "\\u{" + String(scalar.value, radix: 16) + "}"
            }
        }
        return "\"" + shown + (path.utf8.count > byteLimit ? "…" : "") + "\""
    }

    /// The first few, and how many more there are.
    static func list(_ paths: [String]) -> String {
        let shown = paths.prefix(countLimit).map { text($0) }.joined(separator: ", ")
        return paths.count > countLimit ? "\(shown) and \(paths.count - countLimit) more" : shown
    }

    /// Neither control characters nor what turns the direction of writing, joins or is not seen at all.
    private static func isPlain(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator, .unassigned, .privateUse, .surrogate: false
        default: !scalar.properties.isDefaultIgnorableCodePoint
        }
    }
}
