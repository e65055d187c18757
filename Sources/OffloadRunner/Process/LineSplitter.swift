#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#elseif canImport(Darwin)
internal import Darwin
#endif

/// Cuts a stream of bytes into lines with bounded memory.
///
/// Lines end with `\n` or `\r\n`; the last one needs no end. What a line has beyond the limit is dropped and the line
/// flagged.
package struct LineSplitter: Sendable {
    /// One line without its end.
    package struct Line {
        /// Valid during the call that hands it over only.
        package let bytes: UnsafeRawBufferPointer
        /// The line was longer than the limit: this is its beginning.
        package let isCut: Bool

        /// The line as text; what is not UTF-8 is shown as replacement characters.
        package var text: String {
            var bytes = bytes[...]
            if isCut { bytes = bytes.droppingPartialCharacter() }
            return String(decoding: bytes, as: UTF8.self)
        }
    }

    package static let standardLimit = 1 << 20

    private let limit: Int
    private var pending: [UInt8] = []
    private var isCut = false
    /// Nothing of the current line has come yet.
    private var isEmpty = true

    /// - Parameter limit: the most bytes of a line that are kept.
    package init(limit: Int = standardLimit) {
        self.limit = limit
    }

    /// Takes the next piece and hands over the lines that it completes, in order.
    package mutating func push(_ piece: UnsafeRawBufferPointer, _ receive: (Line) -> Void) {
        var rest = piece
        while let start = rest.baseAddress, let end = memchr(start, Int32(UInt8(ascii: "\n")), rest.count) {
            let length = start.distance(to: UnsafeRawPointer(end))
            let part = UnsafeRawBufferPointer(start: start, count: length)
            if isEmpty, part.count <= limit {
                emit(part, receive)
            } else {
                keep(part)
                emitPending(receive)
            }
            rest = UnsafeRawBufferPointer(start: start + length + 1, count: rest.count - length - 1)
        }
        if !rest.isEmpty { keep(rest) }
    }

    /// Hands over the last line if it had no end.
    package mutating func finish(_ receive: (Line) -> Void) {
        if !isEmpty { emitPending(receive) }
    }

    private mutating func keep(_ part: UnsafeRawBufferPointer) {
        isEmpty = false
        let room = limit - pending.count
        if part.count > room { isCut = true }
        pending.append(contentsOf: UnsafeRawBufferPointer(start: part.baseAddress, count: min(part.count, room)))
    }

    private mutating func emitPending(_ receive: (Line) -> Void) {
        pending.withUnsafeBytes { emit($0, receive) }
        // One long line must not hold its memory for the rest of the run.
        pending.removeAll(keepingCapacity: pending.count <= 65_536)
        isCut = false
        isEmpty = true
    }

    private func emit(_ bytes: UnsafeRawBufferPointer, _ receive: (Line) -> Void) {
        var bytes = bytes
        // In a line that was cut the byte may be a part of it.
        if !isCut, bytes.last == UInt8(ascii: "\r") { bytes = UnsafeRawBufferPointer(rebasing: bytes.dropLast()) }
        receive(Line(bytes: bytes, isCut: isCut))
    }
}

extension Collection where Self: BidirectionalCollection, Element == UInt8, SubSequence == Self {
    /// Without the beginning of a UTF-8 character whose rest was cut off.
    func droppingPartialCharacter() -> Self {
        var length = 0
        for byte in reversed().prefix(4) {
            length += 1
            if byte & 0b1100_0000 == 0b1000_0000 { continue }
            let needed =
                switch byte {
                case 0b1100_0000..<0b1110_0000: 2
                case 0b1110_0000..<0b1111_0000: 3
                case 0b1111_0000...: 4
                default: 1
                }
            return needed > length ? dropLast(length) : self
        }
        return self
    }
}
