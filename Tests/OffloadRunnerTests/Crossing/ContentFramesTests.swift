import OffloadCrypto
import OffloadDomain
import Testing

@testable import OffloadRunner

@Suite struct ContentFramesTests {
    private static let contents = ["", "one\n", "content \(String(repeating: "a", count: 64)) 3\n", "\n\n"]

    private static func stream(_ contents: [String] = contents) -> [UInt8] {
        contents.flatMap { text in
            ContentFrames.line(ContentDigest.hex(of: text.utf8), size: Int64(text.utf8.count)) + Array(text.utf8)
        }
    }

    /// - Returns: what was read, when it comes in pieces of so many bytes.
    private static func read(_ stream: [UInt8], pieces: Int) throws -> [String] {
        var (reader, texts) = (ContentFrameReader(), [[UInt8]]())
        var rest = stream[...]
        while !rest.isEmpty {
            try reader.take(Array(rest.prefix(pieces))) { part in
                switch part {
                case .begins: texts.append([])
                case .bytes(let bytes): texts[texts.count - 1] += bytes
                case .ends: break
                }
            }
            rest = rest.dropFirst(pieces)
        }
        try reader.finish()
        return texts.map { String(decoding: $0, as: UTF8.self) }
    }

    @Test(arguments: [1, 2, 3, 7, 64, 75, 76, 1_000]) func piecesOfAnySizeAreTheSame(_ size: Int) throws {
        #expect(try Self.read(Self.stream(), pieces: size) == Self.contents)
    }

    @Test func whatIsCutOffIsNoticedWhereverItIs() throws {
        let whole = Self.stream(["one\n"])
        for length in 1..<whole.count {
            let error = #expect(throws: OffloadError.self) { try Self.read(Array(whole.prefix(length)), pieces: 10) }
            #expect(error?.kind == .device)
        }
    }

    @Test(arguments: [
        "hello\n", "content\n", "content abc 3\n", "content \(String(repeating: "A", count: 64)) 3\n",
        "content \(String(repeating: "a", count: 64)) -1\n", "content \(String(repeating: "a", count: 64)) +1\n",
        "content \(String(repeating: "a", count: 64)) 01\n", "content  \(String(repeating: "a", count: 64)) 1\n",
        "content \(String(repeating: "a", count: 64)) 99999999999999999999\n", String(repeating: "x", count: 200),
    ]) func whatIsNoFrameIsRefused(_ text: String) throws {
        let error = #expect(throws: OffloadError.self) { try Self.read(Array(text.utf8), pieces: 5) }
        #expect(error?.kind == .unprocessable)
    }
}

extension ProcessSuites {
    @Suite struct ContentIntakeTests {
        private static func digest(_ text: String) -> String { ContentDigest.hex(of: text.utf8) }

        private static func frame(_ text: String, as digest: String? = nil) -> [UInt8] {
            ContentFrames.line(digest ?? Self.digest(text), size: Int64(text.utf8.count)) + Array(text.utf8)
        }

        @Test func onlyWhatIsWholeAndTrueIsKept() throws {
            let folder = try ProcessWorld.newFolder()
            let (one, two, three) = (Self.digest("one"), Self.digest("two"), Self.digest("three"))
            let intake = ContentIntake(folder: folder, wanted: [one: 3, two: 3, three: 4])
            try intake.take(Self.frame("one") + Self.frame("owt", as: two) + Self.frame("three"))
            #expect(try intake.finish() == [one], "one has other bytes than it says, one has another size")
            #expect(FileSystem.names(in: folder).filter(ContentDigestText.isOne) == [one])
            #expect(FileSystem.read("\(folder)/\(one)") == Array("one".utf8))
        }

        @Test func whatNobodyAskedForIsRefused() throws {
            let folder = try ProcessWorld.newFolder()
            let intake = ContentIntake(folder: folder, wanted: [Self.digest("one"): nil])
            try intake.take(Self.frame("one"))
            for again in ["one", "two"] {
                let error = #expect(throws: OffloadError.self) { try intake.take(Self.frame(again)) }
                #expect(error?.kind == .unprocessable)
            }
        }

        @Test func moreThanTheLimitIsNotTaken() throws {
            let folder = try ProcessWorld.newFolder()
            let (one, two) = (Self.digest("one"), Self.digest("two"))
            let intake = ContentIntake(folder: folder, wanted: [one: nil, two: nil], limit: 5)
            try intake.take(Self.frame("one"))
            let error = #expect(throws: OffloadError.self) { try intake.take(Self.frame("two")) }
            #expect(error?.kind == .tooLarge)
        }
    }
}
