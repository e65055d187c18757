import OffloadDomain
import Testing

@testable import OffloadRunner

@Suite struct ComparisonTests {
    private static let contents: [FileContent?] =
        [nil]
        + ["1", "2", "3"].flatMap { digit in
            [Manifest.Entry.Kind.file, .executable, .link].map {
                FileContent($0, String(repeating: digit, count: 64))
            }
        }

    /// All there are: small enough to leave nothing to chance.
    @Test func agreesWithTheOracleForAllTriples() throws {
        let path = try ChangePath("a")
        var seen: Set<String> = []
        for base in Self.contents {
            for theirs in Self.contents where theirs != base {
                for ours in Self.contents {
                    let change = CheckedChange(path: path, theirs: theirs, base: base?.sha256, baseKind: base?.kind)
                    let standing = ours.map { Standing.content($0) } ?? .nothing
                    let answer = Comparison.of(change, with: standing)
                    #expect(answer == Self.oracle(base, ours, theirs))
                    seen.insert("\(answer)")
                }
            }
        }
        #expect(seen.count == 6, "every answer but the one for what is in the way: \(seen)")
    }

    /// In words of sides only, without looking at how the answer is come to.
    private static func oracle(_ base: FileContent?, _ ours: FileContent?, _ theirs: FileContent?) -> Comparison {
        if ours == theirs { return .unchanged }
        if ours == base { return .take }
        return .conflict(
            base == nil
                ? .bothAdded
                : ours == nil ? .deletedHereChangedThere : theirs == nil ? .changedHereDeletedThere : .bothChanged)
    }

    @Test func whatIsInTheWay() throws {
        let path = try ChangePath("a/b")
        let content = FileContent(.file, String(repeating: "1", count: 64))
        let added = CheckedChange(path: path, theirs: content, base: nil, baseKind: nil)
        let changed = CheckedChange(path: path, theirs: content, base: "x", baseKind: nil)
        let deleted = CheckedChange(path: path, theirs: nil, base: "x", baseKind: nil)
        for component in 0...1 {
            #expect(Comparison.of(added, with: .taken(component: component)) == .conflict(.somethingInTheWay))
            #expect(Comparison.of(changed, with: .taken(component: component)) == .conflict(.somethingInTheWay))
            #expect(Comparison.of(deleted, with: .taken(component: component)) == .unchanged)
        }
    }

    @Test func withoutTheKindOfTheBaseItsContentCounts() throws {
        let (old, new) = (String(repeating: "1", count: 64), String(repeating: "2", count: 64))
        let change = CheckedChange(
            path: try ChangePath("a"), theirs: FileContent(.file, new), base: old, baseKind: nil)
        #expect(Comparison.of(change, with: .content(FileContent(.executable, old))) == .take)
        let precise = CheckedChange(
            path: try ChangePath("a"), theirs: FileContent(.file, new), base: old, baseKind: .file)
        #expect(Comparison.of(precise, with: .content(FileContent(.executable, old))) == .conflict(.bothChanged))
    }
}
