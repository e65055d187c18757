import OffloadDomain

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// A change set as one file on its way between devices: a line with the length of the list, the list, and the contents.
///
/// ```
/// offload-changes <bytes of the list>
/// <changes.json>content <sha256> <bytes>
/// <bytes>…
/// ```
enum ChangeSetFile {
    private static let word = "offload-changes "
    private static let lineLimit = 64

    private static let refusal = OffloadError(
        .unprocessable, "the result was not taken over: what came holds something else than changes of files")

    /// Writes what a change set holds. Blocks.
    static func write(_ changes: StoredChangeSet, to path: String) throws {
        let (list, digests) = try changes.listed()
        let file = try AppendingFile(path: path)
        try file.append(Array("\(word)\(list.count)\n".utf8) + list)
        for (digest, owner) in digests {
            let content = try changes.content(digest, for: owner)
            try file.append(ContentFrames.line(digest, size: content.size))
            try content.forEachPiece { try file.append($0) }
        }
        try file.close()
    }

    /// Reads a file that came whole into an empty folder, as a stored change set. It is not checked by that. Blocks.
    static func read(_ path: String, into folder: String) throws {
        let (list, start) = try list(of: path)
        guard let rows = try? JSONDecoder().decode([ChangeRow].self, from: Data(list)) else { throw refusal }
        try FileSystem.write(list, to: "\(folder)/changes.json")
        let blobs = "\(folder)/blobs"
        try FileSystem.makeEmptyFolder(blobs)
        let wanted = rows.reduce(into: [String: Int64?]()) { wanted, row in
            if let digest = row.sha256 { wanted[digest] = .some(nil) }
        }
        let intake = ContentIntake(folder: blobs, wanted: wanted, limit: ResultAnnouncement.sizeLimit)
        try IncomingResults.forEachPiece(of: path, from: start) { try intake.take($0) }
        do {
            _ = try intake.finish()
        } catch {
            throw refusal
        }
        try FileSystem.flush(blobs)
    }

    private static func list(of path: String) throws -> (bytes: [UInt8], end: Int64) {
        let beginning = try FileSystem.read(path, from: 0, limit: lineLimit)
        guard let end = beginning.firstIndex(of: UInt8(ascii: "\n")) else { throw refusal }
        let line = String(decoding: beginning[..<end], as: UTF8.self)
        guard line.hasPrefix(word), let count = Int(line.dropFirst(word.count)),
            (0...ChangeSetLimits().listBytes).contains(count)
        else { throw refusal }
        var list: [UInt8] = []
        // One read may give less than there is.
        while list.count < count {
            let piece = try FileSystem.read(path, from: Int64(end + 1 + list.count), limit: count - list.count)
            guard !piece.isEmpty else { throw refusal }
            list += piece
        }
        return (list, Int64(end + 1 + count))
    }
}
