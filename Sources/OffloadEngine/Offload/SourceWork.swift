package import OffloadDomain

/// What a target does for its sources, beside keeping the connection.
package protocol SourceWork: Sendable {
    /// A person has paired this device with a source.
    func joined(_ pair: JoinedPair) async throws

    /// The attempts of the pair that have not ended here.
    func held(through pair: PairID) async throws -> [AttemptKey]

    /// Does what the source wants of attempts that it was told of.
    func obey(_ wishes: AttemptWishes) async throws

    /// Works for a source while the connection lasts: takes tasks, sends reports and logs.
    /// - Parameter notices: what the source tells meanwhile; used up by this call.
    func work(
        through pair: JoinedPair, over connection: any SourceConnection, notices: AsyncStream<SourceNotice>
    ) async throws

    /// The pair is over: whatever was taken over through it is ended.
    func ended(_ pair: PairID) async throws
}
