/// Rows by key that remember in which order they were inserted. Nothing that it gives depends on hashing.
struct InMemoryTable<Key: Hashable & Sendable, Row: Sendable>: Sendable {
    private var rows: [Key: (sequence: Int, row: Row)] = [:]
    private var nextSequence = 1

    /// Replacing a row keeps its place in the order.
    subscript(key: Key) -> Row? {
        get { rows[key]?.row }
        set {
            guard let newValue else {
                rows[key] = nil
                return
            }
            if let sequence = rows[key]?.sequence {
                rows[key] = (sequence, newValue)
            } else {
                rows[key] = (nextSequence, newValue)
                nextSequence += 1
            }
        }
    }

    /// Oldest first.
    var all: [Row] { rows.values.sorted { $0.sequence < $1.sequence }.map(\.row) }

    func contains(_ condition: (Row) -> Bool) -> Bool { rows.values.contains { condition($0.row) } }

    mutating func removeAll(where condition: (Row) -> Bool) { rows = rows.filter { !condition($0.value.row) } }
}
