#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// A file of the repository whose content the code can make itself. A test compares the two; with `OFFLOAD_UPDATE_DOCS=1`
/// in the environment it writes the file instead.
struct CheckedFile {
    let path: String

    /// - Parameter path: relative to the repository.
    init(_ path: String, source: String = #filePath) {
        // …/Tests/OffloadDomainTests/Drawing/CheckedFile.swift
        let root = source.split(separator: "/").dropLast(4).joined(separator: "/")
        self.path = "/\(root)/\(path)"
    }

    static var isToBeUpdated: Bool { ProcessInfo.processInfo.environment["OFFLOAD_UPDATE_DOCS"] == "1" }

    func read() throws -> String { try String(contentsOfFile: path, encoding: .utf8) }

    func write(_ text: String) throws { try text.write(toFile: path, atomically: true, encoding: .utf8) }
}

/// A text in which some parts, between `<!-- name -->` and `<!-- /name -->`, are made by code.
struct MarkedText: Equatable {
    private(set) var text: String

    init(_ text: String) { self.text = text }

    struct MissingMarker: Error, CustomStringConvertible {
        let name: String
        var description: String { "there is no part between <!-- \(name) --> and <!-- /\(name) -->" }
    }

    /// What stands between the markers, without the line breaks beside them.
    func part(_ name: String) throws -> String { String(text[try range(of: name)]) }

    mutating func replace(_ name: String, with part: String) throws {
        text.replaceSubrange(try range(of: name), with: part)
    }

    private func range(of name: String) throws -> Range<String.Index> {
        guard let open = text.firstRange(of: "<!-- \(name) -->\n"),
            let close = text[open.upperBound...].firstRange(of: "\n<!-- /\(name) -->")
        else { throw MissingMarker(name: name) }
        return open.upperBound..<close.lowerBound
    }
}
