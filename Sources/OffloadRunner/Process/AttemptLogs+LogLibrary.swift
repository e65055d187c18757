package import OffloadDomain

extension AttemptLogs: LogLibrary {
    package func read(_ key: AttemptKey, from offset: Int64, limit: Int) async throws -> LogPart {
        let slice = try reader(.log, of: key).read(from: offset, limit: limit)
        return LogPart(
            bytes: slice.bytes, offset: slice.nextOffset - Int64(slice.bytes.count), total: slice.total)
    }

    package func append(_ bytes: [UInt8], at offset: Int64, to key: AttemptKey) async throws -> Int64 {
        // Most short tasks write nothing; no file is made for that.
        guard !bytes.isEmpty else { return offset }
        do {
            return try copy(of: key).append(bytes, at: offset)
        } catch {
            throw OffloadError(.device, "the log of \(key) can't be written: \(error)")
        }
    }

    package func growth(of key: AttemptKey) -> AsyncStream<Void> { growth(.log, of: key) }
}
