import NIOCore
import OffloadDomain
import Synchronization

/// Every connection of the device listener, and who may have how many.
///
/// Strangers have few places, and when those are taken a new one gets the place of the oldest, so that idle connections keep
/// nobody out. Whoever has shown the key of a pair is no stranger and cannot be pushed out by them.
final class ConnectionBook: Sendable {
    struct Limits: Sendable {
        var strangers = 64
        var strangersPerAddress = 8
        var connectionsPerPair = 16
    }

    private struct Connection {
        let channel: any Channel
        let address: String
        let number: UInt64
        var pair: PairID?
    }

    private struct State {
        var connections: [ObjectIdentifier: Connection] = [:]
        var next: UInt64 = 0
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
        let text = address.ipAddress ?? ""
        let evicted = state.withLock { state -> [any Channel] in
            state.next += 1
            state.connections[ObjectIdentifier(channel)] = Connection(
                channel: channel, address: text, number: state.next)
            return overcrowded(&state, at: text)
        }
        for channel in evicted { channel.close(promise: nil) }
        channel.closeFuture.whenComplete { [weak self] _ in
            self?.state.withLock { $0.connections[ObjectIdentifier(channel)] = nil }
        }
        return true
    }

    private func overcrowded(_ state: inout State, at address: String) -> [any Channel] {
        var evicted: [any Channel] = []
        func evict(_ candidates: [(key: ObjectIdentifier, value: Connection)]) {
            guard let oldest = candidates.min(by: { $0.value.number < $1.value.number }) else { return }
            state.connections[oldest.key] = nil
            evicted.append(oldest.value.channel)
        }
        let strangers = state.connections.filter { $0.value.pair == nil }
        let neighbours = strangers.filter { $0.value.address == address }
        if neighbours.count > limits.strangersPerAddress {
            evict(Array(neighbours))
        } else if strangers.count > limits.strangers {
            // Where most come from, the oldest goes.
            let crowds = Dictionary(grouping: strangers, by: \.value.address)
            let largest = crowds.values.max {
                ($0.count, $1.first?.value.number ?? 0) < ($1.count, $0.first?.value.number ?? 0)
            }
            evict(largest ?? [])
        }
        return evicted
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
                let oldest = own.min(by: { $0.value.number < $1.value.number })
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
        // The address stands behind family and port, and in IPv6 behind the flow label too.
        func bytes(_ range: Range<Int>) -> [UInt8] {
            address.withSockAddr { pointer, size in
                Array(
                    UnsafeRawBufferPointer(start: pointer, count: size).dropFirst(range.lowerBound).prefix(range.count))
            }
        }
        return switch address {
        case .v4: LocalNetwork.contains(v4: bytes(4..<8))
        case .v6: LocalNetwork.contains(v6: bytes(8..<24))
        case .unixDomainSocket: true
        }
    }
}
