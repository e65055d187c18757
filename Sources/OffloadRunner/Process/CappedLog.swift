internal import Synchronization
#if canImport(System)
internal import System
#else
internal import SystemPackage
#endif

/// A log on disk that keeps its beginning and its end and never grows beyond both.
///
/// The beginning is a plain file; what comes after it goes round in a second one. Positions count everything that was
/// ever written. Nothing is touched on disk before the first byte, and everything that `append` took is there after a
/// `kill -9`. A log that an earlier run began is continued. One writer per log.
package final class CappedLog: Sendable {
    package struct Limits: Sendable, Equatable {
        /// Bytes of the beginning that are kept.
        package var head: Int
        /// Bytes of the end that are kept.
        package var tail: Int

        package static let standard = Limits(head: 32 << 20, tail: 32 << 20)

        package init(head: Int, tail: Int) {
            self.head = head
            self.tail = tail
        }
    }

    fileprivate struct Files {
        let head: FileDescriptor
        var tail: FileDescriptor?
        var extent: LogExtent
    }

    private struct State {
        var files: Files?
        var lost: Int64 = 0
        var problem: Errno?
    }

    private let place: LogPlace
    private let limits: Limits
    private let grown: @Sendable () -> Void
    private let state = Mutex(State())

    /// - Parameters:
    ///   - folder: made when it is needed.
    ///   - name: the file's name; the end of a long log goes to `<name>.tail`.
    ///   - grown: called after each piece, on the writer's thread.
    package init(
        folder: String, name: String, limits: Limits = .standard, grown: @escaping @Sendable () -> Void = {}
    ) {
        place = LogPlace(folder: folder, name: name)
        self.limits = limits
        self.grown = grown
    }

    deinit {
        state.withLock { state in
            try? state.files?.head.close()
            try? state.files?.tail?.close()
        }
    }

    /// How many bytes could not be written, as on a full disk, and why.
    package var loss: (bytes: Int64, reason: String)? {
        state.withLock { state in state.problem.map { (state.lost, $0.description) } }
    }

    /// Adds to the log. A disk that takes no more costs the piece, never the run: see `loss`.
    package func append(_ piece: UnsafeRawBufferPointer) {
        guard !piece.isEmpty else { return }
        state.withLock { state in
            var written = 0
            do {
                if state.files == nil { state.files = try open() }
                try state.files?.append(piece, limits, place, &written)
            } catch {
                state.problem = error as? Errno ?? .ioError
                state.lost += Int64(piece.count - written)
            }
        }
        grown()
    }

    /// Adds a part of a log that is written elsewhere: what is here already is passed over, and what is missing before it
    /// counts as not kept.
    /// - Returns: where the next part is to begin.
    /// - Throws: `Errno` when the disk takes no more; where the next part is to begin has not changed then, or a little.
    package func append(_ bytes: [UInt8], at offset: Int64) throws -> Int64 {
        let total = try state.withLock { state in
            if state.files == nil { state.files = try open() }
            let known = state.files?.extent.total ?? 0
            if offset > known { try state.files?.skip(to: offset, limits, place) }
            let news = bytes.dropFirst(Int(max(0, min(known - offset, Int64(bytes.count)))))
            var written = 0
            try Array(news).withUnsafeBytes { try state.files?.append($0, limits, place, &written) }
            return state.files?.extent.total ?? 0
        }
        grown()
        return total
    }

    package func append(_ text: String) {
        var text = text
        text.withUTF8 { append(UnsafeRawBufferPointer($0)) }
    }

    private func open() throws -> Files {
        try place.makeFolder()
        let head = try FileDescriptor.open(
            place.head, .readWrite, options: [.create, .closeOnExec], permissions: .ownerReadWrite)
        do {
            let tail = try place.openTail(.readWrite)
            let extent = try LogExtent(head: head, tail: tail)
            if !extent.hasTail { try tail?.close() }
            return Files(head: head, tail: extent.hasTail ? tail : nil, extent: extent)
        } catch {
            try? head.close()
            throw error
        }
    }
}

extension CappedLog.Files {
    fileprivate mutating func openTail(
        from position: Int64, _ limits: CappedLog.Limits, _ place: LogPlace
    ) throws {
        let file = try FileDescriptor.open(
            place.tail, .readWrite, options: [.create, .truncate, .closeOnExec], permissions: .ownerReadWrite)
        extent = LogExtent(
            headSize: extent.total, capacity: Int64(max(limits.tail, 1)), floor: position, total: position)
        do {
            try extent.save(to: file)
        } catch {
            try? file.close()
            throw error
        }
        tail = file
    }

    /// What lies before `position` and was not written never will be.
    fileprivate mutating func skip(to position: Int64, _ limits: CappedLog.Limits, _ place: LogPlace) throws {
        guard let tail else { return try openTail(from: position, limits, place) }
        (extent.floor, extent.total) = (position, position)
        try extent.saveFloor(to: tail)
        try extent.saveTotal(to: tail)
    }

    /// - Parameter written: how much of the piece counts as written; also when it throws.
    fileprivate mutating func append(
        _ piece: UnsafeRawBufferPointer, _ limits: CappedLog.Limits, _ place: LogPlace, _ written: inout Int
    ) throws {
        if tail == nil {
            while written < piece.count, extent.total < Int64(limits.head) {
                let room = limits.head - Int(extent.total)
                let part = UnsafeRawBufferPointer(rebasing: piece[written...].prefix(room))
                let count = try head.write(toAbsoluteOffset: extent.total, part)
                written += count
                extent.total += Int64(count)
                extent.floor = extent.total
            }
            guard written < piece.count else { return }
            try openTail(from: extent.total, limits, place)
        }
        guard let tail else { return }
        while written < piece.count {
            let part = UnsafeRawBufferPointer(rebasing: piece[written...].prefix(Int(extent.capacity)))
            // Readers, and whoever comes after a crash, learn first what is about to be overwritten, and last what is
            // there.
            let next = extent.total + Int64(part.count)
            if next - extent.capacity > extent.floor {
                extent.floor = next - extent.capacity
                try extent.saveFloor(to: tail)
            }
            try extent.forEachSegment(from: extent.total, count: part.count) { offset, range in
                try tail.writeAll(toAbsoluteOffset: offset, UnsafeRawBufferPointer(rebasing: part[range]))
            }
            extent.total = next
            try extent.saveTotal(to: tail)
            written += part.count
        }
    }
}
