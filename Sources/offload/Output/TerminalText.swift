/// Makes text that others wrote fit to be shown: no byte of it can move the cursor, change colours, set a title, answer a
/// question or reverse what stands beside it.
enum TerminalText {
    /// Control characters, escape sequences and direction marks shown as what they are; line breaks and tabs kept when
    /// `lines` is true.
    static func safe(_ text: String, lines: Bool = false) -> String {
        guard !text.unicodeScalars.allSatisfy({ isPlain($0, lines: lines) }) else { return text }
        var out = ""
        for scalar in text.unicodeScalars {
            if isPlain(scalar, lines: lines) {
                out.unicodeScalars.append(scalar)
            } else if scalar.value < 0x100 {
                let hex = String(scalar.value, radix: 16)
                out += "\\x" + (hex.utf8.count == 1 ? "0" : "") + hex
            } else {
                out += "\\u{" + String(scalar.value, radix: 16) + "}"
            }
        }
        return out
    }

    private static func isPlain(_ scalar: Unicode.Scalar, lines: Bool) -> Bool {
        switch scalar.value {
        case 0x0A, 0x09: return lines
        case 0x00..<0x20, 0x7F, 0x80..<0xA0: return false
        // Marks that turn the direction of writing, and separators that some terminals break lines at.
        case 0x200E, 0x200F, 0x061C, 0x2028...0x202E, 0x2066...0x2069: return false
        case 0xFFF9...0xFFFB, 0xE0000...0xE007F: return false
        default: return true
        }
    }

    /// How many columns the text takes, as far as that can be known.
    static func width(_ text: String) -> Int {
        text.reduce(0) { $0 + width($1) }
    }

    private static func width(_ character: Character) -> Int {
        guard let scalar = character.unicodeScalars.first else { return 0 }
        switch scalar.properties.generalCategory {
        case .nonspacingMark, .enclosingMark, .format: return 0
        default: break
        }
        if scalar.properties.isEmojiPresentation { return 2 }
        switch scalar.value {
        case 0x1100...0x115F, 0x2E80...0xA4CF, 0xAC00...0xD7A3, 0xF900...0xFAFF, 0xFE30...0xFE6F, 0xFF00...0xFF60,
            0xFFE0...0xFFE6, 0x20000...0x3FFFD:
            return 2
        default: return 1
        }
    }

    /// The text cut to `columns`, with an ellipsis where something is missing.
    static func fitted(_ text: String, columns: Int) -> String {
        guard width(text) > columns else { return text }
        guard columns > 1 else { return "…" }
        var out = ""
        var used = 0
        for character in text {
            let next = width(character)
            guard used + next < columns else { break }
            out.append(character)
            used += next
        }
        return out + "…"
    }
}
