import Hummingbird
import OffloadCrypto
import OffloadDomain
import OffloadEngine
import OffloadWire

/// Pairing with other devices, and the devices that are paired.
struct PairingRoutes {
    let bridge: Bridge

    static let all = [
        ControlRoute(.post, "/api/bridge/offload/pair") { bridge, request, _ in
            try await PairingRoutes(bridge: bridge).open(try await request.json(PairRequest.self))
        },
        ControlRoute(.get, "/api/bridge/offload/pair") { bridge, _, _ in
            await PairingRoutes(bridge: bridge).state()
        },
        ControlRoute(.delete, "/api/bridge/offload/pair") { bridge, _, _ in
            await bridge.pairing.desk.cancel()
            return Response(status: .noContent)
        },
        ControlRoute(.post, "/api/bridge/offload/accept") { bridge, request, _ in
            try await PairingRoutes(bridge: bridge).accept(try await request.json(AcceptRequest.self))
        },
        ControlRoute(.post, "/api/bridge/offload/disconnect") { bridge, request, _ in
            let body = try await request.json(DisconnectRequest.self)
            return try await PairingRoutes(bridge: bridge).disconnect(try PairID(parsing: body.devicePairId))
        },
        ControlRoute(.get, "/api/bridge/offload/devices") { bridge, _, _ in
            try await PairingRoutes(bridge: bridge).devices()
        },
        ControlRoute(.post, "/api/bridge/offload/devices/{id}/control") { bridge, request, context in
            let body = try await request.json(ActionRequest.self)
            let action = try DeviceAction(choosing: body.action, for: "action")
            let (pair, presence) = try await bridge.pairing.devices.setPaused(
                action == .pause, try context.id(PairID.self))
            return JSONResponse.make(PairedDeviceView(pair, presence: presence))
        },
        ControlRoute(.patch, "/api/bridge/offload/devices/{id}") { bridge, request, context in
            let body = try await request.json(DeviceEdit.self)
            let pair = try await bridge.pairing.links.setAddress(
                try PeerAddress(parsing: body.address), of: try context.id(PairID.self))
            return JSONResponse.make(PairedDeviceView(pair, connected: false, problem: nil))
        },
    ]

    /// What a person may tell a device that takes work.
    private enum DeviceAction: String, CaseIterable {
        case pause, resume
    }

    private var pairing: Pairing { bridge.pairing }

    private func open(_ body: PairRequest) async throws -> Response {
        guard pairing.isEnabled else {
            throw OffloadError(.conflict, "this device takes no part in offloading; set OFFLOAD_ENABLED=true")
        }
        let code = try PairingCode(parsing: PairingCodeSource.make())
        let opening = try await pairing.desk.open(
            code, for: try ProjectID(parsing: body.projectId), deviceName: body.deviceName)
        do {
            let port = try await pairing.server.reachable()
            let addresses = addresses(port: port)
            return JSONResponse.make(
                PairView(
                    pairingCode: code.digits, expiresAt: opening.expiresAt,
                    expiresIn: pairing.desk.remaining(opening), sourceDeviceId: bridge.context.device.id,
                    addresses: addresses,
                    qrCode: qrCode(code, addresses)),
                status: .created)
        } catch {
            await pairing.desk.cancel(opening)
            throw error
        }
    }

    /// What to type on the other device.
    private func qrCode(_ code: PairingCode, _ addresses: [String]) -> [String]? {
        addresses.first.flatMap { pairing.code("offload join \(code.digits) --source \($0)") }
    }

    private func addresses(port: Int) -> [String] {
        pairing.hosts().map { PeerAddress(host: $0, port: port).description }
    }

    private func state() async -> Response {
        guard let opening = pairing.desk.latest() else { return JSONResponse.make(PairStateView(state: "none")) }
        let window = opening.window
        var view = PairStateView(state: Self.word(window.state))
        view.projectId = opening.projectID.rawValue
        view.expiresAt = opening.expiresAt.iso8601
        if window.state == .open {
            view.pairingCode = opening.code.digits
            view.expiresInMs = pairing.desk.remaining(opening).wholeMilliseconds
            view.guessesLeft = window.limits.guesses - window.wrongGuesses
            if let port = try? await pairing.server.reachable() {
                let addresses = addresses(port: port)
                (view.addresses, view.qrCode) = (addresses, qrCode(opening.code, addresses))
            }
        }
        if let pair = opening.pair {
            view.devicePairId = pair.id.rawValue
            view.deviceName = pair.targetName
            view.checkWords = opening.checkWords
        }
        return JSONResponse.make(view)
    }

    private static func word(_ state: PairingWindow.State) -> String {
        switch state {
        case .open: "open"
        case .taken: "taken"
        case .burned, .spoiled: "burned"
        case .expired: "expired"
        case .cancelled: "cancelled"
        }
    }

    /// The project is registered when it is not yet.
    private func accept(_ body: AcceptRequest) async throws -> Response {
        let code = try PairingCode(parsing: body.pairingCode)
        let address = try PeerAddress(parsing: body.sourceUrl)
        let project = try await bridge.projects.add(name: nil, path: body.targetProjectPath)
        let joined = try await pairing.links.join(address, with: code, for: project, deviceName: body.deviceName)
        return JSONResponse.make(AcceptView(joined.pair, address: address, checkWords: joined.checkWords))
    }

    private func disconnect(_ id: PairID) async throws -> Response {
        // The two roles never share an id: a device cannot pair with itself.
        if try await bridge.context.ledger.read({ try $0.joinedPair(id) }) != nil {
            try await pairing.links.disconnect(id)
        } else {
            try await pairing.devices.disconnect(id, reason: "disconnected here", isKnownThere: false)
        }
        return JSONResponse.make(DoneView())
    }

    private func devices() async throws -> Response {
        let targets = try await pairing.devices.list().map { PairedDeviceView($0.pair, presence: $0.presence) }
        let sources = try await pairing.links.list().map {
            PairedDeviceView($0.pair, connected: $0.standing.isConnected, problem: $0.standing.problem)
        }
        return JSONResponse.make(PairedDeviceList(devices: sources + targets, problem: pairing.server.status.problem))
    }
}
