import Hummingbird
import HummingbirdCore
import Logging
import NIOCore
import NIOSSL
package import OffloadCrypto
package import OffloadDomain
package import OffloadEngine
import ServiceLifecycle
import Synchronization

#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

/// The device listener: there while the door for other devices is open, and only then.
package final class PeerServer: Service {
    /// Whether other devices can reach this one.
    package enum Status: Sendable, Equatable {
        case closed
        case listening(port: Int)
        case failed(String)

        /// Why nobody can, although some should.
        package var problem: String? {
            if case .failed(let reason) = self { reason } else { nil }
        }
    }

    package struct Configuration: Sendable {
        let port: Int
        let isLocalOnly: Bool
        let identity: DeviceIdentity

        /// - Parameters:
        ///   - port: 0 for any free one.
        ///   - isLocalOnly: `OFFLOAD_LAN_ONLY`.
        package init(port: Int, isLocalOnly: Bool, identity: DeviceIdentity) {
            self.port = port
            self.isLocalOnly = isLocalOnly
            self.identity = identity
        }
    }

    private struct State {
        var status = Status.closed
        /// Counts the attempts to listen, so that an old failure is not taken for a new one.
        var attempt = 0
        var watchers: [Int: AsyncStream<(attempt: Int, status: Status)>.Continuation] = [:]
        var next = 0
    }

    private let configuration: Configuration
    private let door: PeerDoor
    private let devices: PairedDevices
    private let handovers: Handovers
    private let bases: any BaseTransfer
    private let trees: any FolderTransfer
    private let intake: ResultIntake
    private let handshake: HandshakeRoute
    private let clock: any WallClock
    private let logger: Logger
    private let book: ConnectionBook
    private let state = Mutex(State())

    /// How long connections may take to end when the door closes.
    private static let closingLimit = Duration.seconds(5)
    private static let retryPause = Duration.seconds(5)

    package init(
        configuration: Configuration, door: PeerDoor, desk: PairingDesk, devices: PairedDevices,
        handovers: Handovers, bases: any BaseTransfer, trees: any FolderTransfer, intake: ResultIntake,
        context: EngineContext
    ) {
        self.configuration = configuration
        self.door = door
        self.devices = devices
        self.handovers = handovers
        self.bases = bases
        self.trees = trees
        self.intake = intake
        clock = context.clock
        logger = context.logger
        book = ConnectionBook(isLocalOnly: configuration.isLocalOnly)
        handshake = HandshakeRoute(
            desk: desk, devices: devices, device: context.device, clock: context.clock,
            fingerprint: configuration.identity.fingerprint, crashPoint: context.crashPoint)
    }

    package func run() async throws {
        let (failures, failure) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
        await withTaskGroup(of: Void.self) { group in
            // Whoever holds the port may let go of it.
            group.addTask {
                for await _ in failures.cancelOnGracefulShutdown() {
                    guard (try? await cancelWhenGracefulShutdown { try await Task.sleep(for: Self.retryPause) }) != nil
                    else { return }
                    self.door.repeatState()
                }
            }
            var current: ServiceGroup?
            for await isOpen in door.changes().cancelOnGracefulShutdown() {
                if let listening = current, !isOpen || hasFailed {
                    // Said before the last connection has ended: whoever opens the door meanwhile waits for the next listener.
                    set(.closed)
                    await listening.triggerGracefulShutdown()
                    await group.next()
                    current = nil
                }
                if isOpen, current == nil {
                    begin()
                    let listening = ServiceGroup(
                        configuration: Self.groupConfiguration(
                            [AnyAddressListener { try self.listener(on: $0) }], logger: logger))
                    current = listening
                    group.addTask { await self.listen(listening) { failure.yield() } }
                }
            }
            failure.finish()
            await current?.triggerGracefulShutdown()
        }
    }

    private static func groupConfiguration(_ services: [any Service], logger: Logger) -> ServiceGroupConfiguration {
        var configuration = ServiceGroupConfiguration(services: services, logger: logger)
        configuration.maximumGracefulShutdownDuration = closingLimit
        return configuration
    }

    private var hasFailed: Bool { status.problem != nil }

    private func listen(_ group: ServiceGroup, failed: @Sendable () -> Void) async {
        do {
            try await group.run()
            set(.closed)
        } catch {
            logger.error("the device listener stopped: \(error)")
            let isTaken = (error as? IOError)?.errnoCode == EADDRINUSE
            let reason = isTaken ? "another program has it" : "\(error)"
            set(.failed("other devices can't reach this one on port \(configuration.port): \(reason)"))
            failed()
        }
    }

    /// IPv6 and IPv4 on one socket; where there is no IPv6, IPv4 alone.
    private struct AnyAddressListener: Service {
        let make: @Sendable (String) throws -> any Service

        init(_ make: @escaping @Sendable (String) throws -> any Service) { self.make = make }

        func run() async throws {
            do {
                try await make("::").run()
            } catch let error as IOError where error.errnoCode != EADDRINUSE && error.errnoCode != EACCES {
                try await make("0.0.0.0").run()
            }
        }
    }

    private func listener(on host: String) throws -> any Service {
        let identity = configuration.identity
        var tls = TLSConfiguration.makeServerConfiguration(
            certificateChain: [
                .certificate(try NIOSSLCertificate(bytes: identity.certificate, format: .der))
            ],
            privateKey: .privateKey(
                try NIOSSLPrivateKey(bytes: Array(identity.privateKeyPEM.reveal.utf8), format: .pem)))
        tls.minimumTLSVersion = .tlsv13
        // A peer that does not say good-bye holds up the end of the listener for this long.
        tls.shutdownTimeout = .milliseconds(500)
        tls.applicationProtocols = ["http/1.1"]
        let context = try NIOSSLContext(configuration: tls)
        return HTTPListener(
            responder: router().buildResponder(),
            server: HTTPServerBuilder { [book] responder in
                PeerChannel(tls: context, book: book, deadlines: PhaseDeadlines.Limits(), responder: responder)
            },
            address: .hostname(host, port: configuration.port), clock: clock, logger: logger
        ) { channel in
            self.set(.listening(port: channel.localAddress?.port ?? 0))
        }
    }

    private func router() -> Router<PeerContext> {
        let router = Router(context: PeerContext.self)
        router.add(middleware: PeerGate(devices: devices, book: book, openPaths: [HandshakeRoute.path]))
        let routes = PeerRoutes(devices: devices, handovers: handovers)
        let tasks = PeerTaskRoutes(handovers: handovers, bases: bases, trees: trees)
        let results = PeerResultRoutes(intake: intake)
        router.post("\(HandshakeRoute.path)") { [handshake] in try await handshake.handle($0, $1) }
        router.post("/api/bridge/offload/heartbeat") { try await routes.heartbeat($0, $1) }
        router.get("/api/bridge/offload/events") { try routes.events($0, $1) }
        router.post("/api/bridge/offload/disconnect") { try await routes.disconnect($0, $1) }
        router.get("/api/bridge/offload/pull") { try await tasks.pull($0, $1) }
        router.post("/api/bridge/offload/status") { try await tasks.status($0, $1) }
        router.post("/api/bridge/offload/log") { try await tasks.log($0, $1) }
        router.get("/api/bridge/offload/base") { try await tasks.base($0, $1) }
        router.post("/api/bridge/offload/base/files") { try await tasks.files($0, $1) }
        router.post("/api/bridge/offload/commit") { try await results.announce($0, $1) }
        router.post("\(PeerResultRoutes.bundlePath)") { try await results.take($0, $1) }
        return router
    }

    // MARK: - Status

    package var status: Status { state.withLock { $0.status } }

    /// Waits until other devices can reach this one; to be called after the door was opened.
    /// - Returns: the port.
    /// - Throws: `OffloadError` of kind `conflict` when the port can't be listened on, or `CancellationError`.
    package func reachable() async throws -> Int {
        let failed = state.withLock { state in
            if case .failed = state.status { state.attempt } else { 0 }
        }
        if failed > 0 { door.repeatState() }
        for await (attempt, status) in statuses() {
            switch status {
            case .closed: continue
            case .listening(let port): return port
            case .failed(let reason) where attempt > failed:
                throw OffloadError(.conflict, "\(reason). Choose another port with OFFLOAD_PEER_PORT")
            case .failed: continue
            }
        }
        throw CancellationError()
    }

    private func statuses() -> AsyncStream<(attempt: Int, status: Status)> {
        let (stream, continuation) = AsyncStream.makeStream(
            of: (attempt: Int, status: Status).self, bufferingPolicy: .bufferingNewest(1))
        let id = state.withLock { state in
            state.next += 1
            state.watchers[state.next] = continuation
            continuation.yield((state.attempt, state.status))
            return state.next
        }
        continuation.onTermination = { [weak self] _ in self?.state.withLock { $0.watchers[id] = nil } }
        return stream
    }

    private func begin() {
        state.withLock { $0.attempt += 1 }
        set(.closed)
    }

    private func set(_ status: Status) {
        state.withLock { state in
            state.status = status
            for watcher in state.watchers.values { watcher.yield((state.attempt, status)) }
        }
    }
}
