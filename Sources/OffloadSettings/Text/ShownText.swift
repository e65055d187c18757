/// Text from outside as it appears in messages: in quotes, short, on one line.
enum ShownText {
    /// A message stays readable, whatever somebody pasted into a setting.
    private static let longest = 80

    static func quoted(_ text: String) -> String {
        var shown = "\""
        for scalar in text.unicodeScalars.prefix(longest) {
            if scalar == "\"" || scalar == "\\" {
                shown += "\\"
                shown.unicodeScalars.append(scalar)
            } else if isPlain(scalar) {
                shown.unicodeScalars.append(scalar)
            } else {
                shown += "\\u{\(String(scalar.value, radix: 16))}"
            }
        }
        return text.unicodeScalars.count > longest ? shown + "…\"" : shown + "\""
    }

    /// Whether a character shows itself: no control characters and none that steer the text around them. The two
    /// joiners stay, because emoji and several scripts are written with them.
    static func isPlain(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .control, .lineSeparator, .paragraphSeparator, .surrogate: false
        case .format: scalar == "\u{200C}" || scalar == "\u{200D}"
        default: true
        }
    }
}
