import Foundation
import OffloadDomain
import Testing

@testable import OffloadRunner

/// What people do to a project between or during the steps.
@Suite struct FolderMeanwhileTests {
    /// What a person wrote between the crash and the next start is neither ours to keep nor ours to throw away.
    @Test(arguments: [false, true]) func whatIsNeitherBeforeNorAfterIsLeft(plainly: Bool) throws {
        var kept = 0
        _ = try CrashWorld.forEveryPlace { count in
            let world = try CrashWorld.world()
            let plan = try world.plan()
            let (integration, fuse) = CrashWorld.crashing(world, after: count, plainly: plainly)
            var isBroken = false
            do {
                _ = try integration.apply(plan, keepBoth: true, idea: world.idea)
            } catch is Fuse.Blown { isBroken = true }
            for path in ["change", "drop", "new/deep"] { try world.write("edited", to: path) }
            let settled = try CrashWorld.settle(world, plainly)
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
                    kept += 1
                    let folder = try #require(settled.kept, note)
                    #expect(FileSystem.read("\(folder)/before/\(try digest("1"))") == Array("1".utf8), note)
                }
            }
            #expect(try CrashWorld.settle(world, plainly).outcome == settled.outcome, note)
            return isBroken
        }
        #expect(kept > 3)
    }

    /// A person who tidies up after a crash takes the folder away that everything goes through.
    @Test(arguments: [false, true]) func withoutTheStagingFolderItIsPutRightToo(plainly: Bool) throws {
        _ = try CrashWorld.forEveryPlace { count in
            let world = try CrashWorld.world()
            let before = world.picture
            let (integration, fuse) = CrashWorld.crashing(world, after: count, plainly: plainly)
            let plan = try world.plan()
            var isBroken = false
            do {
                _ = try integration.apply(plan, keepBoth: true, idea: world.idea)
            } catch is Fuse.Blown { isBroken = true }
            for name in world.staging { try FileManager.default.removeItem(atPath: "\(world.path)/\(name)") }
            let settled = try CrashWorld.settle(world, plainly)
            let note = Comment(rawValue: "\(String(describing: fuse.place)): \(settled)")
            #expect(settled.leftAlone == [] && world.staging == [], note)
            if settled.outcome == .done { _ = try world.integration.undo(world.key.task, project: world.project) }
            #expect(world.picture == before, note)
            return isBroken
        }
    }

    /// The crash comes between taking something out and seeing that it is not what it was taken for.
    @Test func whatACrashFoundInHandIsPutBack() throws {
        let tree: Tree = ["a": .file("1"), "b": .file("1")]
        for (index, path) in ["a", "b"].enumerated() {
            let world = try FolderWorld(base: tree, ours: tree, theirs: ["b": .file("2")])
            let integration = FolderIntegration(dataFolder: world.data) { reached in
                guard reached == .takenOut(index), let staging = world.staging.first else { return }
                try world.write("just now", to: "\(staging)/\(index)")
                throw Fuse.Blown()
            }
            let plan = try world.plan()
            #expect(throws: Fuse.Blown.self) { try integration.apply(plan, keepBoth: false, idea: world.idea) }
            #expect(try CrashWorld.settle(world, false) == Settled(outcome: .notDone, leftAlone: []))
            var expected = tree
            expected[path] = .file("just now")
            #expect(try world.files() == expected)
            #expect(world.staging == [])
        }
    }

    @Test(arguments: [false, true]) func whatChangesBeforeTheFirstMoveIsSeen(plainly: Bool) throws {
        for path in ["change", "drop", "new/deep", "link", "both.offload-i-7"] {
            let world = try CrashWorld.world()
            let integration = FolderIntegration(dataFolder: world.data, plainly: plainly) { reached in
                guard reached == .allStaged else { return }
                try? FileManager.default.removeItem(atPath: "\(world.path)/\(path)")
                try world.write("just now", to: path)
            }
            var expected = try world.files()
            expected[path] = .file("just now")
            let plan = try world.plan()
            let error = #expect(throws: OffloadError.self) {
                try integration.apply(plan, keepBoth: true, idea: world.idea)
            }
            #expect(error?.kind == .conflict)
            #expect(try world.files() == expected)
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

    /// Who had a file open goes on writing into what was taken out of its place.
    @Test func whatIsWrittenTooLateIsLeftWhereItIs() throws {
        let world = try FolderWorld(base: ["a": .file("1")], ours: ["a": .file("1")], theirs: ["a": .file("2")])
        let integration = FolderIntegration(dataFolder: world.data) { reached in
            guard reached == .recorded, let staging = world.staging.first else { return }
            try world.write("late", to: "\(staging)/0")
        }
        let done = try integration.apply(try world.plan(), keepBoth: false, idea: world.idea)
        let left = try #require(done.leftAlone.first)
        #expect(try world.files() == ["a": .file("2"), left: .file("late")])
        #expect(try CrashWorld.settle(world, false).leftAlone == [left], "it is said as long as it is there")
    }
}
