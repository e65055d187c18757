import Foundation
import OffloadCrypto
import OffloadDomain
import Testing

@testable import OffloadRunner

extension ProcessSuites {
    @Suite struct ChangeSetFileTests {
        private static let base: Tree = ["old": .file("1"), "gone": .file("2"), "x": .file("3")]
        private static let theirs: Tree = [
            "old": .file("1b"), "new/file": .executable("run"), "link": .link("new/file"), "x": .executable("3"),
            "same": .file("run"), "empty": .file(""),
        ]

        /// The file as the target would send it.
        private static func sent(_ world: FolderWorld) async throws -> (bytes: [UInt8], digest: String) {
            let packed = try await world.transfer
                .pack(world.key, .changeSet, of: world.project)
            let bytes = try packed.pack.read(from: 0, limit: Int(packed.pack.size))
            await packed.pack.discard()
            return (bytes, packed.digest)
        }

        private static func deliver(
            _ bytes: [UInt8], digest: String? = nil, as key: AttemptKey, to world: FolderWorld, part: Int = 7
        ) async throws -> ResultMachine.Arrival {
            let transfer = world.transfer
            await transfer.forget(key)
            for start in stride(from: 0, to: bytes.count, by: part) {
                _ = try transfer.take(Array(bytes[start...].prefix(part)), at: Int64(start), of: key)
            }
            return try await transfer.adopt(
                ResultAnnouncement(
                    key: key, content: .changeSet, size: Int64(bytes.count),
                    digest: digest ?? ContentDigest.hex(of: bytes),
                    extent: TaskResult.Extent(files: 0, insertions: 0, deletions: 0)), of: world.project)
        }

        @Test func whatAnAttemptMadeArrivesAsItWas() async throws {
            let there = try FolderWorld(base: Self.base, theirs: Self.theirs)
            let (bytes, digest) = try await Self.sent(there)
            let here = try FolderWorld(ours: Self.base)
            let arrival = try await Self.deliver(bytes, digest: digest, as: there.key, to: here)
            #expect(arrival.storage == .changeSet && arrival.extent.files == 7)
            #expect(arrival.sensitivePaths == ["link"], "a link is to be looked at")
            let integration = here.integration
            let plan = try integration.plan(there.key, project: here.project)
            _ = try integration.apply(plan, keepBoth: false, idea: here.idea)
            #expect(try here.files() == Self.theirs)
            // Sent again, it is as if it had been sent once.
            #expect(try await Self.deliver(bytes, as: there.key, to: here) == arrival)
        }

        @Test func whatArrivesAsSomethingElseIsSentAgain() async throws {
            let there = try FolderWorld(base: Self.base, theirs: Self.theirs)
            let (bytes, digest) = try await Self.sent(there)
            let here = try FolderWorld(ours: Self.base)
            var other = bytes
            other[bytes.count / 2] ^= 1
            let error = await #expect(throws: OffloadError.self) {
                _ = try await Self.deliver(other, digest: digest, as: there.key, to: here)
            }
            #expect(error?.kind == .conflict)
            #expect(
                here.transfer.received(of: there.key) == 0)
        }

        /// A sender that lies about everything, digest included: nothing is written but what passes every check.
        @Test func mutatedFilesAreRefusedOrHarmless() async throws {
            let there = try FolderWorld(base: Self.base, theirs: Self.theirs)
            let (bytes, _) = try await Self.sent(there)
            let here = try FolderWorld(ours: Self.base)
            var dice = Dice(seed: 11)
            let isFull = ProcessInfo.processInfo.environment["OFFLOAD_PROVE"] == "1"
            var (refused, taken) = (0, 0)
            for _ in 0..<(isFull ? 10_000 : 300) {
                let mutated = Self.mutate(bytes, &dice)
                let key = ProcessWorld.newAttempt()
                do {
                    _ = try await Self.deliver(mutated, as: key, to: here, part: 1 << 20)
                    try StoredChangeSet(dataFolder: here.data, key).check()
                    taken += 1
                } catch let error as OffloadError {
                    #expect([.unprocessable, .tooLarge].contains(error.kind), "\(error)")
                    #expect(!StoredChangeSet(dataFolder: here.data, key).isThere)
                    refused += 1
                }
            }
            #expect(refused > 200, "\(taken) were taken")
            #expect(try here.files() == Self.base)
            #expect(FileSystem.names(in: "\(here.data)/scratch") == [])
        }

        private static func mutate(_ bytes: [UInt8], _ dice: inout Dice) -> [UInt8] {
            var bytes = bytes
            for _ in 0...Int.random(in: 0..<3, using: &dice) {
                let place = Int.random(in: 0..<bytes.count, using: &dice)
                switch Int.random(in: 0..<5, using: &dice) {
                case 0: bytes[place] ^= UInt8(1 << Int.random(in: 0..<8, using: &dice))
                case 1: bytes.remove(at: place)
                case 2: bytes.insert(UInt8(Int.random(in: 0..<256, using: &dice)), at: place)
                case 3: bytes.removeLast(min(bytes.count - 1, Int.random(in: 0..<40, using: &dice)))
                default: bytes += bytes[place...].prefix(100)
                }
            }
            return bytes
        }
    }
}
