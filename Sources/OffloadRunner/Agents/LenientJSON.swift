/// Looks into JSON without expecting any shape: what is not there, or is something else, is nil.
///
/// It is a view of a decoder and must not be kept beyond the `init(from:)` that it was made in.
struct LenientJSON: Decodable {
    private struct Key: CodingKey {
        let stringValue: String
        var intValue: Int? { nil }
        init(stringValue: String) { self.stringValue = stringValue }
        init?(intValue: Int) { nil }
    }

    private let decoder: any Decoder

    init(from decoder: any Decoder) {
        self.decoder = decoder
    }

    subscript(name: String) -> LenientJSON? {
        guard let object = try? decoder.container(keyedBy: Key.self) else { return nil }
        let key = Key(stringValue: name)
        guard object.contains(key) else { return nil }
        return try? object.decode(LenientJSON.self, forKey: key)
    }

    var names: [String] {
        (try? decoder.container(keyedBy: Key.self))?.allKeys.map(\.stringValue).sorted() ?? []
    }

    /// The elements of an array; empty for anything else.
    var elements: [LenientJSON] {
        guard var array = try? decoder.unkeyedContainer() else { return [] }
        var elements: [LenientJSON] = []
        while !array.isAtEnd, let element = try? array.decode(LenientJSON.self) { elements.append(element) }
        return elements
    }

    var string: String? { value() }
    var bool: Bool? { value() }
    var integer: Int64? { value() ?? number.flatMap { Int64(exactly: $0.rounded()) } }
    var number: Double? { value() }

    private func value<Value: Decodable>() -> Value? {
        try? decoder.singleValueContainer().decode(Value.self)
    }
}
