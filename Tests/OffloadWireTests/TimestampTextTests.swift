import OffloadDomain
import OffloadWire
import Testing

@Suite struct TimestampTextTests {
    @Test(arguments: [
        (0, "1970-01-01T00:00:00.000Z"), (1, "1970-01-01T00:00:00.001Z"), (951_782_400_000, "2000-02-29T00:00:00.000Z"),
        (951_868_799_999, "2000-02-29T23:59:59.999Z"), (951_868_800_000, "2000-03-01T00:00:00.000Z"),
        (1_735_689_599_042, "2024-12-31T23:59:59.042Z"), (4_107_542_400_000, "2100-03-01T00:00:00.000Z"),
        (253_402_300_799_999, "9999-12-31T23:59:59.999Z"),
    ])
    func goesThereAndBack(_ milliseconds: Int64, _ text: String) {
        #expect(Timestamp(milliseconds: milliseconds).iso8601 == text)
        #expect(Timestamp(iso8601: text) == Timestamp(milliseconds: milliseconds))
    }

    /// The example of RFC 9110, the epoch, and a leap day.
    @Test(arguments: [
        (784_111_777_000, "Sun, 06 Nov 1994 08:49:37 GMT"), (0, "Thu, 01 Jan 1970 00:00:00 GMT"),
        (1_709_251_199_999, "Thu, 29 Feb 2024 23:59:59 GMT"), (-1, "Thu, 01 Jan 1970 00:00:00 GMT"),
    ])
    func saysTheDateAsHeadersDo(_ milliseconds: Int64, _ text: String) {
        #expect(Timestamp(milliseconds: milliseconds).httpDate == text)
    }

    /// Every day of 400 years, after which the calendar repeats, by its rules told a second time.
    @Test func countsEveryDay() {
        var (year, month, day) = (1970, 1, 1)
        var milliseconds: Int64 = 0
        while year < 2370 {
            let time = Timestamp(milliseconds: milliseconds)
            let expected = "\(year)-\(pad(month))-\(pad(day))T00:00:00.000Z"
            guard time.iso8601 == expected, Timestamp(iso8601: expected) == time else {
                Issue.record("\(milliseconds) is \(time.iso8601), not \(expected)")
                return
            }
            let isLeap = year.isMultiple(of: 4) && (!year.isMultiple(of: 100) || year.isMultiple(of: 400))
            let lengths = [31, isLeap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
            day += 1
            if day > lengths[month - 1] { (month, day) = (month + 1, 1) }
            if month > 12 { (year, month) = (year + 1, 1) }
            milliseconds += 86_400_000
        }
        #expect(milliseconds == 146_097 * 86_400_000)
    }

    @Test func showsTheNearestTimeWithFourDigitsOfYear() {
        #expect(Timestamp(milliseconds: -1).iso8601 == "1970-01-01T00:00:00.000Z")
        #expect(Timestamp(milliseconds: .min).iso8601 == "1970-01-01T00:00:00.000Z")
        #expect(Timestamp(milliseconds: .max).iso8601 == "9999-12-31T23:59:59.999Z")
    }

    @Test(arguments: [
        "", "2024-01-01", "2024-01-01T00:00:00Z", "2024-01-01T00:00:00.000", "2024-01-01T00:00:00.000z",
        "2024-01-01 00:00:00.000Z", "2024-13-01T00:00:00.000Z", "2024-00-01T00:00:00.000Z", "2023-02-29T00:00:00.000Z",
        "2024-01-32T00:00:00.000Z", "2024-01-00T00:00:00.000Z", "2024-01-01T24:00:00.000Z", "2024-01-01T00:60:00.000Z",
        "2024-01-01T00:00:60.000Z", "1969-12-31T23:59:59.999Z", "2024-01-01T00:00:00.000+0", "+024-01-01T00:00:00.000Z",
        "2024-01-01T00:00:00.٠٠٠Z", "2024-01-01T00:00:00.000Z ",
    ])
    func refusesEveryOtherText(_ text: String) {
        #expect(Timestamp(iso8601: text) == nil)
    }

    private func pad(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
}
