import Foundation
import OffloadDomain
import Synchronization
import Testing

@testable import OffloadRunner

extension ProcessSuites {
    @Suite(.serialized) struct ProcessFloodTests {
        /// In bytes.
        private static func residentMemory() -> Int {
            let text = (try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8)) ?? ""
            return (text.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0) * sysconfPageSize
        }

        private static let sysconfPageSize = Int(sysconf(Int32(_SC_PAGESIZE)))

        @Test func oneLineOfAGigabyte() async throws {
            let folder = try ProcessWorld.newFolder()
            let log = CappedLog(folder: folder, name: "log")
            let splitter = Mutex(LineSplitter())
            let lines = Mutex<[(count: Int, isCut: Bool)]>([])
            let peak = Atomic(0)
            let before = Self.residentMemory()
            let session = ProcessSession(
                ProcessWorld.shell("head -c 1G /dev/zero; echo; echo end"), for: ProcessWorld.newAttempt(),
                keeper: ProcessWorld.keeper)
            let turns = Atomic(0)
            let exit = try await session.run(stop: AsyncStream { _ in }) { _, piece in
                log.append(piece)
                splitter.withLock {
                    $0.push(piece) { line in lines.withLock { $0.append((line.bytes.count, line.isCut)) } }
                }
                if turns.add(1, ordering: .relaxed).newValue % 1_000 == 0 {
                    peak.max(Self.residentMemory(), ordering: .relaxed)
                }
            }
            #expect(exit.status == .exited(0))
            #expect(lines.withLock { $0.map(\.count) } == [1 << 20, 3])
            #expect(lines.withLock { $0.map(\.isCut) } == [true, false])
            let slice = try LogReader(folder: folder, name: "log").read(from: -4, limit: 100)
            #expect(String(decoding: slice.bytes, as: UTF8.self) == "end\n")
            #expect(slice.total == 1 << 30 + 5)
            #expect(peak.load(ordering: .relaxed) > 0)
            #expect(peak.load(ordering: .relaxed) - before < 64 << 20)
            try FileManager.default.removeItem(atPath: folder)
        }
    }
}
