import Foundation
import OffloadDomain
import Testing

@testable import OffloadRunner

@Suite struct StoredChangeSetTests {
    private func world() throws -> FolderWorld {
        try FolderWorld(
            base: ["old": .file("1"), "gone": .file("2"), "x": .file("3")],
            theirs: [
                "old": .file("1b"), "new/file": .executable("run"), "link": .link("new/file"), "x": .executable("3"),
            ])
    }

    private func refusal(_ world: FolderWorld, _ limits: ChangeSetLimits = ChangeSetLimits()) -> OffloadError? {
        #expect(throws: OffloadError.self) { try StoredChangeSet(folder: world.changeSet, limits: limits).check() }
    }

    @Test func whatAnAttemptKeptIsFine() throws {
        let world = try world()
        try StoredChangeSet(folder: world.changeSet).check()
        let changes = try StoredChangeSet(folder: world.changeSet).changes()
        #expect(changes.map(\.path.text) == ["gone", "link", "new/file", "old", "x"])
        #expect(changes.map(\.baseKind) == [.file, nil, nil, .file, .file])
    }

    @Test func listsOfOlderVersionsAreFine() throws {
        let world = try FolderWorld()
        let (one, two) = (try digest("1"), try digest("2"))
        try world.put(rows: [["path": "a", "kind": "file", "sha256": one, "base": two]], blobs: ["1"])
        try StoredChangeSet(folder: world.changeSet).check()
    }

    @Test func limitsHold() throws {
        let world = try world()
        var limits = ChangeSetLimits()
        limits.entries = 4
        #expect(refusal(world, limits)?.message == "the result has more than 4 changes")
        limits = ChangeSetLimits()
        limits.fileBytes = 2
        #expect(refusal(world, limits)?.message.contains("\"link\" has more than 2 bytes") == true)
        limits = ChangeSetLimits()
        // link 8, new/file 3, old 2, x 1
        limits.totalBytes = 13
        #expect(refusal(world, limits)?.message.contains("\"x\" makes the result larger") == true)
        limits.totalBytes = 14
        try StoredChangeSet(folder: world.changeSet, limits: limits).check()
        limits.listBytes = 10
        #expect(refusal(world, limits)?.kind == .unprocessable)
        let plain = ChangeSetLimits()
        #expect([Int64(plain.entries), plain.fileBytes, plain.totalBytes] == [100_000, 1 << 30, 4 << 30])
    }

    @Test func contentThatIsListedTwiceCountsTwice() throws {
        let world = try FolderWorld()
        let one = try digest("12345")
        let rows = (0..<5).map { ["path": "f\($0)", "kind": "file", "sha256": one] }
        try world.put(rows: rows, blobs: ["12345"])
        var limits = ChangeSetLimits()
        limits.totalBytes = 24
        #expect(refusal(world, limits)?.message.contains("\"f4\"") == true)
    }

    @Test func blobsAreWhatTheListSays() throws {
        let files = FileManager.default
        var world = try world()
        let old = "\(world.changeSet)/blobs/\(try digest("1b"))"
        try FileSystem.write(Array("1c".utf8), to: old)
        #expect(refusal(world)?.message.contains("\"old\" has other content") == true)
        try files.removeItem(atPath: old)
        #expect(refusal(world)?.message.contains("\"old\" has no content") == true)
        try files.createSymbolicLink(atPath: old, withDestinationPath: "\(world.outside)/secret")
        #expect(refusal(world)?.message.contains("\"old\" has no content") == true)

        world = try self.world()
        try FileSystem.write([1], to: "\(world.changeSet)/blobs/more")
        #expect(refusal(world)?.message.contains("\"more\"") == true)

        world = try self.world()
        try FileSystem.write([1], to: "\(world.changeSet)/extra\u{1B}[2J")
        #expect(refusal(world)?.message.contains("\"extra\\u{1b}[2J\"") == true)

        world = try self.world()
        try files.moveItem(atPath: "\(world.changeSet)/blobs", toPath: "\(world.folder)/blobs")
        try files.createSymbolicLink(atPath: "\(world.changeSet)/blobs", withDestinationPath: "\(world.folder)/blobs")
        #expect(refusal(world)?.kind == .unprocessable, "a link in the place of the folder")
    }

    @Test func rowsAreChecked() throws {
        let world = try FolderWorld()
        let one = try digest("1")
        let rows: [[String: String]] = [
            ["path": "a", "kind": "device", "sha256": one], ["path": "a", "kind": "file"],
            ["path": "a", "sha256": one],
            ["path": "a"], ["path": "a", "kind": "file", "sha256": one.uppercased()],
            ["path": "a", "kind": "file", "sha256": "../../../outside/secret"],
            ["path": "a", "kind": "file", "sha256": String(one.dropLast())],
            ["path": "a", "kind": "file", "sha256": one, "base": "x"],
            ["path": "a", "kind": "file", "sha256": one, "base": one, "baseKind": "pipe"],
            ["path": "a", "kind": "file", "sha256": one, "baseKind": "file"],
        ]
        for row in rows {
            try world.put(rows: [["path": "fine", "kind": "file", "sha256": one], row], blobs: ["1"])
            #expect(refusal(world)?.message.contains("\"a\"") == true, "\(row)")
            #expect(throws: OffloadError.self, "\(row)") { try world.plan() }
        }
        try FileSystem.write(Array("[{".utf8), to: "\(world.changeSet)/changes.json")
        #expect(refusal(world)?.kind == .unprocessable)
    }
}
