/// Looks into JSON without expecting any shape: what is not there, or is something else, is nil. Only the parts that
/// are asked for are read.
enum LenientJSON: Decodable {
    struct Key: CodingKey {
        let stringValue: String
        var intValue: Int? { nil }
        init(stringValue: String) { self.stringValue = stringValue }
        init?(intValue: Int) { nil }
    }

    case object(KeyedDecodingContainer<Key>)
    case array(any UnkeyedDecodingContainer)
    case text(String)
    case truth(Bool)
    case number(Double)
    case whole(Int64)
    case nothing

    init(from decoder: any Decoder) throws {
        // A decoder must not be kept: it goes on to the next value. Its containers stay where they are.
        if let object = try? decoder.container(keyedBy: Key.self) {
            self = .object(object)
            return
        }
        let value = try decoder.singleValueContainer()
        if let text = try? value.decode(String.self) {
            self = .text(text)
        } else if value.decodeNil() {
            self = .nothing
        } else if let array = try? decoder.unkeyedContainer() {
            self = .array(array)
        } else if let whole = try? value.decode(Int64.self) {
            self = .whole(whole)
        } else if let truth = try? value.decode(Bool.self) {
            self = .truth(truth)
        } else {
            self = (try? value.decode(Double.self)).map(LenientJSON.number) ?? .nothing
        }
    }

    subscript(name: String) -> LenientJSON? {
        guard case .object(let object) = self else { return nil }
        let key = Key(stringValue: name)
        return object.contains(key) ? try? object.decode(LenientJSON.self, forKey: key) : nil
    }

    /// The elements of an array; empty for anything else.
    var elements: [LenientJSON] {
        guard case .array(var array) = self else { return [] }
        var elements: [LenientJSON] = []
        while !array.isAtEnd, let element = try? array.decode(LenientJSON.self) { elements.append(element) }
        return elements
    }

    var isNull: Bool {
        if case .nothing = self { true } else { false }
    }

    var string: String? {
        if case .text(let text) = self { text } else { nil }
    }

    var bool: Bool? {
        if case .truth(let truth) = self { truth } else { nil }
    }

    var integer: Int64? {
        switch self {
        case .whole(let whole): whole
        case .number(let number): Int64(exactly: number.rounded())
        default: nil
        }
    }

    var number: Double? {
        switch self {
        case .whole(let whole): Double(whole)
        case .number(let number): number
        default: nil
        }
    }
}
