/// Brings the files that work in projects without git starts from to the devices where it is done: first a list of them, then
/// the contents that are not there yet.
package protocol FolderTransfer: Sendable {
    /// Source: writes a list of everything that the project's folder has now.
    /// - Throws: `OffloadError` of kind `unprocessable` when the folder can't be read.
    func list(_ project: Project) async throws -> any BasePack

    /// Source: the contents with these digests, as far as the folder still has them since the last list was made.
    /// - Parameter write: called with each piece, in order.
    func send(
        _ digests: [String], of project: Project, to write: @Sendable ([UInt8]) async throws -> Void
    ) async throws

    /// Target: keeps everything on which an attempt starts. What has come stays when it is broken off, so that the next call
    /// goes on from there. Nothing of what comes is believed before it was looked at.
    /// - Parameters:
    ///   - list: asks the source for its list and gives it piece by piece.
    ///   - contents: asks the source for the contents with these digests and gives what comes.
    /// - Throws: `OffloadError` of kind `unprocessable` or `tooLarge` when these can't be the files of a project,
    ///   `conflict` when they change faster than they are brought over, or what the closures throw.
    func adopt(
        _ key: AttemptKey, of project: Project,
        list: @Sendable (_ take: @Sendable ([UInt8]) throws -> Void) async throws -> Void,
        contents: @Sendable (_ digests: [String], _ take: @Sendable ([UInt8]) throws -> Void) async throws -> Void
    ) async throws

    /// Target: the attempt will not start (any more).
    func forget(_ key: AttemptKey) async
}

/// How much the files of a project without git may be on their way between devices.
package enum FolderLimits {
    package static let entries = 100_000
    /// Bytes of one file.
    package static let file: Int64 = 1 << 30
    /// Bytes of all files.
    package static let total: Int64 = 16 << 30
    /// Bytes of the list.
    package static let list: Int64 = 64 << 20
    /// The most contents that are asked for at once, and the most bytes when it is more than one.
    package static let (digestsAtOnce, bytesAtOnce) = (1_000, Int64(256) << 20)
}
