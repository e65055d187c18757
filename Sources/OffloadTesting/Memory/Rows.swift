/// Rows by key, in the order in which they were inserted. Nothing that it gives depends on hashing.
package struct Rows<Key: Hashable & Sendable, Row: Sendable>: Sendable {
    /// Oldest first.
    package private(set) var all: [Row] = []
    private var keys: [Key] = []
    private var places: [Key: Int] = [:]

    package init() {}

    package subscript(key: Key) -> Row? { places[key].map { all[$0] } }

    /// Replacing a row keeps its place in the order.
    package mutating func set(_ row: Row, for key: Key) {
        if let place = places[key] {
            all[place] = row
        } else {
            places[key] = all.count
            keys.append(key)
            all.append(row)
        }
    }

    package mutating func removeAll(where condition: (Row) -> Bool) {
        guard all.contains(where: condition) else { return }
        let kept = zip(keys, all).filter { !condition($0.1) }
        self = Rows()
        for (key, row) in kept { set(row, for: key) }
    }
}
