import Foundation
import OffloadDomain
import Synchronization
import Testing

@testable import OffloadRunner

@Suite struct FolderAttackTests {
    /// Paths and links made of tricks by which others came out of the folder that they were given.
    private static func tricks(_ dice: inout Dice, outside: String) -> (path: String, link: String?) {
        let up = String(repeating: "../", count: Int.random(in: 1...9, using: &dice))
        let name = ["a", "b c", "ü", "x.txt"].randomElement(using: &dice) ?? "a"
        let ignorable =
            ["\u{200C}", "\u{200D}", "\u{FEFF}", "\u{202E}", "\u{2060}", "\u{206A}"].randomElement(using: &dice) ?? ""
        let device = ["con", "NUL", "Aux", "prn", "COM1", "lpt9"].randomElement(using: &dice) ?? "con"
        let control = String(UnicodeScalar(UInt8.random(in: 0..<32, using: &dice)))
        switch Int.random(in: 0..<20, using: &dice) {
        case 0: return ("\(up)outside/secret", nil)
        case 1: return ("\(outside)/secret", nil)
        case 2: return ("\(name)/\(up)\(up)outside/\(name)", nil)
        case 3: return ("/\(name)", nil)
        case 4: return ("\(name)//\(name)", nil)
        case 5: return ("\(name)/./\(name)", nil)
        case 6: return ("..\\outside\\secret", nil)
        case 7: return ("C:\(name)", nil)
        case 8: return ("\(name)\(control)/\(name)", nil)
        case 9: return ("\(name)/.gi\(ignorable)t/hooks/post-checkout", nil)
        case 10:
            return (
                ["GIT~1/config", ".git./config", ".Git /config", ".git::$INDEX_ALLOCATION/x"].randomElement(
                    using: &dice) ?? "", nil
            )
        case 11: return ("\(name)/\(device).txt", nil)
        case 12: return (String(repeating: name, count: 300), nil)
        case 13: return (String(repeating: "\(name)/", count: 1_500) + name, nil)
        case 14: return (".offload-0123456789abcdef/0", nil)
        case 15: return (name, "\(up)outside/secret")
        case 16: return (name, "\(outside)/secret")
        case 17: return ("deep/\(name)", "\(name)/../../../outside")
        case 18: return ("deep/\(name)", "../\(up)outside")
        default: return (".claude/requirements/\(name)", nil)
        }
    }

