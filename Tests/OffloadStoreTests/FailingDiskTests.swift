#if os(Linux)
import Foundation
import GRDB
import Glibc
import OffloadDomain
import OffloadTesting
import Testing

@testable import OffloadStore

/// The ledger's own file descriptors, put in the place of which something else answers its writes.
@Suite struct FailingDiskTests {
    @Test func aFullDiskIsToldAndPasses() async throws {
        try await TemporaryFolder.with { folder in
            let ledger = try SQLiteLedger.open(folder: folder.path)
            try await ledger.change { try $0.insert(Samples.project(1)) }
            try Self.emptyLog(of: ledger)
            let disk = try Self.replace(folder.file("offload.sqlite-wal"), by: "/dev/full")
            let error = await #expect(throws: OffloadError.self) {
                try await ledger.change { try $0.insert(Samples.project(2)) }
            }
            #expect(error?.kind == .device)
            #expect(error?.message.contains("disk is full") == true, "\(error?.message ?? "")")
            disk.restore()
            try await ledger.change { try $0.insert(Samples.project(3)) }
            #expect(try await ledger.read { try $0.projects() } == [Samples.project(1), Samples.project(3)])
            try ledger.close()
        }
    }

    @Test func afterAFailedWriteNothingIsTakenAnyMore() async throws {
        try await TemporaryFolder.with { folder in
            let ledger = try SQLiteLedger.open(folder: folder.path)
            try await ledger.change { try $0.insert(Samples.project(1)) }
            try Self.emptyLog(of: ledger)
            // A descriptor that cannot be written to: every write is an input/output error.
            let disk = try Self.replace(folder.file("offload.sqlite-wal"), by: "/dev/null", flags: O_RDONLY)
            let first = await #expect(throws: OffloadError.self) {
                try await ledger.change { try $0.insert(Samples.project(2)) }
            }
            #expect(first?.kind == .device)
            // The disk is well again, but what it holds is not known.
            disk.restore()
            let second = await #expect(throws: OffloadError.self) {
                try await ledger.change { try $0.insert(Samples.project(2)) }
            }
            #expect(second == first)
            try ledger.close()
            let reopened = try SQLiteLedger.open(folder: folder.path)
            try await reopened.change { try $0.insert(Samples.project(3)) }
            #expect(try await reopened.read { try $0.project(Samples.project(1).id) } == Samples.project(1))
            try reopened.close()
        }
    }

    /// What stands in for the log cannot give back what was written to it, so nothing may have to be read from it.
    private static func emptyLog(of ledger: SQLiteLedger) throws {
        _ = try ledger.withWriter { database in try database.checkpoint(.truncate) }
    }

    private struct Replacement {
        let descriptors: [(open: Int32, kept: Int32)]

        /// To be called once.
        func restore() {
            for (open, kept) in descriptors {
                dup2(kept, open)
                close(kept)
            }
        }
    }

    private static func replace(_ path: String, by other: String, flags: Int32 = O_RDWR) throws -> Replacement {
        let numbers = (0..<1_024 as Range<Int32>).filter { number in
            path == (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/fd/\(number)"))
        }
        let descriptors = numbers.map { (open: $0, kept: dup($0)) }
        try #require(!descriptors.isEmpty, "nobody has \(path) open")
        let replacement = open(other, flags)
        try #require(replacement >= 0)
        for (number, _) in descriptors { dup2(replacement, number) }
        close(replacement)
        return Replacement(descriptors: descriptors)
    }
}
#endif
