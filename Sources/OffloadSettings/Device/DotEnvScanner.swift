/// Walks over the text of a `.env` file once, from left to right.
struct DotEnvScanner {
    struct Problem: Error, Equatable {
        let line: Int
        let message: String
    }

    private let scalars: [Unicode.Scalar]
    private var position = 0
    private var line = 1

    init(_ text: String) {
        var scalars: [Unicode.Scalar] = []
        scalars.reserveCapacity(text.utf8.count)
        // Editors on Windows put a byte order mark in front and a carriage return before each line feed.
        for scalar in text.unicodeScalars where !(scalars.isEmpty && scalar == "\u{FEFF}") {
            if scalar == "\n", scalars.last == "\r" { scalars.removeLast() }
            scalars.append(scalar)
        }
        if scalars.last == "\r" { scalars.removeLast() }
        self.scalars = scalars
    }

    mutating func entries() throws(Problem) -> [DotEnv.Entry] {
        var entries: [DotEnv.Entry] = []
        while let next = peek() {
            if next == "\n" || Self.isBlank(next) {
                advance()
            } else if next == "#" {
                try skipLine()
            } else {
                entries.append(try entry())
            }
        }
        return entries
    }

    private mutating func entry() throws(Problem) -> DotEnv.Entry {
        let start = line
        var name = word()
        skipBlanks()
        if name == "export", peek() != "=" {
            name = word()
            skipBlanks()
        }
        guard peek() == "=" else { throw Problem(line: start, message: "expected NAME=value") }
        guard Self.isName(name) else {
            throw Problem(
                line: start,
                message: "\(ShownText.quoted(name)) is not a name; allowed: letters, digits and _, not a digit first")
        }
        advance()
        let startOfValue = position
        skipBlanks()
        let value =
            switch peek() {
            case "'": try quoted(by: "'", name: name, from: start)
            case "\"": try quoted(by: "\"", name: name, from: start)
            default: try plain(from: startOfValue)
            }
        return DotEnv.Entry(name: name, value: value, line: start)
    }

    /// Everything up to white space or an equals sign; whether it is a name is judged where the line is known.
    private mutating func word() -> String {
        var word = String.UnicodeScalarView()
        while let next = peek(), next != "=", next != "\n", !Self.isBlank(next) {
            word.append(next)
            advance()
        }
        return String(word)
    }

    /// A value without quotes: up to the end of the line or a comment, without white space around it.
    private mutating func plain(from start: Int) throws(Problem) -> String {
        var value: [Unicode.Scalar] = []
        // What directly follows the equals sign belongs to the value, even a `#`.
        var afterBlank = position > start
        while let next = peek(), next != "\n" {
            if next == "#", afterBlank {
                try skipLine()
                break
            }
            try refuseNull(next)
            afterBlank = Self.isBlank(next)
            value.append(next)
            advance()
        }
        while let last = value.last, Self.isBlank(last) { value.removeLast() }
        return Self.text(value[...])
    }

    private mutating func quoted(by quote: Unicode.Scalar, name: String, from start: Int) throws(Problem) -> String {
        advance()
        var value: [Unicode.Scalar] = []
        while let next = peek() {
            try refuseNull(next)
            advance()
            if next == quote {
                try expectEndOfLine(name: name)
                return Self.text(value[...])
            }
            if next == "\\", quote == "\"", let escaped = peek(), let meaning = Self.escape(escaped) {
                value.append(meaning)
                advance()
            } else {
                value.append(next)
            }
        }
        throw Problem(line: start, message: "the quote that opens the value of \(name) is never closed")
    }

    private mutating func expectEndOfLine(name: String) throws(Problem) {
        let blanks = skipBlanks()
        switch peek() {
        case nil, "\n": return
        case "#" where blanks > 0: try skipLine()
        default:
            throw Problem(line: line, message: "after the closing quote of \(name) only a comment may follow")
        }
    }

    private mutating func skipLine() throws(Problem) {
        while let next = peek(), next != "\n" {
            try refuseNull(next)
            advance()
        }
    }

    @discardableResult
    private mutating func skipBlanks() -> Int {
        let start = position
        while let next = peek(), Self.isBlank(next) { advance() }
        return position - start
    }

    private func refuseNull(_ scalar: Unicode.Scalar) throws(Problem) {
        if scalar == "\0" { throw Problem(line: line, message: "a NUL character is not allowed") }
    }

    private func peek() -> Unicode.Scalar? {
        position < scalars.count ? scalars[position] : nil
    }

    private mutating func advance() {
        if scalars[position] == "\n" { line += 1 }
        position += 1
    }

    private static func escape(_ scalar: Unicode.Scalar) -> Unicode.Scalar? {
        switch scalar {
        case "n": "\n"
        case "t": "\t"
        case "\"", "\\", "$": scalar
        default: nil
        }
    }

    private static func isBlank(_ scalar: Unicode.Scalar) -> Bool { scalar == " " || scalar == "\t" }

    private static func isName(_ text: String) -> Bool {
        guard let first = text.unicodeScalars.first, !("0"..."9").contains(first) else { return false }
        return text.unicodeScalars.allSatisfy {
            ("a"..."z").contains($0) || ("A"..."Z").contains($0) || ("0"..."9").contains($0) || $0 == "_"
        }
    }

    private static func text(_ scalars: ArraySlice<Unicode.Scalar>) -> String {
        var view = String.UnicodeScalarView()
        view.append(contentsOf: scalars)
        return String(view)
    }
}
