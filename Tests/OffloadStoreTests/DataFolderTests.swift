import Foundation
import OffloadDomain
import Testing

@testable import OffloadStore

#if canImport(Darwin)
import Darwin
#elseif canImport(Musl)
import Musl
#else
import Glibc
#endif

@Suite struct DataFolderTests {
    @Test func aNewFolderIsItsOwnersAlone() async throws {
        try await TemporaryFolder.with { parent in
            let folder = try DataFolder.open(path: parent.file("a/b"))
            #expect(try parent.mode("a/b") == 0o700)
            #expect(try parent.mode("a/b/offload.lock") == 0o600)
            #expect(folder.path == parent.file("a/b"))
            #expect(folder.path("x") == parent.file("a/b/x"))
            #expect(!folder.wasUnclean)
            folder.close()
        }
    }

    @Test(arguments: [([], 0o700), (["offload.lock"], 0o700), (["holiday.jpg"], 0o755)])
    func aFolderThatWasThereIsClosedToOthersIfItIsOurs(_ content: [String], _ mode: Int) async throws {
        try await TemporaryFolder.with { parent in
            try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: parent.path)
            for name in content { try parent.write(Data(), to: name) }
            try DataFolder.open(path: parent.path).close()
            #expect(try parent.mode() == mode)
        }
    }

    @Test func aSecondDeviceIsToldWhoIsThere() async throws {
        try await TemporaryFolder.with { parent in
            #expect(DataFolder.holder(path: parent.path) == nil)
            let folder = try DataFolder.open(path: parent.path)
            let own = ProcessInfo.processInfo.processIdentifier

            let first = #expect(throws: OffloadError.self) { try DataFolder.open(path: parent.path) }
            #expect(first == OffloadError(.conflict, "\(parent.path) is in use by process \(own)"))
            #expect(DataFolder.holder(path: parent.path)?.pid == own)
            #expect(DataFolder.holder(path: parent.path)?.address == nil)

            try folder.announce(address: "127.0.0.1:4747 and much more of an address than there will be next time")
            try folder.announce(address: "127.0.0.1:4747")
            let second = #expect(throws: OffloadError.self) { try DataFolder.open(path: parent.path) }
            #expect(second?.message == "\(parent.path) is in use by process \(own) (listening on 127.0.0.1:4747)")
            #expect(DataFolder.holder(path: parent.path)?.address == "127.0.0.1:4747")

            folder.close()
            folder.close()
            #expect(throws: OffloadError.self) { try folder.announce(address: "127.0.0.1:4747") }
            #expect(DataFolder.holder(path: parent.path) == nil)
            try DataFolder.open(path: parent.path).close()
        }
    }

    /// A lock file alone says nothing: its process may be long gone.
    @Test func whatADeadDeviceWroteMeansNothing() async throws {
        try await TemporaryFolder.with { parent in
            try parent.write(
                Data("pid 1\nstarted 2026-01-01T00:00:00.000Z\naddress 127.0.0.1:1\n".utf8), to: "offload.lock")
            #expect(DataFolder.holder(path: parent.path) == nil)
            let folder = try DataFolder.open(path: parent.path)
            #expect(DataFolder.holder(path: parent.path)?.pid == ProcessInfo.processInfo.processIdentifier)
            #expect(DataFolder.holder(path: parent.path)?.address == nil)
            folder.close()
        }
    }

    /// Whoever looks at the lock holds it for an instant; a device that starts then waits and goes on.
    @Test func lookingDoesNotKeepADeviceOut() async throws {
        try await TemporaryFolder.with { parent in
            try parent.write(Data(), to: "offload.lock")
            let looking = open(parent.file("offload.lock"), O_RDONLY | O_CLOEXEC)
            try #require(flock(looking, LOCK_SH | LOCK_NB) == 0)
            var pauses = 0
            let folder = try DataFolder.open(path: parent.path) {
                pauses += 1
                if pauses == 3 { close(looking) }
            }
            #expect(pauses == 3)
            folder.close()
        }
    }

    @Test func anUncleanEndIsSeen() async throws {
        try await TemporaryFolder.with { parent in
            let first = try DataFolder.open(path: parent.path)
            let ledger = try SQLiteLedger.open(folder: parent.path)
            first.close()
            let second = try DataFolder.open(path: parent.path)
            #expect(second.wasUnclean)
            second.close()
            try ledger.close()
            let third = try DataFolder.open(path: parent.path)
            #expect(!third.wasUnclean)
            third.close()
        }
    }

    @Test func aFileIsNoFolder() async throws {
        try await TemporaryFolder.with { parent in
            try parent.write(Data("x".utf8), to: "file")
            for path in ["file", "file/below"] {
                let error = #expect(throws: OffloadError.self) { try DataFolder.open(path: parent.file(path)) }
                #expect(error?.kind == .unprocessable)
                #expect(error?.message.contains(parent.file(path)) == true)
            }
            #expect(try parent.bytes("file") == Data("x".utf8))
            #expect(DataFolder.holder(path: parent.file("file")) == nil)
        }
    }

    /// For root every folder can be written to, except those that are no real ones.
    @Test func aFolderThatCannotBeWrittenToIsRefused() async throws {
        try await TemporaryFolder.with { parent in
            let path = geteuid() == 0 ? "/proc/self" : parent.path
            try FileManager.default.setAttributes([.posixPermissions: 0o500], ofItemAtPath: parent.path)
            let error = #expect(throws: OffloadError.self) { try DataFolder.open(path: path) }
            #expect(error?.kind == .unprocessable)
            #expect(error?.message.hasPrefix("\(path) cannot be the data folder") == true)
        }
    }
}
