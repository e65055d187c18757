import Foundation
import OffloadDomain
import Synchronization
import Testing

@testable import OffloadRunner

/// Ends an integration at its n-th place, as a crash would.
private final class Fuse: Sendable {
    struct Blown: Error {}
    private let left: Mutex<Int>
    private let places = Diary<IntegrationPlace>()

    init(_ count: Int) { left = Mutex(count) }

    var place: IntegrationPlace? { places.entries.last }

    @Sendable func reached(_ place: IntegrationPlace) throws {
        places.write(place)
        try left.withLock { left in
            left -= 1
            if left < 0 { throw Blown() }
        }
    }
}

@Suite struct FolderCrashTests {
    private static let base: Tree = [
        "change": .file("1"), "drop": .file("d"), "old/only": .file("o"), "turn": .file("t"), "tree/x": .file("x"),
        "link": .link("change"), "both": .file("0"),
    ]
    private static let theirs: Tree = [
        "change": .executable("2"), "new/deep": .file("n"), "turn/in": .file("ti"), "tree": .file("f"),
        "link": .link("tree"),
        "both": .file("2"),
    ]

    private func world() throws -> FolderWorld {
        var ours = Self.base
        ours["both"] = .file("1")
        return try FolderWorld(base: Self.base, ours: ours, theirs: Self.theirs)
    }

    private func crashing(_ world: FolderWorld, after count: Int, plainly: Bool) -> (FolderIntegration, Fuse) {
        let fuse = Fuse(count)
        return (FolderIntegration(dataFolder: world.data, plainly: plainly, reached: fuse.reached), fuse)
    }

    private func settle(_ world: FolderWorld, _ plainly: Bool) throws -> Settled {
        try FolderIntegration(dataFolder: world.data, plainly: plainly) { _ in }
            .settle(world.key.task, project: world.project)
    }

    /// Runs the body with a fuse that is one longer each time, until it is not blown any more.
    private func forEveryPlace(_ body: (Int) throws -> Bool) rethrows -> Int {
        for count in 0..<1_000 where try !body(count) { return count }
        return 1_000
    }

    @Test(arguments: [false, true]) func aCrashAnywhereWhileTakingIsPutRight(plainly: Bool) throws {
        var outcomes: [Settled.Outcome] = []
        let places = try forEveryPlace { count in
            let world = try world()
            let before = world.picture
            let (integration, fuse) = crashing(world, after: count, plainly: plainly)
            let plan = try world.plan()
            var isBroken = false
            do {
                _ = try integration.apply(plan, keepBoth: true, idea: world.idea)
            } catch is Fuse.Blown { isBroken = true }
            let settled = try settle(world, plainly)
            let note = Comment(rawValue: "\(String(describing: fuse.place)): \(settled)")
            #expect(settled.leftAlone == [], note)
            #expect(world.staging == [], note)
            #expect(try settle(world, plainly) == settled, note)
            outcomes.append(settled.outcome)
            if settled.outcome == .done {
                var expected = Self.theirs
                (expected["both"], expected["both.offload-i-7"]) = (.file("1"), .file("2"))
                #expect(try world.files() == expected, note)
                _ = try world.integration.undo(world.key.task, project: world.project)
            }
            #expect(world.picture == before, note)
            #expect(FileSystem.kind(of: "\(world.data)/integrations/\(world.key.task)/journal.json") == .missing, note)
            return isBroken
        }
        #expect(places > 30)
        #expect(outcomes.first == .notDone && outcomes.last == .done)
    }

    @Test(arguments: [false, true]) func aCrashAnywhereWhileUndoingIsPutRight(plainly: Bool) throws {
        var outcomes: Set<String> = []
        let places = try forEveryPlace { count in
            let world = try world()
            let before = world.picture
            _ = try world.take(keepBoth: true)
            let taken = world.picture
            let (integration, fuse) = crashing(world, after: count, plainly: plainly)
            var isBroken = false
            do {
                _ = try integration.undo(world.key.task, project: world.project)
            } catch is Fuse.Blown { isBroken = true }
            let settled = try settle(world, plainly)
            let note = Comment(rawValue: "\(String(describing: fuse.place)): \(settled)")
            #expect(world.staging == [], note)
            outcomes.insert("\(settled.outcome)")
            if settled.outcome == .done {
                #expect(world.picture == taken, note)
                _ = try world.integration.undo(world.key.task, project: world.project)
            }
            #expect(world.picture == before, note)
            return isBroken
        }
        #expect(places > 30)
        #expect(outcomes.count == 2)
    }

