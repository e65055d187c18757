import OffloadDomain
import Testing

@testable import OffloadRunner

/// Whole trees against a model that knows nothing but sets of files.
@Suite struct FolderMergeTests {
    private static let paths = ["a", "a/b", "a/c", "a/d/e", "f", "f/g", "H/i", "j"]
    private static let things: [Thing] = [
        .file("1"), .file("2"), .file("3"), .executable("1"), .executable("2"), .link("j"), .link("f"),
    ]

    /// Whether all files can be there at once.
    private static func isPossible(_ tree: Tree) -> Bool {
        !tree.keys.contains { path in tree.keys.contains { $0.hasPrefix(path + "/") } }
    }

    private static func tree(_ dice: inout Dice) -> Tree {
        while true {
            var tree: Tree = [:]
            for path in paths where Bool.random(using: &dice) { tree[path] = things.randomElement(using: &dice) }
            if isPossible(tree) { return tree }
        }
    }

    /// Like the tree, but for a few paths.
    private static func altered(_ tree: Tree, _ dice: inout Dice) -> Tree {
        while true {
            var altered = tree
            for path in paths where Int.random(in: 0..<4, using: &dice) == 0 {
                altered[path] = Int.random(in: 0..<3, using: &dice) == 0 ? nil : things.randomElement(using: &dice)
            }
            if isPossible(altered) { return altered }
        }
    }

    @Test func agreesWithTheModel() throws {
        var dice = Dice(seed: 4)
        var (merged, conflicted) = (0, 0)
        for round in 0..<250 {
            let base = Self.tree(&dice)
            let theirs = Self.altered(base, &dice)
            guard theirs != base else { continue }
            let ours = Self.altered(base, &dice)
            var expected = ours
            var isConflict = false
            for path in Self.paths where theirs[path] != base[path] {
                isConflict = isConflict || ours[path] != base[path] && ours[path] != theirs[path]
                expected[path] = theirs[path]
            }
            isConflict = isConflict || !Self.isPossible(expected)
            let world = try FolderWorld(base: base, ours: ours, theirs: theirs)
            let before = world.picture
            let note = Comment(rawValue: "round \(round): \(base) | \(ours) | \(theirs)")
            if isConflict {
                conflicted += 1
                let error = #expect(throws: OffloadError.self, note) { try world.take() }
                #expect(error?.kind == .conflict, note)
                #expect(world.picture == before, note)
                let done = try world.take(keepBoth: true)
                try check(done, world, base, ours, theirs, note)
            } else {
                merged += 1
                try world.take()
                #expect(try world.files() == expected, note)
            }
            #expect(world.staging == [], note)
            #expect(try world.integration.undo(world.key.task, project: world.project).leftAlone == [], note)
            #expect(world.picture == before, note)
        }
        #expect(merged > 50 && conflicted > 50, "\(merged), \(conflicted)")
    }

    /// Both versions of everything are there.
    private func check(
        _ done: Integrated, _ world: FolderWorld, _ base: Tree, _ ours: Tree, _ theirs: Tree, _ note: Comment
    ) throws {
        let files = try world.files()
        let beside = Dictionary(done.beside.map { ($0.path, $0.writtenTo) }) { $1 }
        for path in Self.paths {
            // What the person has made here and the result did not make too is still there.
            if let mine = ours[path], mine != base[path] { #expect(files[path] == mine, note) }
            if let new = theirs[path], new != base[path] { #expect(files[beside[path] ?? path] == new, note) }
        }
        for name in files.keys where !Self.paths.contains(name) {
            #expect(beside.values.contains(name) && name.contains(".offload-i-7"), note)
        }
    }
}
