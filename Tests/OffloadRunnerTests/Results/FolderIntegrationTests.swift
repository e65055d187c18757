import Foundation
import OffloadDomain
import Testing

@testable import OffloadRunner

@Suite struct FolderIntegrationTests {
    private static let base: Tree = [
        "keep": .file("k"), "change": .file("1"), "drop": .file("d"), "old/only": .file("o"), "mode": .file("m"),
        "link": .link("keep"), "turn": .file("t"), "tree/x": .file("x"), "tree/y/z": .file("z"), "Case": .file("c"),
    ]
    private static let theirs: Tree = [
        "keep": .file("k"), "change": .file("2"), "new/deep/file": .file("n"), "run": .executable("r"),
        "mode": .executable("m"), "link": .link("change"), "ln": .link("new/deep"), "turn/inside": .file("ti"),
        "tree": .file("now a file"), "case": .file("c2"),
    ]

    private func world() throws -> FolderWorld {
        try FolderWorld(base: Self.base, ours: Self.base, theirs: Self.theirs)
    }

    @Test func takesAndUndoesByteForByte() throws {
        let world = try world()
        chmod("\(world.path)/change", 0o640)
        chmod("\(world.path)/mode", 0o600)
        chmod("\(world.path)/drop", 0o400)
        try world.write("mine", to: "my/own")
        let before = world.picture
        let done = try world.take()
        #expect(done.beside == [])
        #expect(done.taken.count == 15)
        var expected = Self.theirs
        expected["my/own"] = .file("mine")
        #expect(try world.files() == expected)
        #expect(FileSystem.kind(of: "\(world.path)/old") == .missing, "a folder goes with its last file")
        #expect(FolderWorld.permissions(of: "\(world.path)/change") == 0o640, "nobody else may read it than before")
        #expect(FolderWorld.permissions(of: "\(world.path)/mode") == 0o700)
        #expect(world.staging == [])
        #expect(try world.integration.settle(world.key.task, project: world.project).outcome == .done)
        #expect(
            try world.integration.undo(world.key.task, project: world.project)
                == Settled(outcome: .notDone, leftAlone: []))
        #expect(world.picture == before)
        #expect(FileSystem.names(in: "\(world.data)/integrations") == [])
        try world.take()
        #expect(try world.files() == expected, "it can be taken again")
    }

    @Test func newFilesGetTheModesThatNewFilesGet() throws {
        let world = try world()
        try world.take()
        let mask = umask(0)
        umask(mask)
        #expect(FolderWorld.permissions(of: "\(world.path)/run") == Int(0o777 & ~mask))
        #expect(FolderWorld.permissions(of: "\(world.path)/new/deep/file") == Int(0o666 & ~mask))
    }

    @Test func isTakenOnceUntilForgotten() throws {
        let world = try FolderWorld(base: ["a": .file("1")], ours: ["a": .file("1")], theirs: ["a": .file("2")])
        try world.take()
        #expect(throws: OffloadError.self) { try world.take() }
        try world.integration.forget(world.key.task)
        try world.integration.forget(world.key.task)
        let error = #expect(throws: OffloadError.self) {
            try world.integration.undo(world.key.task, project: world.project)
        }
        #expect(error?.kind == .notFound)
        #expect(try world.take().taken == [], "there is nothing left to change")
    }

    // MARK: - Conflicts

    private func conflicted() throws -> FolderWorld {
        try FolderWorld(
            base: ["both": .file("0"), "mine": .file("0"), "yours": .file("0"), "ok": .file("0"), "dir": .file("0")],
            ours: [
                "both": .file("1"), "mine": .file("1"), "ok": .file("0"), "added": .file("1"), "dir/x": .file("1"),
                "block": .file("1"), "ReadMe": .file("1"), "Docs/a": .file("1"), "dir2/f": .file("1"),
            ],
            theirs: [
                "both": .file("2"), "yours": .file("2"), "ok": .file("2"), "added": .executable("2"), "dir": .file("2"),
                "block/deep/er": .file("2"), "README": .file("2"), "docs/b": .file("2"), "dir2": .link("ok"),
            ])
    }

    @Test func everyConflictHasItsName() throws {
        let plan = try conflicted().plan()
        let found = Dictionary(uniqueKeysWithValues: plan.items.map { ($0.path, $0.comparison) })
        #expect(
            found == [
                "both": .conflict(.bothChanged), "mine": .conflict(.changedHereDeletedThere),
                "yours": .conflict(.deletedHereChangedThere), "ok": .take, "added": .conflict(.bothAdded),
                "dir": .conflict(.somethingInTheWay), "block/deep/er": .conflict(.somethingInTheWay),
                "README": .conflict(.somethingInTheWay), "docs/b": .conflict(.somethingInTheWay),
                "dir2": .conflict(.somethingInTheWay),
            ])
    }

    @Test func withoutKeepingBothNothingHappens() throws {
        let world = try conflicted()
        let before = world.picture
        let error = #expect(throws: OffloadError.self) { try world.take() }
        #expect(error?.kind == .conflict)
        #expect(error?.message.contains("\"both\" (changed here and there)") == true)
        #expect(world.picture == before)
        #expect(FileSystem.kind(of: "\(world.data)/integrations") == .missing)
    }

    @Test func keepingBothWritesBeside() throws {
        let world = try conflicted()
        let (before, files) = (world.picture, try world.files())
        let done = try world.take(keepBoth: true)
        var expected = files
        expected["ok"] = .file("2")
        expected["both.offload-i-7"] = .file("2")
        expected["yours.offload-i-7"] = .file("2")
        expected["added.offload-i-7"] = .executable("2")
        expected["dir.offload-i-7"] = .file("2")
        expected["block.offload-i-7/deep/er"] = .file("2")
        expected["README.offload-i-7"] = .file("2")
        expected["docs.offload-i-7/b"] = .file("2")
        expected["dir2.offload-i-7"] = .link("ok")
        #expect(try world.files() == expected)
        #expect(done.taken == ["ok"])
        #expect(done.beside.first { $0.path == "block/deep/er" }?.writtenTo == "block.offload-i-7/deep/er")
        _ = try world.integration.undo(world.key.task, project: world.project)
        #expect(world.picture == before)
    }

    @Test func takenNamesBesideAreLeftAlone() throws {
        let world = try conflicted()
        try world.write("my notes", to: "both.offload-i-7")
        try world.write("2", to: "yours.offload-i-7")
        let done = try world.take(keepBoth: true)
        #expect(try world.files()["both.offload-i-7"] == .file("my notes"))
        #expect(try world.files()["both.offload-i-7-2"] == .file("2"))
        #expect(done.beside.first { $0.path == "yours" }?.writtenTo == "yours.offload-i-7", "it is there already")
        _ = try world.integration.undo(world.key.task, project: world.project)
        #expect(try world.files()["yours.offload-i-7"] == .file("2"), "which was not written by us")
    }

    @Test func longNamesStayLegalBeside() throws {
        let name = String(repeating: "ä", count: 127)
        let world = try FolderWorld(base: [:], ours: [name: .file("1")], theirs: [name: .file("2")])
        let written = try #require(try world.take(keepBoth: true).beside.first?.writtenTo)
        #expect(written.utf8.count <= 255 && written.hasSuffix(".offload-i-7"))
        #expect(try world.files() == [name: .file("1"), written: .file("2")])
    }

    @Test func composedAndDecomposedNamesAreTwins() throws {
        let world = try FolderWorld(ours: ["caf\u{E9}": .file("1")], theirs: ["cafe\u{301}": .file("2")])
        #expect(try world.plan().items.map(\.comparison) == [.conflict(.somethingInTheWay)])
    }

    // MARK: - Changes meanwhile

    @Test func undoIsRefusedAfterChanges() throws {
        let world = try world()
        try world.take()
        try world.write("edited", to: "change")
        try world.write("edited", to: "run")
        let before = world.picture
        let error = #expect(throws: OffloadError.self) {
            try world.integration.undo(world.key.task, project: world.project)
        }
        #expect(error?.kind == .conflict)
        #expect(error?.message.contains("\"change\"") == true && error?.message.contains("\"run\"") == true)
        #expect(world.picture == before)
        #expect(try world.integration.settle(world.key.task, project: world.project).outcome == .done)
    }

    @Test func undoLeavesWhatIsAsBeforeAndWhatWasAdded() throws {
        let world = try world()
        try world.take()
        try FileManager.default.removeItem(atPath: "\(world.path)/run")
        try FileManager.default.createDirectory(atPath: "\(world.path)/old/empty", withIntermediateDirectories: true)
        try world.write("mine", to: "new/deep/mine")
        _ = try world.integration.undo(world.key.task, project: world.project)
        var expected = Self.base
        expected["new/deep/mine"] = .file("mine")
        #expect(try world.files() == expected)
        #expect(FileSystem.kind(of: "\(world.path)/old/empty") == .folder)
    }

    @Test func undoKeepsFoldersThatWereEmptyBefore() throws {
        let world = try FolderWorld(theirs: ["empty/a": .file("1")])
        try FileSystem.makeFolder("\(world.path)/empty")
        let before = world.picture
        try world.take()
        _ = try world.integration.undo(world.key.task, project: world.project)
        #expect(world.picture == before)
    }

    @Test(arguments: ["change", "drop", "run", "turn", "case", "tree/y/z"])
    func aPlanThatIsOutOfDateIsRefused(_ path: String) throws {
        let world = try world()
        let plan = try world.plan()
        try world.write("just now", to: path)
        let before = world.picture
        let error = #expect(throws: OffloadError.self) {
            try world.integration.apply(plan, keepBoth: false, idea: world.idea)
        }
        #expect(error?.kind == .conflict)
        #expect(world.picture == before)
        #expect(world.staging == [])
    }

    @Test func contentThatIsNotWhatTheListSaysChangesNothing() throws {
        let world = try world()
        let (plan, before) = (try world.plan(), world.picture)
        try FileSystem.write(Array("evil".utf8), to: "\(world.changeSet)/blobs/\(try digest("2"))")
        let error = #expect(throws: OffloadError.self) {
            try world.integration.apply(plan, keepBoth: false, idea: world.idea)
        }
        #expect(error?.kind == .unprocessable)
        #expect(world.picture == before)
        #expect(FileSystem.names(in: "\(world.data)/integrations") == [])
    }

    @Test func whatIsStagedIsNobodysWork() throws {
        let world = try world()
        let name = StagingName.make()
        try world.write("on its way", to: "\(name)/0")
        let paths = try Manifest.of(world.path, excluding: []).entries.map(\.path)
        #expect(paths.sorted() == Self.base.keys.sorted())
        #expect(FileSystem.missedOnlyStaging("cp: cannot stat '/home/me/p/\(name)/0': No such file or directory\n"))
        #expect(!FileSystem.missedOnlyStaging("cp: cannot stat '/p/\(name)/0': No such file\ncp: cannot open '/p/a'\n"))
        // A requirement of another idea that was assigned in the same moment.
        #expect(
            FileSystem.missedOnlyStaging(
                "/bin/cp: cannot open '/p/./.claude/requirements/.note-1.md.offload-new' for reading: No such file or directory\n"
            ))
        #expect(!FileSystem.missedOnlyStaging("cp: cannot open '/p/notes.offload-new/a'\n"))
        #expect(!FileSystem.missedOnlyStaging(""))
    }
}
