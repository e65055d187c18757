package import OffloadDomain

/// Times as they stand on the wire: `2026-11-23T08:15:30.042Z`, always UTC, always milliseconds.
///
/// Plain arithmetic on the proleptic Gregorian calendar: no time zone, no locale and no formatter can change a byte of
/// it.
extension Timestamp {
    /// The time as text; what lies before 1970 or after 9999 is shown as the nearest time that has four digits of year.
    package var iso8601: String {
        let clamped = min(max(milliseconds, 0), Calendar.lastMillisecond)
        let (days, rest) = clamped.quotientAndRemainder(dividingBy: Calendar.millisecondsPerDay)
        let date = Calendar.date(ofDay: days)
        var text = ""
        text.reserveCapacity(24)
        text.append(date.year, digits: 4)
        text.append("-")
        text.append(date.month, digits: 2)
        text.append("-")
        text.append(date.day, digits: 2)
        text.append("T")
        text.append(rest / 3_600_000, digits: 2)
        text.append(":")
        text.append(rest / 60_000 % 60, digits: 2)
        text.append(":")
        text.append(rest / 1_000 % 60, digits: 2)
        text.append(".")
        text.append(rest % 1_000, digits: 3)
        text.append("Z")
        return text
    }

    /// The time as HTTP's `Date` header says it (the IMF-fixdate of RFC 9110, 5.6.7): `Mon, 23 Nov 2026 08:15:30 GMT`. Clamped
    /// like `iso8601`.
    package var httpDate: String {
        let clamped = min(max(milliseconds, 0), Calendar.lastMillisecond)
        let (days, rest) = clamped.quotientAndRemainder(dividingBy: Calendar.millisecondsPerDay)
        let date = Calendar.date(ofDay: days)
        // The first of January 1970 was a Thursday.
        var text = "\(Calendar.weekdays[Int((days + 3) % 7)]), "
        text.append(date.day, digits: 2)
        text.append(" \(Calendar.months[Int(date.month - 1)]) ")
        text.append(date.year, digits: 4)
        text.append(" ")
        text.append(rest / 3_600_000, digits: 2)
        text.append(":")
        text.append(rest / 60_000 % 60, digits: 2)
        text.append(":")
        text.append(rest / 1_000 % 60, digits: 2)
        text.append(" GMT")
        return text
    }

    /// Reads exactly what `iso8601` writes; nil for every other text.
    package init?(iso8601 text: String) {
        let bytes = Array(text.utf8)
        let shape = Array("dddd-dd-ddTdd:dd:dd.dddZ".utf8)
        guard bytes.count == shape.count else { return nil }
        for (byte, expected) in zip(bytes, shape) {
            let fits = expected == UInt8(ascii: "d") ? Calendar.digits.contains(byte) : byte == expected
            guard fits else { return nil }
        }
        func number(_ range: Range<Int>) -> Int64 {
            bytes[range].reduce(0) { $0 * 10 + Int64($1 - UInt8(ascii: "0")) }
        }
        let (year, month, day) = (number(0..<4), number(5..<7), number(8..<10))
        let (hour, minute, second) = (number(11..<13), number(14..<16), number(17..<19))
        guard year >= 1970, (1...12).contains(month), hour < 24, minute < 60, second < 60 else { return nil }
        let days = Calendar.day(year: year, month: month, day: day)
        // A day that its month does not have comes back as another date.
        guard Calendar.date(ofDay: days) == (year, month, day) else { return nil }
        let seconds = ((days * 24 + hour) * 60 + minute) * 60 + second
        self.init(milliseconds: seconds * 1_000 + number(20..<23))
    }
}

/// Days since 1970-01-01 and dates. Years are taken to begin in March, so that the leap day is the last of its year and
/// month lengths follow one linear rule; eras of 400 years repeat exactly.
private enum Calendar {
    static let millisecondsPerDay: Int64 = 86_400_000
    static let lastMillisecond = (day(year: 9999, month: 12, day: 31) + 1) * millisecondsPerDay - 1
    static let weekdays = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]
    static let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
    static let digits = UInt8(ascii: "0")...UInt8(ascii: "9")

    private static let daysPerEra: Int64 = 146_097
    private static let daysFromEraToEpoch: Int64 = 719_468

    static func day(year: Int64, month: Int64, day: Int64) -> Int64 {
        let shifted = month > 2 ? year : year - 1
        let (era, yearOfEra) = shifted.quotientAndRemainder(dividingBy: 400)
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
        return era * daysPerEra + dayOfEra - daysFromEraToEpoch
    }

    static func date(ofDay day: Int64) -> (year: Int64, month: Int64, day: Int64) {
        let (era, dayOfEra) = (day + daysFromEraToEpoch).quotientAndRemainder(dividingBy: daysPerEra)
        let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
        let year = era * 400 + yearOfEra + (month <= 2 ? 1 : 0)
        return (year, month, dayOfYear - (153 * shiftedMonth + 2) / 5 + 1)
    }
}

extension String {
    fileprivate mutating func append(_ number: Int64, digits: Int) {
        let text = String(number)
        append(String(repeating: "0", count: max(0, digits - text.utf8.count)))
        append(text)
    }
}
