package import OffloadDomain
import Synchronization

/// Sources that are not there: what they answer is said by the test.
package final class FakeTransport: SourceTransport {
    package enum Call: Sendable, Equatable {
        case join(PeerAddress)
        case connect(PairID, PeerAddress)
        case confirmStored, heartbeat, disconnect
        case follow
    }

    private struct State {
        var joined: Result<Joined, OffloadError> = .failure(OffloadError(.forbidden, "wrong"))
        var refusals: [PeerAddress: OffloadError] = [:]
        var streams: [AsyncStream<SourceNotice>.Continuation] = []
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
        func heartbeat(_ heartbeat: Presence.Heartbeat) async throws { try ask(.heartbeat) }
        func disconnect() async throws { try ask(.disconnect) }

        func follow(_ body: @Sendable (SourceNotice) async throws -> Void) async throws {
            try ask(.follow)
            let (stream, continuation) = AsyncStream.makeStream(of: SourceNotice.self)
            transport.state.withLock { $0.streams.append(continuation) }
            for await notice in stream { try await body(notice) }
        }
    }
}
