import OffloadDomain
import OffloadTesting
import Testing

@Suite struct ClosedSlotsTests {
    @Test func whileTheSlotsAreClosedNothingIsHandedOut() throws {
        var desk = try Desk()
        desk.limits.isOpen = false
        for number in 1...3 { try desk.write(Samples.idea(number)) }
        try desk.take(1)
        #expect(try desk.control(1, .start).started == [])
        #expect(try desk.fill() == [])
        desk.limits.isOpen = true
        let first = try #require(try desk.fill().first)
        try desk.take(2)
        desk.limits.isOpen = false
        #expect(try desk.end(first.key, .interrupted(orderly: true)) == [])
        #expect(try desk.status(first.key.task) == .pending)
    }

    @Test func closedSlotsAreNotEqualToOpenOnes() {
        var slots = ProjectSlots()
        slots.isOpen = false
        #expect(slots != ProjectSlots())
    }
}
