import Foundation
import OffloadDomain
import Testing

@testable import OffloadRunner

/// What the log is to be: everything in memory, and the rules in their plainest form.
private struct LogModel {
    let limits: CappedLog.Limits
    var all: [UInt8] = []

    func read(from offset: Int64, limit: Int) -> LogSlice {
        let asked = offset < 0 ? max(0, all.count + Int(offset)) : min(Int(offset), all.count)
        let floor = max(limits.head, all.count - limits.tail)
        let start = asked < limits.head || asked >= floor ? asked : min(floor, all.count)
        let end = start < limits.head ? min(start + limit, min(limits.head, all.count)) : min(start + limit, all.count)
        let bytes = start < end ? Array(all[start..<end]) : []
        return LogSlice(
            bytes: bytes, nextOffset: Int64(start + bytes.count), gap: Int64(start - asked), total: Int64(all.count))
    }
}

/// SplitMix64: the same seed makes the same test.
private struct SeededGenerator: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
        return mixed ^ (mixed >> 31)
    }
}

@Suite struct CappedLogTests {
    private func append(_ bytes: [UInt8], to log: CappedLog) {
        bytes.withUnsafeBytes { log.append($0) }
    }

    @Test(arguments: 0..<60) func behavesLikeItsModel(seed: Int) throws {
        var random = SeededGenerator(state: UInt64(seed))
        let limits = CappedLog.Limits(
            head: .random(in: 0...40, using: &random), tail: .random(in: 1...40, using: &random))
        let folder = try ProcessWorld.newFolder()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        var log = CappedLog(folder: folder, name: "log", limits: limits)
        let reader = LogReader(folder: folder, name: "log")
        var model = LogModel(limits: limits)
        var next: UInt8 = 0
        for _ in 0..<60 {
            switch Int.random(in: 0..<10, using: &random) {
            case 0:
                // The device was killed and goes on: nothing was closed in an orderly way that could have saved
                // anything.
                log = CappedLog(folder: folder, name: "log", limits: limits)
            case 1...6:
                let bytes = (0..<Int.random(in: 0...90, using: &random)).map { _ in
                    next &+= 1; return next
                }
                append(bytes, to: log)
                model.all += bytes
            default: break
            }
            let offset = Int64.random(in: -100...Int64(model.all.count + 20), using: &random)
            let limit = Int.random(in: 0...120, using: &random)
            #expect(
                try reader.read(from: offset, limit: limit) == model.read(from: offset, limit: limit),
                "\(limits) \(offset) \(limit)")
        }
        #expect(log.loss == nil)
    }

    @Test func nothingIsTouchedBeforeTheFirstByte() throws {
        let folder = try ProcessWorld.newFolder() + "/a/b"
        let log = CappedLog(folder: folder, name: "log")
        append([], to: log)
        #expect(!FileManager.default.fileExists(atPath: folder))
        append([1], to: log)
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == ["log"])
    }

    @Test func onlyTheUserMayReadIt() throws {
        let folder = try ProcessWorld.newFolder() + "/a"
        let log = CappedLog(folder: folder, name: "log", limits: .init(head: 1, tail: 1))
        append([1, 2, 3], to: log)
        for (path, mode) in [(folder, 0o700), ("\(folder)/log", 0o600), ("\(folder)/log.tail", 0o600)] {
            let permissions = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
            #expect(permissions == mode, "\(path)")
        }
    }

    @Test func itNeverGrowsBeyondItsLimits() throws {
        let folder = try ProcessWorld.newFolder()
        let log = CappedLog(folder: folder, name: "log", limits: .init(head: 1_000, tail: 2_000))
        for _ in 0..<100 { append(.init(repeating: 7, count: 777), to: log) }
        func size(_ name: String) throws -> Int? {
            try FileManager.default.attributesOfItem(atPath: "\(folder)/\(name)")[.size] as? Int
        }
        #expect(try size("log") == 1_000)
        #expect(try #require(try size("log.tail")) <= 2_064)
        #expect(try LogReader(folder: folder, name: "log").read(from: 0, limit: 0).total == 77_700)
    }

    @Test func aLogThatIsNotThereIsEmpty() throws {
        let slice = try LogReader(folder: "/nowhere", name: "log").read(from: 5, limit: 10)
        #expect(slice == LogSlice(bytes: [], nextOffset: 0, gap: 0, total: 0))
    }

    /// A writer that is killed between telling what it overwrites and telling what is there.
    @Test func aWriterKilledInTheMiddleLeavesNoWrongBytes() throws {
        let folder = try ProcessWorld.newFolder()
        let limits = CappedLog.Limits(head: 4, tail: 10)
        append(Array(0..<20), to: CappedLog(folder: folder, name: "log", limits: limits))
        // As it is on disk after 3 more bytes were announced and written, and before they count: positions 10 to 12
        // are gone.
        let handle = try #require(FileHandle(forUpdatingAtPath: "\(folder)/log.tail"))
        try handle.seek(toOffset: 24)
        try handle.write(contentsOf: Data([13, 0, 0, 0, 0, 0, 0, 0]))
        try handle.seek(toOffset: 64 + (20 - 4) % 10)
        try handle.write(contentsOf: Data([99, 99, 99]))
        try handle.close()

        let reader = LogReader(folder: folder, name: "log")
        #expect(
            try reader.read(from: 4, limit: 100)
                == LogSlice(bytes: Array(13..<20), nextOffset: 20, gap: 9, total: 20))
        append([20, 21], to: CappedLog(folder: folder, name: "log", limits: limits))
        #expect(
            try reader.read(from: 13, limit: 100)
                == LogSlice(bytes: Array(13..<22), nextOffset: 22, gap: 0, total: 22))
    }

    @Test func aTailThatWasNeverBegunProperlyIsNone() throws {
        let folder = try ProcessWorld.newFolder()
        let limits = CappedLog.Limits(head: 4, tail: 10)
        append([1, 2, 3, 4], to: CappedLog(folder: folder, name: "log", limits: limits))
        try Data([1, 2, 3]).write(to: URL(fileURLWithPath: "\(folder)/log.tail"))
        append([5, 6], to: CappedLog(folder: folder, name: "log", limits: limits))
        let slice = try LogReader(folder: folder, name: "log").read(from: 4, limit: 10)
        #expect(slice == LogSlice(bytes: [5, 6], nextOffset: 6, gap: 0, total: 6))
    }

    @Test func aReaderBesideTheWriterSeesOnlyWhatWasWritten() async throws {
        let folder = try ProcessWorld.newFolder()
        let log = CappedLog(folder: folder, name: "log", limits: .init(head: 64, tail: 256))
        // Each byte tells its position, so a wrong one shows itself.
        let writer = Task {
            var position = 0
            for count in 0..<20_000 {
                let length = count % 61
                append((position..<position + length).map { UInt8($0 % 251) }, to: log)
                position += length
            }
            return Int64(position)
        }
        let reader = LogReader(folder: folder, name: "log")
        let total = Task {
            var offset: Int64 = 0
            var seen: Int64 = 0
            var isOver = false
            while true {
                let slice = try reader.read(from: offset, limit: 100)
                let first = slice.nextOffset - Int64(slice.bytes.count)
                for (index, byte) in slice.bytes.enumerated() {
                    #expect(byte == UInt8((first + Int64(index)) % 251))
                }
                seen += Int64(slice.bytes.count) + slice.gap
                offset = slice.nextOffset
                if slice.bytes.isEmpty {
                    if isOver { return seen }
                    if Task.isCancelled { isOver = true }
                    await Task.yield()
                }
            }
        }
        let written = await writer.value
        total.cancel()
        #expect(try await total.value == written)
    }

    @Test func aFullDiskCostsThePieceOnly() throws {
        let log = CappedLog(folder: "/dev/null/nowhere", name: "log")
        append([1, 2, 3], to: log)
        append([4], to: log)
        #expect(log.loss?.bytes == 4)
    }

    // MARK: Who wants to know

    @Test func growthIsTold() async throws {
        let folder = try ProcessWorld.newFolder()
        let logs = AttemptLogs { "\(folder)/\($0.task)" }
        let attempt = ProcessWorld.newAttempt()
        let other = ProcessWorld.newAttempt()
        let growth = logs.growth(.log, of: attempt)
        let follower = Task {
            var offset: Int64 = 0
            var text = ""
            for await _ in growth {
                let slice = try logs.reader(.log, of: attempt).read(from: offset, limit: 1_000)
                offset = slice.nextOffset
                text += String(decoding: slice.bytes, as: UTF8.self)
                if text == "one two" { logs.finish(attempt) }
            }
            return text
        }
        logs.writer(.log, of: other).append("elsewhere")
        let log = logs.writer(.log, of: attempt)
        log.append("one")
        log.append(" two")
        #expect(try await follower.value == "one two")
    }
}