    @Test(arguments: [false, true]) func aCrashAnywhereWhilePuttingRightIsPutRight(plainly: Bool) throws {
        var broken = 0
        for first in stride(from: 0, to: 60, by: 3) {
            _ = try forEveryPlace { count in
                let world = try world()
                let before = world.picture
                let plan = try world.plan()
                let isWhole =
                    (try? crashing(world, after: first, plainly: plainly).0.apply(
                        plan, keepBoth: true, idea: world.idea)) != nil
                let (integration, fuse) = crashing(world, after: count, plainly: plainly)
                var isBroken = false
                do {
                    _ = try integration.settle(world.key.task, project: world.project)
                } catch is Fuse.Blown {
                    isBroken = true
                    broken += 1
                }
                let settled = try settle(world, plainly)
                let note = Comment(rawValue: "\(first), \(String(describing: fuse.place)): \(settled)")
                #expect(settled.leftAlone == [] && world.staging == [], note)
                if settled.outcome == .done {
                    _ = try world.integration.undo(world.key.task, project: world.project)
                }
                #expect(world.picture == before, note)
                return isBroken && !isWhole
            }
        }
        #expect(broken > 100)
    }

    /// What a person wrote between the crash and the next start is neither ours to keep nor ours to throw away.
    @Test(arguments: [false, true]) func whatIsNeitherBeforeNorAfterIsLeft(plainly: Bool) throws {
        _ = try forEveryPlace { count in
            let world = try world()
            let plan = try world.plan()
            let (integration, fuse) = crashing(world, after: count, plainly: plainly)
            var isBroken = false
            do {
                _ = try integration.apply(plan, keepBoth: true, idea: world.idea)
            } catch is Fuse.Blown { isBroken = true }
            for path in ["change", "drop", "new/deep"] { try world.write("edited", to: path) }
            let settled = try settle(world, plainly)
            let note = Comment(rawValue: "\(String(describing: fuse.place)): \(settled)")
            let files = try world.files()
            for path in ["change", "drop", "new/deep"] {
                // An executable that is written to stays one.
                #expect(files[path] == .file("edited") || files[path] == .executable("edited"), note)
            }
            if settled.outcome == .notDone {
                #expect(files["tree/x"] == .file("x") && files["turn"] == .file("t"), note)
                // What was replaced is kept, where it can't be put back.
                if settled.leftAlone.contains("change") {
                    let kept = try #require(settled.kept, note)
                    #expect(FileSystem.read("\(kept)/before/\(try digest("1"))") == Array("1".utf8), note)
                }
            }
            #expect(
                try settle(world, plainly).outcome == settled.outcome, note)
            return isBroken
        }
    }

    /// What a person writes at the last moment is found in what was taken out of its place, and put back.
    @Test func whatIsWrittenAtTheLastMomentIsPutBack() throws {
        let world = try FolderWorld(
            base: ["a": .file("1"), "b": .file("1")], ours: ["a": .file("1"), "b": .file("1")],
            theirs: ["b": .file("2"), "c": .file("2")])
        for (index, path) in ["a", "b", "c"].enumerated() {
            for place in [IntegrationPlace.checked(index), .takenOut(index)] {
                let before = world.picture
                let integration = FolderIntegration(dataFolder: world.data) { reached in
                    guard reached == place else { return }
                    if case .checked = place {
                        try FileManager.default.createDirectory(atPath: world.path, withIntermediateDirectories: true)
                        try world.write("just now", to: path)
                    } else if let staging = world.staging.first {
                        try world.write("just now", to: "\(staging)/\(index)")
                    }
                }
                let plan = try world.plan()
                // What is new has nothing that could be taken out.
                if path == "c", case .takenOut = place { continue }
                let error = #expect(throws: OffloadError.self) {
                    try integration.apply(plan, keepBoth: false, idea: world.idea)
                }
                #expect(error?.kind == .conflict)
                #expect(try world.files()[path] == .file("just now"), "\(place)")
                #expect(world.staging == [] && FileSystem.names(in: "\(world.data)/integrations") == [])
                if path == "c" {
                    try FileManager.default.removeItem(atPath: "\(world.path)/c")
                } else {
                    try world.write("1", to: path)
                }
                #expect(world.picture == before)
            }
        }
    }
}
