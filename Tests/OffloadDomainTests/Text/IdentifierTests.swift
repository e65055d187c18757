import OffloadDomain
import OffloadTesting
import Testing

@Suite struct IdentifierTests {
    @Test(arguments: ["t", "t-1", "0", "a-b-c", "t-0123456789ab", String(repeating: "z", count: 64), "a-"])
    func isTaken(_ text: String) throws {
        let id = try TaskID(parsing: text)
        #expect(id.rawValue == text)
        #expect(id.description == text)
        #expect(TaskID(rawValue: text) == id)
    }

    @Test(arguments: [
        "", "-", "-a", "T-1", "t_1", "t.1", "t 1", " t", "t\n", "t/1", "../t", "t\0", "ü", "t\u{301}", "\u{FF11}",
        String(repeating: "z", count: 65), "t;drop",
    ])
    func isRefused(_ text: String) {
        #expect(TaskID(rawValue: text) == nil)
        let error = #expect(throws: OffloadError.self) { try TaskID(parsing: text) }
        #expect(error?.kind == .invalidRequest)
        #expect(error?.message.hasPrefix("task id: ") == true)
    }

    @Test func saysWhatItNames() {
        #expect(
            [ProjectID.prefix, IdeaID.prefix, RequirementID.prefix, TaskID.prefix, DeviceID.prefix] == [
                "p", "i", "r", "t", "d",
            ])
        #expect(
            [ProjectID.noun, IdeaID.noun, RequirementID.noun, TaskID.noun, DeviceID.noun]
                == ["project", "idea", "requirement", "task", "device"])
        #expect(OffloadError.missing(IdeaID(unchecked: "i-7")) == OffloadError(.notFound, "there is no idea i-7"))
    }

    /// Five bits for each digit, most significant first: 40 of the time, 40 of chance.
    @Test func isMadeOfTimeAndChance() {
        var zeroes = Fixed(bits: 0)
        #expect(IdeaID(at: Timestamp(milliseconds: 0), from: &zeroes).rawValue == "i-0000000000000000")
        var ones = Fixed(bits: .max)
        #expect(IdeaID(at: Timestamp(milliseconds: -1), from: &ones).rawValue == "i-zzzzzzzzzzzzzzzz")
        #expect(IdeaID(at: Timestamp(milliseconds: 33), from: &zeroes).rawValue == "i-0000001100000000")
        var counted = Fixed(bits: (0..<8).reduce(UInt64(0)) { $0 << 5 | UInt64($1) })
        #expect(IdeaID(at: Timestamp(milliseconds: 0), from: &counted).rawValue == "i-0000000001234567")
    }

    @Test func laterIdsSortBehindEarlierOnes() {
        var dice = SplitMix64(seed: 5)
        let ids = (0..<1_000).map { TaskID(at: Timestamp(milliseconds: 1_790_000_000_000 + $0), from: &dice).rawValue }
        #expect(ids == ids.sorted())
    }

    @Test func whatIsMadeIsTakenBackAndDiffers() throws {
        var dice = SplitMix64(seed: 5)
        var made: Set<TaskID> = []
        for _ in 0..<10_000 {
            let id = TaskID(at: Timestamp(milliseconds: 1), from: &dice)
            #expect(try TaskID(parsing: id.rawValue) == id)
            made.insert(id)
        }
        #expect(made.count == 10_000)
    }

    private struct Fixed: RandomNumberGenerator {
        let bits: UInt64
        mutating func next() -> UInt64 { bits }
    }
}

@Suite struct BatchIDTests {
    @Test(arguments: [("batch1", 1), ("batch4", 4), ("batch10", 10), ("batch64", 64)])
    func isRead(_ text: String, _ number: Int) throws {
        let batch = try BatchID(parsing: text)
        #expect(batch.number == number)
        #expect(batch.description == text)
    }

    @Test(arguments: [
        "", "batch", "batch0", "batch65", "batch01", "batch+1", "batch-1", "batch 1", "Batch1", "batch1 ", "lane1", "1",
        "batch٣", "batch99999999999999999999",
    ])
    func isRefused(_ text: String) {
        let error = #expect(throws: OffloadError.self) { try BatchID(parsing: text) }
        #expect(error?.kind == .invalidRequest)
    }

    @Test func isOrderedByNumber() {
        #expect(Samples.batch(2) < Samples.batch(10))
        #expect(BatchID(number: 0) == nil)
        #expect(BatchID(number: 65) == nil)
    }
}

@Suite struct AttemptNumberTests {
    @Test func countsFromNone() {
        #expect(AttemptNumber.none.value == 0)
        #expect(AttemptNumber.none.next == AttemptNumber(value: 1))
        #expect(AttemptNumber(value: 1) < AttemptNumber(value: 2))
        #expect(!(AttemptNumber(value: 2) < AttemptNumber(value: 2)))
    }

    @Test func keysReadLikePaths() {
        let key = AttemptKey(task: TaskID(unchecked: "t-1"), number: AttemptNumber(value: 3))
        #expect(key.description == "t-1/3")
    }
}
