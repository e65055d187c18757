import GRDB
import OffloadDomain

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// One SQLite connection, for as long as a body runs on it. Every statement is compiled once per connection and kept.
struct Connection {
    let database: Database

    /// Runs a statement that gives no rows.
    /// - Returns: how many rows it changed, without those that foreign keys took along.
    @discardableResult
    func execute(_ sql: String, _ arguments: StatementArguments = []) throws -> Int {
        do {
            try database.cachedStatement(sql: sql).execute(arguments: arguments)
            return database.changesCount
        } catch {
            throw StoreFailure.translate(error)
        }
    }

    /// Runs a change of data.
    ///
    /// A full disk or a failed read can make SQLite give up the whole transaction, not only the statement. A body that
    /// went on after such an error would then write outside of any transaction, so it is stopped here.
    @discardableResult
    func write(_ sql: String, _ arguments: StatementArguments) throws -> Int {
        guard database.isInsideTransaction else { throw StoreFailure.transactionLost }
        return try execute(sql, arguments)
    }

    func first<Value>(
        _ sql: String, _ arguments: StatementArguments = [], _ decode: (inout Fields) throws -> Value
    ) throws -> Value? {
        do {
            let rows = try Row.fetchCursor(database.cachedStatement(sql: sql), arguments: arguments)
            guard let row = try rows.next() else { return nil }
            var fields = Fields(row)
            return try decode(&fields)
        } catch {
            throw StoreFailure.translate(error)
        }
    }

    func all<Value>(
        _ sql: String, _ arguments: StatementArguments = [], _ decode: (inout Fields) throws -> Value
    ) throws -> [Value] {
        do {
            var values: [Value] = []
            let rows = try Row.fetchCursor(database.cachedStatement(sql: sql), arguments: arguments)
            while let row = try rows.next() {
                var fields = Fields(row)
                values.append(try decode(&fields))
            }
            return values
        } catch {
            throw StoreFailure.translate(error)
        }
    }

    /// The one number that a query gives.
    func number(_ sql: String, _ arguments: StatementArguments = []) throws -> Int64 {
        try first(sql, arguments) { try $0.number() } ?? 0
    }

    func exists(_ sql: String, _ arguments: StatementArguments) throws -> Bool {
        try first(sql, arguments) { _ in true } ?? false
    }
}

/// The columns of a row, taken from left to right in the order of the query.
struct Fields {
    private let row: Row
    private var next = 0

    init(_ row: Row) { self.row = row }

    mutating func optionalNumber() throws -> Int64? {
        defer { next += 1 }
        return row[next] as Int64?
    }

    mutating func number() throws -> Int64 {
        guard let value = try optionalNumber() else { throw damaged("a number is missing") }
        return value
    }

    mutating func integer() throws -> Int { Int(try number()) }
    mutating func optionalInteger() throws -> Int? { try optionalNumber().map(Int.init) }
    mutating func time() throws -> Timestamp { Timestamp(milliseconds: try number()) }
    mutating func optionalTime() throws -> Timestamp? { try optionalNumber().map(Timestamp.init(milliseconds:)) }

    /// The whole text, also behind a NUL, at which a C string would end.
    mutating func optionalText() throws -> String? {
        defer { next += 1 }
        return try row.withUnsafeData(atIndex: next) { data in data.map { String(decoding: $0, as: UTF8.self) } }
    }

    mutating func text() throws -> String {
        guard let value = try optionalText() else { throw damaged("a text is missing") }
        return value
    }

    mutating func bytes() throws -> [UInt8] {
        defer { next += 1 }
        return try row.withUnsafeData(atIndex: next) { data in data.map { [UInt8]($0) } ?? [] }
    }

    mutating func name<Name: RawRepresentable>(_ type: Name.Type) throws -> Name where Name.RawValue == String {
        let text = try text()
        guard let name = Name(rawValue: text) else { throw damaged("\"\(text)\" is no \(type)") }
        return name
    }

    mutating func optionalName<Name: RawRepresentable>(_ type: Name.Type) throws -> Name?
    where Name.RawValue == String {
        try optionalText().map { text in
            guard let name = Name(rawValue: text) else { throw damaged("\"\(text)\" is no \(type)") }
            return name
        }
    }

    mutating func optionalPair() throws -> PairID? { try optionalText().map(PairID.init(unchecked:)) }

    mutating func optionalBatch() throws -> BatchID? {
        try optionalInteger().map { number in
            guard let batch = BatchID(number: number) else { throw damaged("there is no batch \(number)") }
            return batch
        }
    }

    mutating func batch() throws -> BatchID {
        guard let batch = try optionalBatch() else { throw damaged("a batch is missing") }
        return batch
    }

    mutating func optionalCommit() throws -> CommitHash? {
        try optionalText().map { text in
            guard let commit = CommitHash(text) else { throw damaged("\"\(text)\" is no commit") }
            return commit
        }
    }

    mutating func commit() throws -> CommitHash {
        guard let commit = try optionalCommit() else { throw damaged("a commit is missing") }
        return commit
    }

    mutating func attemptKey() throws -> AttemptKey {
        AttemptKey(task: TaskID(unchecked: try text()), number: AttemptNumber(value: try integer()))
    }

    mutating func texts() throws -> [String] {
        let text = try text()
        guard let texts = TextList.decode(text) else { throw damaged("\"\(text)\" is no list of texts") }
        return texts
    }

    func damaged(_ problem: String) -> OffloadError {
        OffloadError(.device, "the ledger holds something that cannot be: \(problem)")
    }
}

/// A text from outside, as an argument: GRDB ends texts at the first NUL, but bytes it takes whole. Every statement
/// that takes one says `CAST(? AS TEXT)`, which makes a text of the bytes and changes nothing for all others.
struct AnyText: DatabaseValueConvertible {
    private let text: String

    init(_ text: String) { self.text = text }

    init?(_ text: String?) {
        guard let text else { return nil }
        self.text = text
    }

    var databaseValue: DatabaseValue {
        text.utf8.contains(0) ? Data(text.utf8).databaseValue : text.databaseValue
    }

    static func fromDatabaseValue(_ value: DatabaseValue) -> AnyText? {
        String.fromDatabaseValue(value).map(AnyText.init)
    }
}

/// A short list of texts in one column, as a JSON array.
enum TextList {
    static func encode(_ texts: [String]) throws -> String {
        guard !texts.isEmpty else { return "[]" }
        return String(decoding: try JSONEncoder().encode(texts), as: UTF8.self)
    }

    static func decode(_ text: String) -> [String]? {
        guard text != "[]" else { return [] }
        return try? JSONDecoder().decode([String].self, from: Data(text.utf8))
    }
}
