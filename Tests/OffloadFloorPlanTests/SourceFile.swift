#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// A source file and what it imports.
struct SourceFile: Sendable {
    /// The folder below `Sources` that it lies in.
    let room: String
    /// Relative to `Sources`.
    let path: String
    /// The names of the imported modules, as often as they are imported.
    let imports: [String]

    init(path: String, text: String) {
        self.path = path
        room = String(path.prefix { $0 != "/" })
        imports = Self.imports(in: text)
    }

    /// Every Swift file below the folder `Sources` of the repository.
    static func all(of repository: Repository) throws -> [SourceFile] {
        let sources = repository.path + "/Sources"
        let names = try FileManager.default.subpathsOfDirectory(atPath: sources)
        return try names.filter { $0.hasSuffix(".swift") }.sorted().map { name in
            SourceFile(path: name, text: try String(contentsOfFile: "\(sources)/\(name)", encoding: .utf8))
        }
    }

    private static let modifiers = ["public", "package", "internal", "fileprivate", "private"]
    private static let kinds = ["typealias", "struct", "class", "enum", "protocol", "let", "var", "func"]

    static func imports(in text: String) -> [String] {
        text.split(whereSeparator: { $0.isNewline || $0 == ";" }).compactMap { statement in
            var words = statement.split(separator: " ", omittingEmptySubsequences: true).map(String.init)
            while let word = words.first, word.hasPrefix("@") || modifiers.contains(word) { words.removeFirst() }
            guard words.first == "import" else { return nil }
            words.removeFirst()
            if let word = words.first, kinds.contains(word) { words.removeFirst() }
            // `import Module.Part` imports the module; a comment may follow.
            let name = words.first.map { word in String(word.prefix { $0.isLetter || $0.isNumber || $0 == "_" }) }
            // The page's scripts, which lie in a literal, import names in braces.
            return name.flatMap { $0.isEmpty ? nil : $0 }
        }
    }
}

/// Where this test was compiled.
struct Repository: Sendable {
    let path: String

    init(source: String = #filePath) {
        // …/Tests/OffloadFloorPlanTests/SourceFile.swift
        path = "/" + source.split(separator: "/").dropLast(3).joined(separator: "/")
    }

    func manifest() throws -> String { try String(contentsOfFile: path + "/Package.swift", encoding: .utf8) }
}