/// Logs that are written elsewhere and come in parts.
@Suite struct CopiedLogTests {
    private static func with(_ body: (CappedLog, LogReader) throws -> Void) throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("copied-\(UUID().uuidString)").path
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try body(
            CappedLog(folder: folder, name: "log", limits: .init(head: 10, tail: 10)),
            LogReader(folder: folder, name: "log"))
    }

    @Test func partsThatComeAgainAreThereOnce() throws {
        try Self.with { (log, reader) throws in
            #expect(try log.append(Array("abc".utf8), at: 0) == 3)
            #expect(try log.append(Array("abcde".utf8), at: 0) == 5)
            #expect(try log.append(Array("cd".utf8), at: 2) == 5)
            #expect(try reader.read(from: 0, limit: 99).bytes == Array("abcde".utf8))
        }
    }

    @Test func whatIsMissingCountsAsNotKept() throws {
        try Self.with { (log, reader) throws in
            #expect(try log.append(Array("abc".utf8), at: 0) == 3)
            #expect(try log.append(Array("xyz".utf8), at: 100) == 103)
            #expect(try log.append(Array("!".utf8), at: 103) == 104)
            let slice = try reader.read(from: 3, limit: 99)
            #expect(slice.bytes == Array("xyz!".utf8) && slice.gap == 97 && slice.total == 104)
            #expect(try log.append(Array("end".utf8), at: 1_000_000) == 1_000_003)
            #expect(try reader.read(from: 104, limit: 99).bytes == Array("end".utf8))
            #expect(try reader.read(from: 0, limit: 99).bytes == Array("abc".utf8))
        }
    }
}
