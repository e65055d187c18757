import Hummingbird
import NIOCore
import OffloadCrypto
import OffloadDomain
import OffloadEngine
import OffloadWire

/// `POST /api/bridge/offload/handshake`: the source's side of a pairing.
///
/// The side that typed the code proves first, so a wrong guess is always seen here and costs one of three, and a run that is
/// broken off before teaches nothing about the code.
struct HandshakeRoute: Sendable {
    let desk: PairingDesk
    let devices: PairedDevices
    let device: Device
    let clock: any WallClock
    let fingerprint: Fingerprint
    let crashPoint: any CrashPoint
    let runs = HandshakeRuns()

    static let path = "/api/bridge/offload/handshake"
    private static let bodyLimit = 32 * 1024
    private static let absence = TimeAmount.seconds(1)

    func handle(_ request: Request, _ context: PeerContext) async throws -> Response {
        let message = try await request.json(HandshakeRequest.self, limit: Self.bodyLimit, patience: 0)
        switch message.step {
        case .hello:
            let answer = try await hello(message, context)
            crashPoint.reached(.sourceAfterHello)
            return JSONResponse.make(answer)
        case .share:
            let answer = try share(message)
            crashPoint.reached(.sourceAfterShare)
            return JSONResponse.make(answer)
        case .confirm: return JSONResponse.make(try await confirm(message))
        case .stored:
            _ = try await devices.complete(context.paired().id)
            return JSONResponse.make(DoneView())
        }
    }

    private func hello(_ message: HandshakeRequest, _ context: PeerContext) async throws -> HandshakeAnswer {
        guard let theirs = message.nonce, theirs.count == PairingNonce.size else {
            throw OffloadError.invalid("nonce", "\(PairingNonce.size) bytes")
        }
        let ticket = try await desk.begin()
        // Whoever goes away in the middle and does not come back on another connection makes room soon.
        let loop = context.channel.eventLoop
        context.channel.closeFuture.whenComplete { [desk] _ in
            loop.scheduleTask(in: Self.absence) { desk.abandon(ticket) }
        }
        let mine = PairingNonce.make()
        return HandshakeAnswer(run: runs.begin(ticket, session: Array(theirs) + mine), nonce: mine)
    }

    private func share(_ message: HandshakeRequest) throws -> HandshakeAnswer {
        guard let number = message.run, let share = message.share, let associated = message.associated else {
            throw OffloadError(.invalidRequest, "run, share and associated are needed")
        }
        guard var run = runs.take(number), case .greeted(let session) = run.progress else { throw PairingDesk.refusal }
        do {
            try desk.proceed(run.ticket)
            let introduction = try PairingIntroduction(proved: Array(associated), by: .target)
            guard introduction.deviceId != device.id.rawValue else {
                throw OffloadError(.conflict, "this is the device itself; type the code on another one")
            }
            let opening = run.ticket.opening
            let own = try PairingIntroduction(
                role: .source, deviceId: device.id.rawValue, deviceName: opening.deviceName,
                project: opening.projectName
            ).encoded()
            let exchange = try CPace(
                role: .responder, password: Array(opening.code.digits.utf8),
                channel: PairingProtocol.channel(source: fingerprint), session: session, associated: own)
            let answer = HandshakeAnswer(share: exchange.share, associated: own)
            let keys = try exchange.finish(peerShare: Array(share), peerAssociated: Array(associated))
            run.progress = .shared(keys, introduction)
            runs.put(run, as: number)
            return answer
        } catch is CPaceFailure {
            desk.abandon(run.ticket)
            throw OffloadError.invalid("share", "a point of the group, and not this device's own")
        } catch {
            desk.abandon(run.ticket)
            throw error
        }
    }

    private func confirm(_ message: HandshakeRequest) async throws -> HandshakeAnswer {
        guard let number = message.run, let tag = message.tag else {
            throw OffloadError(.invalidRequest, "run and tag are needed")
        }
        guard let run = runs.take(number), case .shared(let keys, let introduction) = run.progress else {
            throw PairingDesk.refusal
        }
        guard keys.accepts(peerTag: Array(tag)) else {
            await desk.refuse(run.ticket)
            throw PairingDesk.refusal
        }
        let outcome = PairingOutcome(keys, source: fingerprint)
        let pair = DevicePair(
            id: PairID(unchecked: outcome.pairID), sourceDeviceID: device.id,
            targetDeviceID: DeviceID(unchecked: introduction.deviceId), targetName: introduction.deviceName,
            projectID: run.ticket.opening.projectID, targetPath: introduction.project,
            keyDigest: PairKeyDigest.hex(of: outcome.key.reveal), createdAt: clock.now())
        try await desk.accept(run.ticket, pair, checkWords: outcome.checkWords)
        return HandshakeAnswer(tag: keys.ownTag)
    }
}
