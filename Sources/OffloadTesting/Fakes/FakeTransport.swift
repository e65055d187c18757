package import OffloadDomain
import Synchronization

/// Sources that are not there: what they answer is said by the test.
package final class FakeTransport: SourceTransport {
    package enum Call: Sendable, Equatable {
        case join(PeerAddress)
        case connect(PairID, PeerAddress)
        case confirmStored, heartbeat, disconnect
        case follow
        case pull(slots: Int)
        case report([AttemptKey])
        case log(LogShipment)
        case base(AttemptKey)
        case files(AttemptKey, count: Int)
        case announce(ResultAnnouncement)
        case result(AttemptKey, offset: Int64, count: Int)
    }

    private struct State {
        var joined: Result<Joined, OffloadError> = .failure(OffloadError(.forbidden, "wrong"))
        var refusals: [PeerAddress: OffloadError] = [:]
        var streams: [AsyncStream<SourceNotice>.Continuation] = []
        var offers: [Offer] = []
        var wishes = AttemptWishes()
        var acknowledgement = Acknowledgement.accepted
    }

    private let state = Mutex(State())
    /// Everything that was asked, as it happens.
    package let calls = Mailbox<Call>()

    package init() {}

    package func answer(joins joined: Result<Joined, OffloadError>) { state.withLock { $0.joined = joined } }

    /// What every request to the address answers from now on; nil for success.
    package func refuse(_ error: OffloadError?, at address: PeerAddress) {
        state.withLock { $0.refusals[address] = error }
    }

    /// What the next pull gives, as far as there is room.
    package func offer(_ offers: [Offer]) { state.withLock { $0.offers += offers } }

    /// What heartbeats are answered from now on.
    package func wish(_ wishes: AttemptWishes) { state.withLock { $0.wishes = wishes } }

    /// What reports are answered from now on.
    package func answer(reports acknowledgement: Acknowledgement) {
        state.withLock { $0.acknowledgement = acknowledgement }
    }

    /// Tells every target that listens.
    package func tell(_ notice: SourceNotice) {
        for stream in state.withLock({ $0.streams }) { stream.yield(notice) }
    }

    /// Ends every stream, as a source does that goes away.
    package func hangUp() {
        let streams = state.withLock { state in
            defer { state.streams = [] }
            return state.streams
        }
        for stream in streams { stream.finish() }
    }

    package func join(
        _ address: PeerAddress, with code: PairingCode, as introduction: JoinIntroduction
    ) async throws -> Joined {
        calls.put(.join(address))
        return try state.withLock { $0.joined }.get()
    }

    package func connect(
        to pair: JoinedPair, at address: PeerAddress, _ body: @Sendable (any SourceConnection) async throws -> Void
    ) async throws {
        calls.put(.connect(pair.id, address))
        try await body(Connection(transport: self, address: address))
    }

    private struct Connection: SourceConnection {
        let transport: FakeTransport
        let address: PeerAddress

        private func ask(_ call: Call) throws {
            transport.calls.put(call)
            if let refusal = transport.state.withLock({ $0.refusals[address] }) { throw refusal }
        }

        func confirmStored() async throws { try ask(.confirmStored) }
        func heartbeat(
            _ heartbeat: Presence.Heartbeat, holding keys: [AttemptKey]
        ) async throws -> AttemptWishes {
            try ask(.heartbeat)
            return transport.state.withLock { $0.wishes }
        }

        func pull(slots: Int) async throws -> [Offer] {
            try ask(.pull(slots: slots))
            return transport.state.withLock { state in
                defer { state.offers = Array(state.offers.dropFirst(slots)) }
                return Array(state.offers.prefix(slots))
            }
        }

        func report(_ messages: [OutboxMessage]) async throws -> [Acknowledgement] {
            try ask(.report(messages.map(\.key)))
            return transport.state.withLock { state in messages.map { _ in state.acknowledgement } }
        }

        func send(_ part: LogShipment) async throws -> Int64 {
            try ask(.log(part))
            return part.offset + Int64(part.bytes.count)
        }

        func base(
            of key: AttemptKey, known: [CommitHash], _ take: @Sendable ([UInt8]) throws -> Void
        ) async throws {
            try ask(.base(key))
        }

        func files(
            _ digests: [String], of key: AttemptKey, _ take: @Sendable ([UInt8]) throws -> Void
        ) async throws {
            try ask(.files(key, count: digests.count))
        }

        func announce(_ announcement: ResultAnnouncement, of idea: IdeaID) async throws -> ResultReceipt {
            try ask(.announce(announcement))
            return .wanted(from: 0)
        }

        func send(_ part: [UInt8], at offset: Int64, of key: AttemptKey) async throws -> ResultReceipt {
            try ask(.result(key, offset: offset, count: part.count))
            return .done
        }

        func disconnect() async throws { try ask(.disconnect) }

        func follow(_ body: @Sendable (SourceNotice) async throws -> Void) async throws {
            try ask(.follow)
            let (stream, continuation) = AsyncStream.makeStream(of: SourceNotice.self)
            transport.state.withLock { $0.streams.append(continuation) }
            for await notice in stream { try await body(notice) }
        }
    }
}
