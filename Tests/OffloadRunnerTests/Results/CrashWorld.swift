import OffloadDomain
import Synchronization

@testable import OffloadRunner

/// Ends an integration at its n-th place, as a crash would.
final class Fuse: Sendable {
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

/// What the tests of integrations that are broken off share.
enum CrashWorld {
    static let base: Tree = [
        "change": .file("1"), "drop": .file("d"), "old/only": .file("o"), "turn": .file("t"), "tree/x": .file("x"),
        "link": .link("change"), "both": .file("0"),
    ]
    static let theirs: Tree = [
        "change": .executable("2"), "new/deep": .file("n"), "turn/in": .file("ti"), "tree": .file("f"),
        "link": .link("tree"),
        "both": .file("2"),
    ]

    static func world() throws -> FolderWorld {
        var ours = base
        ours["both"] = .file("1")
        return try FolderWorld(base: base, ours: ours, theirs: theirs)
    }

    static func crashing(_ world: FolderWorld, after count: Int, plainly: Bool) -> (FolderIntegration, Fuse) {
        let fuse = Fuse(count)
        return (FolderIntegration(dataFolder: world.data, plainly: plainly, reached: fuse.reached), fuse)
    }

    static func settle(_ world: FolderWorld, _ plainly: Bool) throws -> Settled {
        try FolderIntegration(dataFolder: world.data, plainly: plainly) { _ in }
            .settle(world.key.task, project: world.project)
    }

    /// Runs the body with a fuse that is one longer each time, until it is not blown any more.
    static func forEveryPlace(_ body: (Int) throws -> Bool) rethrows -> Int {
        for count in 0..<1_000 where try !body(count) { return count }
        return 1_000
    }
}
