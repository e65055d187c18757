import NIOCore
import OffloadDomain
import Synchronization

/// Every connection of the device listener, and who may have how many.
///
/// Strangers have few places, few of them for one address, and when those are taken a new one gets the place of the oldest, so
/// that idle connections keep nobody out. Whoever has shown the key of a pair is no stranger and cannot be pushed out by them.
final class ConnectionBook: Sendable {
    struct Limits: Sendable {
        var strangers = 64
        var strangersPerAddress = 8
        var connectionsPerPair = 16
        /// How long a stranger can't be pushed out.
        var chance = Duration.seconds(1)
    }

    private struct Connection {
        let channel: any Channel
        let address: String
        let since: ContinuousClock.Instant
        var pair: PairID?
    }

    private struct State {
        var connections: [ObjectIdentifier: Connection] = [:]
    }

    private let limits: Limits
    private let isLocalOnly: Bool
    private let state = Mutex(State())

    /// - Parameter isLocalOnly: `OFFLOAD_LAN_ONLY`.
    init(isLocalOnly: Bool, limits: Limits = Limits()) {
        self.isLocalOnly = isLocalOnly
        self.limits = limits
    }

    /// - Returns: whether the connection may stay.
    func admit(_ channel: any Channel) -> Bool {
        guard let address = channel.remoteAddress, !isLocalOnly || Self.isLocal(address) else { return false }
        let text = Self.network(of: address)
        let (isAdmitted, evicted) = state.withLock { state -> (Bool, (any Channel)?) in
            var evicted: (any Channel)?
            if let crowd = crowd(state, at: text) {
                // Each gets a moment to show a key; otherwise newcomers could push out whoever is about to.
                guard let oldest = crowd.min(by: { $0.value.since < $1.value.since }),
                    oldest.value.since + limits.chance <= .now
                else { return (false, nil) }
                state.connections[oldest.key] = nil
                evicted = oldest.value.channel
            }
            state.connections[ObjectIdentifier(channel)] = Connection(channel: channel, address: text, since: .now)
            return (true, evicted)
        }
        evicted?.close(promise: nil)
        guard isAdmitted else { return false }
        channel.closeFuture.whenComplete { [weak self] _ in
            self?.state.withLock { $0.connections[ObjectIdentifier(channel)] = nil }
        }
        return true
    }

    /// Those of whom one has to go before another stranger can come from this address; nil when there is room.
    private func crowd(_ state: State, at address: String) -> [ObjectIdentifier: Connection]? {
        let strangers = state.connections.filter { $0.value.pair == nil }
        let neighbours = strangers.filter { $0.value.address == address }
        if neighbours.count >= limits.strangersPerAddress { return neighbours }
        guard strangers.count >= limits.strangers else { return nil }
        // Where most come from, the oldest goes.
        let counts = Dictionary(grouping: strangers.values, by: \.address).mapValues(\.count)
        let most = counts.values.max()
        return strangers.filter { counts[$0.value.address] == most }
    }

    /// The key of a pair was shown on this connection.
    func recognise(_ channel: any Channel, as pair: PairID) {
        let evicted = state.withLock { state -> (any Channel)? in
            let id = ObjectIdentifier(channel)
            guard var connection = state.connections[id], connection.pair == nil else { return nil }
            connection.pair = pair
            state.connections[id] = connection
            let own = state.connections.filter { $0.value.pair == pair }
            guard own.count > limits.connectionsPerPair,
                let oldest = own.min(by: { $0.value.since < $1.value.since })
            else { return nil }
            state.connections[oldest.key] = nil
            return oldest.value.channel
        }
        evicted?.close(promise: nil)
    }

    func isStranger(_ channel: any Channel) -> Bool {
        state.withLock { $0.connections[ObjectIdentifier(channel)]?.pair == nil }
    }

    static func isLocal(_ address: SocketAddress) -> Bool {
        switch address {
        case .v4: LocalNetwork.contains(v4: bytes(of: address))
        case .v6: LocalNetwork.contains(v6: bytes(of: address))
        case .unixDomainSocket: true
        }
    }

    /// Whose connections are counted together: one IPv4 address, or one IPv6 network, since a single machine has all the
    /// addresses of its /64 (RFC 4291, 2.5.4).
    static func network(of address: SocketAddress) -> String {
        let bytes = bytes(of: address)
        let isMapped = bytes.count == 16 && bytes.prefix(12) == [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255, 255]
        let network = isMapped || bytes.count < 16 ? bytes[...] : bytes.prefix(8)
        return network.map(String.init).joined(separator: ".")
    }

    /// The address stands behind family and port, and in IPv6 behind the flow label too.
    private static func bytes(of address: SocketAddress) -> [UInt8] {
        let range: Range<Int>
        switch address {
        case .v4: range = 4..<8
        case .v6: range = 8..<24
        case .unixDomainSocket: return []
        }
        return address.withSockAddr { pointer, size in
            Array(UnsafeRawBufferPointer(start: pointer, count: size).dropFirst(range.lowerBound).prefix(range.count))
        }
    }
}
