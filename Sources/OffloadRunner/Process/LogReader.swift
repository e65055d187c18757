#if canImport(System)
internal import System
#else
internal import SystemPackage
#endif

/// A piece of a log.
package struct LogSlice: Sendable, Equatable {
    package var bytes: [UInt8]
    /// Where to go on reading.
    package var nextOffset: Int64
    /// How many bytes between the asked position and the first one here are not kept any more.
    package var gap: Int64
    /// How many bytes were ever written.
    package var total: Int64
}

/// Reads a log, also while it is written, also after the device was restarted.
package struct LogReader: Sendable {
    private let place: LogPlace

    package init(folder: String, name: String) {
        place = LogPlace(folder: folder, name: name)
    }

    /// Reads up to `limit` bytes from a position on. What is not kept any more is skipped and told as a gap. Blocks
    /// for as long as the disk takes.
    ///
    /// - Parameter offset: counted over everything that was ever written; negative means from the end.
    /// - Returns: no bytes at the end of the log, or when there is no log.
    /// - Throws: `Errno` when the files cannot be read.
    package func read(from offset: Int64, limit: Int) throws -> LogSlice {
        let head = try place.openHead()
        defer { try? head?.close() }
        let tail = try place.openTail(.readOnly)
        defer { try? tail?.close() }
        var extent = try LogExtent(head: head, tail: tail)
        let asked = offset < 0 ? max(extent.total + offset, 0) : min(offset, extent.total)
        if asked < extent.headSize {
            let count = min(max(limit, 0), Int(extent.headSize - asked))
            let bytes = try head?.bytes(at: asked, count: count) ?? []
            return LogSlice(bytes: bytes, nextOffset: asked + Int64(bytes.count), gap: 0, total: extent.total)
        }
        guard let tail, extent.hasTail else {
            return LogSlice(bytes: [], nextOffset: asked, gap: 0, total: extent.total)
        }
        while true {
            let start = max(asked, extent.floor)
            let count = min(max(limit, 0), Int(extent.total - start))
            var bytes: [UInt8] = []
            try extent.forEachSegment(from: start, count: count) { place, range in
                bytes += try tail.bytes(at: place, count: range.count)
            }
            // The writer may have come round while we read.
            let now = try LogExtent(head: head, tail: tail)
            let overwritten = max(now.floor - start, 0)
            if overwritten < Int64(bytes.count) || bytes.isEmpty {
                bytes.removeFirst(min(Int(overwritten), bytes.count))
                let first = bytes.isEmpty ? start : start + overwritten
                return LogSlice(
                    bytes: bytes, nextOffset: first + Int64(bytes.count), gap: first - asked, total: now.total)
            }
            extent = now
        }
    }
}

extension FileDescriptor {
    fileprivate func bytes(at offset: Int64, count: Int) throws -> [UInt8] {
        try [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
            while filled < count {
                let rest = UnsafeMutableRawBufferPointer(
                    rebasing: UnsafeMutableRawBufferPointer(buffer)[filled..<count])
                let read = try read(fromAbsoluteOffset: offset + Int64(filled), into: rest)
                if read == 0 { break }
                filled += read
            }
        }
    }
}
