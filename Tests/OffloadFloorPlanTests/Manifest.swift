/// The targets that `Package.swift` declares, read as text: the manifest's own types are not at hand in a test.
struct Manifest: Sendable {
    struct Target: Sendable, Equatable {
        let name: String
        /// Targets of this package.
        let rooms: [String]
        /// Products of other packages, and libraries of the system.
        let libraries: [String]
    }

    /// Without test targets.
    let targets: [Target]

    init(_ text: String) {
        let text = Self.withoutComments(text)
        let systemLibraries = Self.calls(of: ".systemLibrary(", in: text).compactMap { Self.quoted(in: $0).first }
        targets = [".target(", ".executableTarget("].flatMap { opening in
            Self.calls(of: opening, in: text).compactMap { Self.target($0, systemLibraries) }
        }
    }

    private static func target(_ call: String, _ systemLibraries: [String]) -> Target? {
        guard let name = quoted(in: call).first else { return nil }
        guard let list = calls(of: "dependencies: [", in: call).first else {
            return Target(name: name, rooms: [], libraries: [])
        }
        let products = calls(of: ".product(", in: list)
        let rest = products.reduce(list) { $0.replacing(".product(\($1))", with: "") }
        let names = quoted(in: rest)
        return Target(
            name: name, rooms: names.filter { !systemLibraries.contains($0) },
            libraries: products.compactMap { quoted(in: $0).first } + names.filter(systemLibraries.contains))
    }

    private static func withoutComments(_ text: String) -> String {
        text.split(separator: "\n", omittingEmptySubsequences: false)
            .filter { !$0.drop(while: \.isWhitespace).hasPrefix("//") }.joined(separator: "\n")
    }

    /// What stands between each occurrence of `opening`, whose last character is a bracket, and the bracket that closes it.
    private static func calls(of opening: String, in text: String) -> [String] {
        text.ranges(of: opening).map { range in
            var depth = 1
            return String(
                text[range.upperBound...].prefix { character in
                    if "([".contains(character) { depth += 1 }
                    if ")]".contains(character) { depth -= 1 }
                    return depth > 0
                })
        }
    }

    private static func quoted(in text: String) -> [String] {
        text.split(separator: "\"", omittingEmptySubsequences: false).enumerated()
            .filter { !$0.offset.isMultiple(of: 2) }.map { String($0.element) }
    }
}