    @Test func ofTwoHundredHostileEntriesNoneIsWritten() throws {
        var dice = Dice(seed: 16)
        var refused = 0
        let world = try FolderWorld(ours: ["mine": .file("1")])
        let (before, outside) = (world.picture, world.outsidePicture)
        for _ in 0..<200 {
            let (path, link) = Self.tricks(&dice, outside: world.outside)
            let content = link ?? "evil"
            let rows = [
                ["path": "fine", "kind": "file", "sha256": try digest("good")],
                ["path": path, "kind": link == nil ? "file" : "link", "sha256": try digest(content)],
            ]
            try world.put(rows: rows, blobs: ["good", content])
            let note = Comment(rawValue: ShownPath.text(path))
            let checked = #expect(throws: OffloadError.self, note) {
                try StoredChangeSet(folder: world.changeSet).check()
            }
            let planned = #expect(throws: OffloadError.self, note) { try world.take(keepBoth: true) }
            if checked?.kind == .unprocessable, planned?.kind == .unprocessable { refused += 1 }
            #expect(checked.map { PlainText.isOneLine($0.message) } == true, note)
        }
        #expect(refused == 200)
        #expect(world.picture == before)
        #expect(world.outsidePicture == outside)
    }

    /// The control: who joins names and writes comes out of the folder.
    @Test(arguments: ["../outside/secret", "a/../../outside/new", "dir/secret", "link"])
    func aNaiveCopyWouldHaveWrittenOutside(_ path: String) throws {
        let world = try FolderWorld(ours: [
            "a/x": .file("1"), "dir": .link("../outside"), "link": .link("../outside/secret"),
        ])
        let outside = world.outsidePicture
        try Data("evil".utf8).write(to: URL(fileURLWithPath: "\(world.path)/\(path)"))
        #expect(world.outsidePicture != outside)
    }

    // MARK: - Links in the project

    @Test(arguments: ["dir/secret", "dir/new", "secret"]) func linksInTheProjectAreNotFollowed(_ path: String) throws {
        let world = try FolderWorld(
            base: [path: .file("do not touch")], theirs: [path: .file("evil")])
        let link = path.hasPrefix("dir/") ? "dir" : "secret"
        let target = path.hasPrefix("dir/") ? world.outside : "\(world.outside)/secret"
        try FileManager.default.createSymbolicLink(atPath: "\(world.path)/\(link)", withDestinationPath: target)
        let outside = world.outsidePicture
        #expect(throws: OffloadError.self) { try world.take() }
        try world.take(keepBoth: true)
        _ = try world.integration.undo(world.key.task, project: world.project)
        #expect(world.outsidePicture == outside)
        // The control: the content is what a copy that follows links would have replaced.
        try Data("evil".utf8).write(to: URL(fileURLWithPath: "\(world.path)/\(path)"))
        #expect(world.outsidePicture != outside)
    }

    /// Turns a folder of the project into a link to outside and back, as fast as it can, while a result is taken and undone.
    @Test func aLinkThatIsSwappedInMeanwhileLeadsNowhere() async throws {
        let tree: Tree = ["dir/a": .file("1"), "dir/b": .file("1"), "top": .file("1")]
        let new: Tree = [
            "dir/a": .file("2"), "dir/secret": .executable("2"), "dir/deep/er": .file("2"), "top": .file("2"),
        ]
        var (swaps, refused) = (0, 0)
        for _ in 0..<200 {
            let world = try FolderWorld(base: tree, ours: tree, theirs: new)
            let outside = world.outsidePicture
            let racer = Racer(world)
            racer.start()
            for _ in 0..<3 {
                do {
                    try world.take(keepBoth: true)
                    _ = try world.integration.undo(world.key.task, project: world.project)
                } catch {
                    refused += 1
                }
                _ = try? world.integration.settle(world.key.task, project: world.project)
                try? world.integration.forget(world.key.task)
            }
            swaps += await racer.end()
            #expect(world.outsidePicture == outside)
        }
        #expect(swaps > 200 && refused > 0, "\(swaps) swaps, \(refused) refused")
    }

    /// The same at the worst moments, where a race would have to be lucky.
    @Test func aLinkThatIsSwappedInAtAnyPlaceLeadsNowhere() throws {
        let tree: Tree = ["dir/a": .file("1"), "dir/b": .file("1")]
        let new: Tree = ["dir/a": .file("2"), "dir/secret": .file("2")]
        for count in 0..<24 {
            let world = try FolderWorld(base: tree, ours: tree, theirs: new)
            let outside = world.outsidePicture
            let left = Mutex(count)
            let integration = FolderIntegration(dataFolder: world.data) { _ in
                let isNow = left.withLock { left in
                    left -= 1
                    return left == -1
                }
                guard isNow else { return }
                rename("\(world.path)/dir", "\(world.folder)/aside")
                symlink(world.outside, "\(world.path)/dir")
            }
            _ = try? integration.apply(try world.plan(), keepBoth: true, idea: world.idea)
            _ = try? world.integration.settle(world.key.task, project: world.project)
            _ = try? world.integration.undo(world.key.task, project: world.project)
            #expect(world.outsidePicture == outside, "\(count)")
        }
    }
}

/// A thread that turns the folder `dir` of a project into a link to outside and back.
private final class Racer: Sendable {
    private let isOver = Atomic(false)
    private let swaps = Atomic(0)
    private let (dir, aside, outside): (String, String, String)
    private let (end, ending): (AsyncStream<Never>, AsyncStream<Never>.Continuation)

    init(_ world: FolderWorld) {
        (dir, aside, outside) = ("\(world.path)/dir", "\(world.folder)/aside", world.outside)
        (end, ending) = AsyncStream.makeStream()
    }

    func start() {
        Thread { [self] in
            while !isOver.load(ordering: .relaxed) {
                // Where the folder was made anew in the meantime, the older one is given up.
                if rename(dir, aside) != 0 {
                    try? FileManager.default.removeItem(atPath: aside)
                    continue
                }
                if symlink(outside, dir) == 0 {
                    swaps.add(1, ordering: .relaxed)
                    unlink(dir)
                }
                rename(aside, dir)
            }
            ending.finish()
        }.start()
    }

    /// - Returns: how often it came about.
    func end() async -> Int {
        isOver.store(true, ordering: .relaxed)
        for await _ in end {}
        return swaps.load(ordering: .relaxed)
    }
}
