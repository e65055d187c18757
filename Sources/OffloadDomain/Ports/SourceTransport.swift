/// How a target reaches the devices that give it work. Every connection is opened by the target.
///
/// All of it throws `OffloadError`: `unauthorized` when the source does not know the pair (any more), `forbidden` when whoever
/// answers is not the source or the code is wrong, `conflict` when the source says so, `unprocessable` when it cannot be reached
/// or the answer is not understood. Cancelling the calling task ends a call.
package protocol SourceTransport: Sendable {
    /// Proves the code to the source at `address` and learns who it is. Nothing is stored on either side that authenticates
    /// anything before `confirmStored`.
    func join(_ address: PeerAddress, with code: PairingCode, as introduction: JoinIntroduction) async throws -> Joined

    /// Calls `body` with a connection to the source of the pair; it is closed when `body` is done.
    func connect(
        to pair: JoinedPair, at address: PeerAddress, _ body: @Sendable (any SourceConnection) async throws -> Void
    ) async throws
}

/// A way to one source that shows the certificate it was paired with.
package protocol SourceConnection: Sendable {
    /// Tells the source that this half of the pair is stored. Doing it again changes nothing.
    func confirmStored() async throws

    /// - Parameter keys: the attempts that have not ended here.
    /// - Returns: what the source wants of them.
    func heartbeat(_ heartbeat: Presence.Heartbeat, holding keys: [AttemptKey]) async throws -> AttemptWishes

    /// Claims at most so many tasks. What was claimed before and is not acknowledged comes again.
    func pull(slots: Int) async throws -> [Offer]

    /// Sends reports, in order. They may have been sent before.
    /// - Returns: what the source says to each.
    func report(_ messages: [OutboxMessage]) async throws -> [Acknowledgement]

    /// Sends a part of a log.
    /// - Returns: where the next part is to begin.
    /// - Throws: `OffloadError` of kind `stale` when the source wants nothing of that attempt.
    func send(_ part: LogShipment) async throws -> Int64

    /// Says what the result of an attempt is, before any of it is sent.
    /// - Throws: `OffloadError` of kind `conflict` when the source has to be told something else first, `stale` when it wants
    ///   nothing of that attempt.
    func announce(_ announcement: ResultAnnouncement, of idea: IdeaID) async throws -> ResultReceipt

    /// Sends a part of an announced result. The answer to the last one comes when the source has taken all of it over.
    func send(_ part: [UInt8], at offset: Int64, of key: AttemptKey) async throws -> ResultReceipt

    /// Asks for what an attempt starts from: the bundle of its commit, or without git the list of the project's files.
    /// - Parameters:
    ///   - known: commits that are here.
    ///   - take: called with each piece, in order.
    func base(
        of key: AttemptKey, known: [CommitHash], _ take: @Sendable ([UInt8]) throws -> Void
    ) async throws

    /// Asks for contents of files on which an attempt starts, without git.
    /// - Parameter take: called with each piece, in order.
    func files(
        _ digests: [String], of key: AttemptKey, _ take: @Sendable ([UInt8]) throws -> Void
    ) async throws

    /// Calls `body` with what the source tells, until the source ends the stream, nothing is heard for longer than
    /// `Presence.patience`, or `body` throws.
    func follow(_ body: @Sendable (SourceNotice) async throws -> Void) async throws

    /// Ends the pair on the source too.
    func disconnect() async throws
}

/// What a target says about itself while it joins.
package struct JoinIntroduction: Sendable, Equatable {
    package let deviceID: DeviceID
    package let deviceName: String
    /// Where the project lies here; shown to people on the source.
    package let projectPath: String

    package init(deviceID: DeviceID, deviceName: String, projectPath: String) {
        self.deviceID = deviceID
        self.deviceName = deviceName
        self.projectPath = projectPath
    }
}

/// What both sides agreed on.
package struct Joined: Sendable, Equatable {
    package let pairID: PairID
    package let key: PairKey
    package let sourceDeviceID: DeviceID
    package let sourceName: String
    package let sourceProject: String
    /// SHA-256 of the certificate that the source showed on this connection.
    package let fingerprint: String
    package let checkWords: [String]

    package init(
        pairID: PairID, key: PairKey, sourceDeviceID: DeviceID, sourceName: String, sourceProject: String,
        fingerprint: String, checkWords: [String]
    ) {
        self.pairID = pairID
        self.key = key
        self.sourceDeviceID = sourceDeviceID
        self.sourceName = sourceName
        self.sourceProject = sourceProject
        self.fingerprint = fingerprint
        self.checkWords = checkWords
    }
}

/// What a source tells a target on its stream.
package enum SourceNotice: Sendable, Equatable {
    case connected
    case quiet
    /// There is something to pull.
    case work
    /// A person cancelled the task.
    case cancel(AttemptKey)
    /// The pair was ended by the source.
    case revoked
}
