import OffloadCrypto
import OffloadDomain
import Synchronization
import Testing

@testable import OffloadRunner

/// A source and a target with a folder each, and nothing between them but function calls.
private final class TwoFolders: Sendable {
    let source: FolderWorld
    let target: FolderWorld
    let here: FolderBaseTransfer
    let there: FolderBaseTransfer
    private let asked = Mutex<[String]>([])
    /// Done before contents are sent.
    private let trouble = Mutex<@Sendable () throws -> Void>({})

    init(source: Tree, target: Tree = [:]) throws {
        self.source = try FolderWorld(ours: source)
        self.target = try FolderWorld(ours: target)
        let tools = SubprocessToolRunner()
        here = FolderBaseTransfer(dataFolder: self.source.data, tools: tools)
        there = FolderBaseTransfer(dataFolder: self.target.data, tools: tools)
    }

    func before(sending trouble: @escaping @Sendable () throws -> Void) { self.trouble.withLock { $0 = trouble } }

    /// Brings the source's files over.
    /// - Returns: the digests that had to be sent, in no order.
    func cross(_ key: AttemptKey) async throws -> Set<String> {
        asked.withLock { $0 = [] }
        try await there.adopt(key, of: target.project) { take in
            let pack = try await here.list(source.project)
            try take(Array("\n".utf8))
            try take(Array(BundleAnnouncement.line(size: pack.size).utf8) + (try pack.read(from: 0, limit: 10)))
            try take(try pack.read(from: 10, limit: Int(pack.size)))
            await pack.discard()
        } contents: { digests, take in
            asked.withLock { $0 += digests }
            try trouble.withLock { $0 }()
            try await here.send(digests, of: source.project) { try take($0) }
        }
        return Set(asked.withLock { $0 })
    }

    /// What an attempt finds in its workspace.
    func laid(_ key: AttemptKey) throws -> Tree {
        let tree = "\(target.folder)/laid-\(UInt64.random(in: .min ... .max))"
        try FileSystem.makeFolder(tree)
        try FolderBases(dataFolder: target.data).lay(key, of: target.project.id, into: tree)
        return try FolderWorld.read(tree)
    }
}

private func sum(_ text: String) -> String { ContentDigest.hex(of: text.utf8) }

extension ProcessSuites {
    @Suite struct FolderBaseTransferTests {
        private static let project: Tree = [
            "a.txt": .file("one"), "run": .executable("#!/bin/sh\n"), "sub/b.txt": .file("two"),
            "sub/copy.txt": .file("one"), "link": .link("sub/b.txt"), "empty": .file(""),
        ]

        @Test func anAttemptStartsFromExactlyTheSourcesFiles() async throws {
            let devices = try TwoFolders(source: Self.project, target: ["own": .file("stays")])
            let key = ProcessWorld.newAttempt()
            let sent = try await devices.cross(key)
            #expect(sent == [sum("one"), sum("two"), sum("#!/bin/sh\n"), sum("sub/b.txt"), sum("")])
            #expect(try devices.laid(key) == Self.project)
            #expect(try devices.target.files() == ["own": .file("stays")])
            #expect(try await devices.cross(key) == [], "what is here is not asked for again")
        }

        @Test func onlyWhatDiffersTravels() async throws {
            let devices = try TwoFolders(source: Self.project, target: ["elsewhere/x": .file("one")])
            let first = ProcessWorld.newAttempt()
            #expect(try await !devices.cross(first).contains(sum("one")), "the target's own folder has it")
            try FolderWorld.lay(["a.txt": .file("three")], in: devices.source.path)
            let second = ProcessWorld.newAttempt()
            #expect(try await devices.cross(second) == [sum("three")])
            var changed = Self.project
            changed["a.txt"] = .file("three")
            #expect(try devices.laid(second) == changed)
            #expect(try devices.laid(first) == Self.project, "what another attempt starts from stays as it is")

            // Also when the attempts are over.
            await devices.there.forget(first)
            await devices.there.forget(second)
            let third = ProcessWorld.newAttempt()
            #expect(try await devices.cross(third) == [])
            #expect(try devices.laid(third) == changed)
            #expect(FileSystem.names(in: "\(devices.target.data)/folder-bases/p-1").count == 2)
        }

