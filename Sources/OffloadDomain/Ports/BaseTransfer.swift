/// Brings the commits that work starts from to the devices where it is done.
package protocol BaseTransfer: Sendable {
    /// Whether the commit with its history is in this device's own repository of the project, kept safe; it is looked for in
    /// the user's repository too and taken over from there.
    func holds(_ base: CommitHash, of project: Project) async throws -> Bool

    /// Commits that are here, newest first, so that the source need not send what they have in their history.
    func known(of project: Project) async throws -> [CommitHash]

    /// Source: writes a bundle of the commit and its history, as far as `known` does not have it.
    /// - Throws: `OffloadError` of kind `notFound` when the commit is not kept here.
    func pack(_ base: CommitHash, of project: Project, without known: [CommitHash]) async throws -> any BasePack

    /// Target: takes a bundle over. Nothing of it is believed before all of it was looked at: it has to hold exactly the
    /// commit that was asked for, on top of commits that are here, and objects that are whole.
    /// - Parameter fill: gives the bundle piece by piece to the function that it is called with.
    /// - Throws: `OffloadError` of kind `unprocessable` when the bundle is not what was asked for, `tooLarge` beyond the
    ///   limit, or what `fill` throws; nothing was changed then.
    func adopt(
        _ base: CommitHash, of project: Project, known: [CommitHash],
        from fill: (_ take: @Sendable ([UInt8]) throws -> Void) async throws -> Void
    ) async throws
}

/// A bundle that lies ready to be sent.
package protocol BasePack: Sendable {
    var size: Int64 { get }
    /// - Returns: no bytes at the end.
    func read(from offset: Int64, limit: Int) throws -> [UInt8]
    /// Removes it.
    func discard() async
}

/// How much of what is here a target names when it asks for a commit.
package enum BaseLimits {
    package static let known = 32
    /// Bytes of a bundle.
    package static let bundle: Int64 = 16 << 30
}
