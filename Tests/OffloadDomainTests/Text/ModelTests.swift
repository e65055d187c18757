import OffloadDomain
import OffloadTesting
import Testing

@Suite struct CommitHashTests {
    @Test(arguments: [40, 64]) func isTaken(_ digits: Int) throws {
        let hex = String("0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef".prefix(digits))
        let hash = try #require(CommitHash(hex))
        #expect(hash.hex == hex)
        #expect(hash.description == hex)
        #expect(hash.short == "0123456789")
    }

    @Test(arguments: [
        "", "HEAD", "main", String(repeating: "a", count: 39), String(repeating: "a", count: 41),
        String(repeating: "a", count: 63), String(repeating: "A", count: 40), String(repeating: "g", count: 40),
        "-" + String(repeating: "a", count: 39), String(repeating: "a", count: 39) + "\n",
        String(repeating: "ä", count: 20),
    ])
    func isRefused(_ text: String) {
        #expect(CommitHash(text) == nil)
    }
}

@Suite struct PageTests {
    @Test func hasBounds() throws {
        let standard = try Page()
        #expect((standard.limit, standard.offset) == (50, 0))
        for (limit, offset) in [(1, 0), (500, 10_000_000), (50, 1)] {
            let page = try Page(limit: limit, offset: offset)
            #expect((page.limit, page.offset) == (limit, offset))
        }
    }

    @Test(arguments: [(0, 0), (-1, 0), (501, 0), (.max, 0), (1, -1), (1, 10_000_001), (1, .min)])
    func isRefusedBeyondThem(_ limit: Int, _ offset: Int) {
        let error = #expect(throws: OffloadError.self) { try Page(limit: limit, offset: offset) }
        #expect(error?.kind == .invalidRequest)
        #expect(error?.message.hasPrefix(offset == 0 ? "limit: " : "offset: ") == true)
    }
}

@Suite struct ProjectSlotsTests {
    private let first = ProjectID(unchecked: "p-1")
    private let second = ProjectID(unchecked: "p-2")

    @Test func aProjectWithoutALimitIsNeverFull() {
        #expect(ProjectSlots().full([first, first, first]) == [])
    }

    @Test func aProjectIsFullAtItsLimit() {
        var slots = ProjectSlots()
        slots.set(2, for: first)
        slots.set(1, for: second)
        #expect(slots.full([first]) == [])
        #expect(slots.full([first, first]) == [first])
        #expect(slots.full([first, second, first, first]) == [first, second])
    }

    @Test func aProjectWithNoSlotsIsAlwaysFull() {
        var slots = ProjectSlots()
        slots.set(0, for: first)
        #expect(slots.full([]) == [first])
    }

    @Test func theLastWordCounts() {
        var slots = ProjectSlots()
        slots.set(1, for: first)
        slots.set(3, for: first)
        #expect(slots.full([first, first]) == [])
        slots.set(nil, for: first)
        #expect(slots.full([first, first, first]) == [])
        #expect(slots == ProjectSlots())
    }

    @Test func differentLimitsDiffer() {
        var (left, right) = (ProjectSlots(), ProjectSlots())
        left.set(1, for: first)
        #expect(left != right)
        right.set(2, for: first)
        #expect(left != right)
        right.set(1, for: first)
        #expect(left == right)
    }
}