        @Test func whatIsBrokenOffGoesOn() async throws {
            let devices = try TwoFolders(source: Self.project)
            let key = ProcessWorld.newAttempt()
            let cut = OffloadError(.device, "cut off")
            let taken = Mutex(0)
            for broken in 0..<20 {
                do {
                    try await devices.there.adopt(key, of: devices.target.project) { take in
                        let pack = try await devices.here.list(devices.source.project)
                        let whole =
                            Array(BundleAnnouncement.line(size: pack.size).utf8)
                            + (try pack.read(from: 0, limit: 1 << 20))
                        await pack.discard()
                        guard broken != 0 else { return try take(Array(whole.dropLast())) }
                        try take(whole)
                    } contents: { digests, take in
                        let left = Mutex(100)
                        try await devices.here.send(digests, of: devices.source.project) { piece in
                            let part = left.withLock { left in
                                defer { left -= min(left, piece.count) }
                                return piece.prefix(left)
                            }
                            try take(Array(part))
                            if part.count < piece.count { throw cut }
                            taken.withLock { $0 += 1 }
                        }
                    }
                    break
                } catch let error as OffloadError {
                    #expect(error.kind == .device)
                }
            }
            #expect(try devices.laid(key) == Self.project)
        }

        @Test func filesThatChangeMeanwhileAreListedAnew() async throws {
            let devices = try TwoFolders(source: Self.project)
            let (key, path) = (ProcessWorld.newAttempt(), devices.source.path)
            let times = Mutex(0)
            devices.before {
                let time = times.withLock { times in
                    times += 1
                    return times
                }
                if time <= 2 { try FolderWorld.lay(["sub/b.txt": .file("two \(time)")], in: path) }
            }
            _ = try await devices.cross(key)
            var changed = Self.project
            changed["sub/b.txt"] = .file("two 2")
            #expect(try devices.laid(key) == changed)

            devices.before {
                let time = times.withLock { times in
                    times += 1
                    return times
                }
                try FolderWorld.lay(["sub/b.txt": .file("two \(time)")], in: path)
            }
            try FolderWorld.lay(["sub/b.txt": .file("other")], in: path)
            let error = await #expect(throws: OffloadError.self) {
                _ = try await devices.cross(ProcessWorld.newAttempt())
            }
            #expect(error?.kind == .conflict)
        }

        @Test func linksThatLeadOutOfTheProjectStayBehind() async throws {
            let devices = try TwoFolders(
                source: ["a": .file("1"), "out": .link("/etc/passwd"), "up": .link("../x"), "in": .link("a")])
            let key = ProcessWorld.newAttempt()
            _ = try await devices.cross(key)
            #expect(try devices.laid(key) == ["a": .file("1"), "in": .link("a")])
        }

        /// A source that leaves nothing out.
        @Test(arguments: ["/etc/passwd", "../../outside/secret", "a/../../x"])
        func aLinkThatLeadsOutIsNotLaid(_ leadsTo: String) async throws {
            let world = try FolderWorld()
            let there = FolderBaseTransfer(dataFolder: world.data, tools: SubprocessToolRunner())
            let key = ProcessWorld.newAttempt()
            let list = try FolderListing(entries: [
                .init(path: "l", kind: "link", sha256: sum(leadsTo), size: Int64(leadsTo.utf8.count))
            ]).encoded()
            try await there.adopt(key, of: world.project) { take in
                try take(Array(BundleAnnouncement.line(size: Int64(list.count)).utf8) + list)
            } contents: { digests, take in
                try take(ContentFrames.line(digests[0], size: Int64(leadsTo.utf8.count)) + Array(leadsTo.utf8))
            }
            let tree = "\(world.folder)/laid"
            try FileSystem.makeFolder(tree)
            #expect(throws: OffloadError.self) {
                try FolderBases(dataFolder: world.data).lay(key, of: world.project.id, into: tree)
            }
            #expect(FileSystem.names(in: tree) == [])
        }

        @Test func aBaseThatIsNotWholeAnyMoreStartsNothing() async throws {
            let devices = try TwoFolders(source: Self.project)
            let key = ProcessWorld.newAttempt()
            _ = try await devices.cross(key)
            let content = "\(devices.target.data)/folder-bases/p-1/\(key.task).\(key.number)/contents/\(sum("two"))"
            FileSystem.removeFile(content)
            try FileSystem.write(Array("owt".utf8), to: content)
            let error = #expect(throws: OffloadError.self) { try devices.laid(key) }
            #expect(error?.kind == .device)
        }
    }
}
