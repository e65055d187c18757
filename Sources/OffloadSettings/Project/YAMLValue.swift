import Yams

/// A value of the document, taken as what its key wants it to be.
struct YAMLValue {
    /// Something else stands there than what is allowed.
    struct NotAllowed: Error {
        let shown: String
        let line: Int?
        /// Says more precisely than the key does what would have been right.
        var allowed: String?
    }

    private let node: Node

    init(_ node: Node) { self.node = node }

    /// Nothing is written where a value could stand.
    var isNull: Bool {
        guard case .scalar(let scalar) = node, scalar.style == .plain, scalar.tag.rawValue.isEmpty else { return false }
        return ["", "~", "null", "Null", "NULL"].contains(scalar.string)
    }

    /// The text of a single value, whether in quotes or not: `5` and `"5"` are the same text.
    /// - Parameter limit: in bytes.
    func text(limit: Int, mayBeBlank: Bool = false) throws(NotAllowed) -> String {
        guard case .scalar(let scalar) = node, !isNull, hasOrdinaryTag else { throw notAllowed() }
        let text = scalar.string
        guard text.utf8.count <= limit else { throw notAllowed("at most \(limit) bytes") }
        guard mayBeBlank || text.contains(where: { !$0.isWhitespace }) else { throw notAllowed() }
        guard !text.utf8.contains(0) else { throw notAllowed("text without NUL characters") }
        return text
    }

    /// A text on which `accepts` has the last word.
    func text(limit: Int, where accepts: (String) -> Bool) throws(NotAllowed) -> String {
        let text = try text(limit: limit)
        guard accepts(text) else { throw notAllowed() }
        return text
    }

    /// The one case of an enumeration that is spelled so.
    func choice<Choice: RawRepresentable<String>>(_ type: Choice.Type) throws(NotAllowed) -> Choice {
        guard let choice = Choice(rawValue: try text(limit: 200)) else { throw notAllowed() }
        return choice
    }

    func wholeNumber(in range: ClosedRange<Int>) throws(NotAllowed) -> Int {
        guard let number = Int(try text(limit: 200)), range.contains(number) else { throw notAllowed() }
        return number
    }

    /// A positive length of time, written as a decimal number of `unit`, to the millisecond.
    func duration(unit: Duration, atMost longest: Duration) throws(NotAllowed) -> Duration {
        let text = try text(limit: 200)
        // `Double` would also read "inf", "nan", "0x10" and "1e3".
        guard text.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) || $0 == UInt8(ascii: ".") }),
            let number = Double(text), number <= longest / unit
        else { throw notAllowed() }
        let duration = Duration.milliseconds(Int64((number * (unit / .milliseconds(1))).rounded()))
        guard duration > .zero else { throw notAllowed() }
        return duration
    }

    /// The values of a list.
    func list(atMost count: Int) throws(NotAllowed) -> [YAMLValue] {
        guard case .sequence(let sequence) = node, hasOrdinaryTag else { throw notAllowed() }
        guard sequence.count <= count else { throw notAllowed("at most \(count) values") }
        return sequence.map(YAMLValue.init)
    }

    var isList: Bool {
        if case .sequence = node { true } else { false }
    }

    func notAllowed(_ allowed: String? = nil) -> NotAllowed {
        NotAllowed(shown: shown, line: node.mark?.line, allowed: allowed)
    }

    private var shown: String {
        switch node {
        case .scalar(let scalar) where !hasOrdinaryTag: "a value with the tag \(ShownText.quoted(scalar.tag.rawValue))"
        case .scalar(let scalar): isNull ? "nothing" : ShownText.quoted(scalar.string)
        case .sequence: "a list"
        case .mapping: "a group of keys"
        case .alias: "an alias"
        }
    }

    /// Tags ask for types of their own; only the one that says "text" changes nothing here.
    private var hasOrdinaryTag: Bool {
        switch node {
        case .scalar(let scalar): [Tag.Name.implicit.rawValue, Tag.Name.str.rawValue].contains(scalar.tag.rawValue)
        case .sequence(let sequence): sequence.tag.rawValue.isEmpty
        case .mapping, .alias: false
        }
    }
}
