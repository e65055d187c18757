import AsyncHTTPClient
import NIOCore
import NIOPosix
import NIOSSL
import OffloadCrypto
package import OffloadDomain
import OffloadWire
import Synchronization

/// Speaks to the device listener of a source, over TLS 1.3.
///
/// Certificates are not verified by names or authorities: while pairing, the certificate that was seen goes into the proof;
/// afterwards the connection is used only when it shows that same certificate again. That is looked at before the first
/// request of each connection.
package struct PeerClient: SourceTransport {
    private static let connectLimit = TimeAmount.seconds(5)
    /// A stream on which nothing, not even a ping, came for this long is dead.
    private static let silenceLimit = TimeAmount.seconds(45)

    private let crashPoint: any CrashPoint

    package init(crashPoint: any CrashPoint = NoCrashPoint()) { self.crashPoint = crashPoint }

    // MARK: - Joining

    package func join(
        _ address: PeerAddress, with code: PairingCode, as introduction: JoinIntroduction
    ) async throws -> Joined {
        try await Self.connection(to: address, expecting: nil) { http, certificate in
            let client = PeerExchange(http: http, address: address, key: nil)
            let mine = PairingNonce.make()
            let hello = try await client.handshake(HandshakeRequest(step: .hello, nonce: mine))
            guard let fingerprint = certificate.seen, let run = hello.run, let theirs = hello.nonce,
                theirs.count == PairingNonce.size
            else { throw Self.notUnderstood }
            crashPoint.reached(.targetAfterHello)
            let own = try PairingIntroduction(
                role: .target, deviceId: introduction.deviceID.rawValue, deviceName: introduction.deviceName,
                project: introduction.projectPath
            ).encoded()
            let exchange = try Self.cpace {
                () throws(CPaceFailure) in
                try CPace(
                    role: .initiator, password: Array(code.digits.utf8),
                    channel: PairingProtocol.channel(source: fingerprint), session: mine + Array(theirs),
                    associated: own)
            }
            let shared = try await client.handshake(
                HandshakeRequest(step: .share, run: run, share: exchange.share, associated: own))
            guard let share = shared.share, let associated = shared.associated else { throw Self.notUnderstood }
            crashPoint.reached(.targetAfterShare)
            let keys: CPaceKeys
            do {
                keys = try exchange.finish(peerShare: Array(share), peerAssociated: Array(associated))
            } catch {
                throw Self.refused
            }
            let confirmed: HandshakeAnswer
            do {
                confirmed = try await client.handshake(HandshakeRequest(step: .confirm, run: run, tag: keys.ownTag))
            } catch let error as CancellationError {
                throw error
            } catch {
                // Whoever got the proof could have made one guess of it. Whatever they say instead of their own proof, it counts.
                throw Self.refused
            }
            crashPoint.reached(.targetAfterConfirm)
            // The other side has the proof now. If its own is wrong, it is not who shows the code.
            guard let tag = confirmed.tag, keys.accepts(peerTag: Array(tag)), certificate.seen == fingerprint else {
                throw Self.refused
            }
            let source = try PairingIntroduction(proved: Array(associated), by: .source)
            let outcome = PairingOutcome(keys, source: fingerprint)
            return Joined(
                pairID: PairID(unchecked: outcome.pairID), key: PairKey(outcome.key.reveal),
                sourceDeviceID: DeviceID(unchecked: source.deviceId), sourceName: source.deviceName,
                sourceProject: source.project, fingerprint: fingerprint.hex, checkWords: outcome.checkWords)
        }
    }

    private static func cpace(_ body: () throws(CPaceFailure) -> CPace) throws -> CPace {
        do {
            return try body()
        } catch {
            throw OffloadError(.device, "the pairing could not be computed on this device")
        }
    }

    private static let refused = OffloadError(
        .forbidden, "the code is wrong, or somebody is between the two devices; nothing was paired")
    static let notUnderstood = OffloadError(
        .unprocessable, "the other device's answer is not understood; are both of the same version?")

    // MARK: - Paired traffic

    package func connect(
        to pair: JoinedPair, at address: PeerAddress, _ body: @Sendable (any SourceConnection) async throws -> Void
    ) async throws {
        guard let fingerprint = Fingerprint(hex: pair.fingerprint) else {
            throw OffloadError(.device, "the record of pair \(pair.id) holds no fingerprint")
        }
        try await Self.connection(to: address, expecting: fingerprint) { http, certificate in
            do {
                try await body(PeerExchange(http: http, address: address, key: pair.key))
            } catch let error as OffloadError where error.kind == .device && certificate.isForeign {
                throw OffloadError(
                    .forbidden,
                    "somebody else answers at \(address); give the right address with `offload devices set-address`")
            }
        }
    }

    // MARK: - Connections

    /// What the other side showed on the connections of one client.
    private final class ShownCertificate: Sendable {
        private let expected: Fingerprint?
        private let state = Mutex<(seen: Fingerprint?, isForeign: Bool)>((nil, false))

        init(expected: Fingerprint?) { self.expected = expected }

        var seen: Fingerprint? { state.withLock { $0.seen } }
        var isForeign: Bool { state.withLock { $0.isForeign } }

        /// - Returns: whether the connection may be used: it shows what is expected, or what the first one showed.
        func accepts(_ shown: Fingerprint?) -> Bool {
            state.withLock { state in
                let wanted = expected ?? state.seen ?? shown
                guard let shown, shown == wanted else {
                    state.isForeign = true
                    return false
                }
                state.seen = shown
                return true
            }
        }
    }

    private static func connection<Value: Sendable>(
        to address: PeerAddress, expecting fingerprint: Fingerprint?,
        _ body: @Sendable (HTTPClient, ShownCertificate) async throws -> Value
    ) async throws -> Value {
        let certificate = ShownCertificate(expected: fingerprint)
        var tls = TLSConfiguration.makeClientConfiguration()
        tls.certificateVerification = .none
        tls.minimumTLSVersion = .tlsv13
        tls.shutdownTimeout = .milliseconds(500)
        var configuration = HTTPClient.Configuration(tlsConfiguration: tls)
        // A redirect would carry the key to wherever it points.
        configuration.redirectConfiguration = .disallow
        configuration.timeout.connect = connectLimit
        configuration.timeout.read = silenceLimit
        configuration.httpVersion = .http1Only
        configuration.connectionPool.retryConnectionEstablishment = false
        configuration.http1_1ConnectionDebugInitializer = { channel in
            // On a mismatch the channel is only closed: failing the future as well would make the library try again in a storm.
            channel.nioSSL_peerCertificate().map { shown in
                let fingerprint = (try? shown?.toDERBytes()).map { Fingerprint(certificate: $0) }
                if !certificate.accepts(fingerprint) { channel.close(promise: nil) }
            }
        }
        let http = HTTPClient(
            eventLoopGroupProvider: .shared(MultiThreadedEventLoopGroup.singleton), configuration: configuration)
        do {
            let value = try await body(http, certificate)
            try? await http.shutdown()
            return value
        } catch {
            try? await http.shutdown()
            throw error
        }
    }
}
