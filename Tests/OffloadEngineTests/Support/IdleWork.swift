import OffloadDomain
import OffloadEngine

/// A target that does nothing for its sources but keep the connection.
struct IdleWork: SourceWork {
    func joined(_ pair: JoinedPair) async throws {}
    func held(through pair: PairID) async throws -> [AttemptKey] { [] }
    func obey(_ wishes: AttemptWishes) async throws {}
    func ended(_ pair: PairID) async throws {}

    func work(
        through pair: JoinedPair, over connection: any SourceConnection, notices: AsyncStream<SourceNotice>
    ) async throws {
        for await _ in notices {}
    }
}
