/// The words of a command line, from a list or from one text.
enum CommandWords {
    private static let largestCount = 100
    private static let largestWord = 4 * 1024

    static func read(_ value: YAMLValue) throws(YAMLValue.NotAllowed) -> [String] {
        var words: [String] = []
        if value.isList {
            for word in try value.list(atMost: largestCount) {
                words.append(try word.text(limit: largestWord, mayBeBlank: true))
            }
        } else {
            let text = try value.text(limit: largestWord)
            do throws(Unsplittable) {
                words = try split(text)
            } catch {
                throw value.notAllowed(error.advice)
            }
        }
        guard let program = words.first, program.contains(where: { !$0.isWhitespace }) else {
            throw value.notAllowed("a program and its arguments")
        }
        return words
    }

    /// Why a text cannot be split into words.
    struct Unsplittable: Error, Equatable {
        let advice: String
    }

    /// Splits as a shell would, as far as words and quotes go. What a shell would do beyond that is refused rather than
    /// handed to the program as an argument.
    static func split(_ text: String) throws(Unsplittable) -> [String] {
        var words: [String] = []
        var word: String?
        var quote: Character?
        var rest = text[...]
        while let next = rest.popFirst() {
            if next == "'", quote == nil || quote == "'" {
                quote = quote == nil ? next : nil
                word = word ?? ""
            } else if quote == "'" {
                word?.append(next)
            } else if next == "\"" {
                quote = quote == nil ? next : nil
                word = word ?? ""
            } else if next == "\\" {
                guard let escaped = rest.popFirst() else { throw Unsplittable(advice: "a character after each \\") }
                // Between double quotes a backslash is an ordinary character, but for these.
                let isKept = quote == "\"" && !"\"\\$`".contains(escaped)
                word = (word ?? "") + (isKept ? "\\" : "") + String(escaped)
            } else if "$`".contains(next) || quote == nil && "|&;<>()".contains(next) {
                throw Unsplittable(
                    advice: "words and quotes; no shell reads this, so write [sh, -c, \"…\"] if \(next) is for one")
            } else if quote == nil, next.isWhitespace {
                if let finished = word { words.append(finished) }
                word = nil
            } else {
                word = (word ?? "") + String(next)
            }
        }
        guard quote == nil else { throw Unsplittable(advice: "a closing quote for each opening one") }
        if let finished = word { words.append(finished) }
        return words
    }
}
