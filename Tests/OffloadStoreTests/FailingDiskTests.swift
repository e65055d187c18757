#if os(Linux)
    import Foundation
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
                // A descriptor that cannot be written to: every write is an input/output error.
                let disk = try Self.replace(folder.file("offload.sqlite-wal"), by: "/dev/null", flags: O_RDONLY)
                for _ in 0..<2 {
                    let error = await #expect(throws: OffloadError.self) {
                        try await ledger.change { try $0.insert(Samples.project(2)) }
                    }
                    #expect(error?.kind == .device)
                    // The second time the disk is well again, but what it holds is not known.
                    disk.restore()
                }
                try ledger.close()
                let reopened = try SQLiteLedger.open(folder: folder.path)
                try await reopened.change { try $0.insert(Samples.project(3)) }
                #expect(try await reopened.read { try $0.project(Samples.project(1).id) } == Samples.project(1))
                try reopened.close()
            }
        }

        private struct Replacement {
            let descriptors: [(open: Int32, kept: Int32)]

            func restore() { for (open, kept) in descriptors { dup2(kept, open) } }
        }

        private static func replace(_ path: String, by other: String, flags: Int32 = O_RDWR) throws -> Replacement {
            var descriptors: [(open: Int32, kept: Int32)] = []
            for number in 0..<1_024 as Range<Int32> {
                let target = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/fd/\(number)")
                guard target == path else { continue }
                descriptors.append((number, dup(number)))
            }
            try #require(!descriptors.isEmpty, "nobody has \(path) open")
            let replacement = open(other, flags)
            try #require(replacement >= 0)
            for (number, _) in descriptors { dup2(replacement, number) }
            close(replacement)
            return Replacement(descriptors: descriptors)
        }
    }
#endif
