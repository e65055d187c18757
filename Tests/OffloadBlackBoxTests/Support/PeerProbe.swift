import Foundation
import OffloadCrypto
import OffloadDomain
import OffloadWire

/// Says single messages to a device listener, right or wrong, in any order: what a stranger could do who knows the protocol.
struct PeerProbe {
    let address: PeerAddress

    struct Answer: Equatable {
        let status: Int
        let body: String

        func decoded<Value: Decodable>(_ type: Value.Type = Value.self) throws -> Value {
            try JSONDecoder().decode(type, from: Data(body.utf8))
        }
    }

    func post(
        _ path: String, _ body: String, key: String? = nil, headers: [String] = ["Content-Type: application/json"],
        version: String? = "1"
    ) throws -> Answer {
        try send("POST", path, body: body, key: key, headers: headers, version: version)
    }

    func send(
        _ method: String, _ path: String, body: String? = nil, key: String? = nil, headers: [String] = [],
        version: String? = "1"
    ) throws -> Answer {
        var arguments = ["curl", "--silent", "--insecure", "--max-time", "10", "--http1.1", "-X", method]
        for header in headers { arguments += ["-H", header] }
        if let version { arguments += ["-H", "X-Offload-Protocol: \(version)"] }
        if let key { arguments += ["-H", "X-Bridge-API-Key: \(key)"] }
        if body != nil { arguments += ["--data-binary", "@-"] }
        arguments += ["-w", "\n%{http_code}", "https://\(address)/api/bridge/offload/\(path)"]
        let result = try CommandResult.run(
            "/usr/bin/env", arguments, environment: ["PATH": ProcessInfo.processInfo.environment["PATH"] ?? ""],
            folder: "/", input: body ?? "")
        let lines = result.output.split(separator: "\n", omittingEmptySubsequences: false)
        return Answer(
            status: lines.last.flatMap { Int($0) } ?? 0, body: lines.dropLast().joined(separator: "\n"))
    }

    func post(_ message: HandshakeRequest, key: String? = nil) throws -> Answer {
        try post("handshake", Self.text(message), key: key)
    }

    static func text(_ message: HandshakeRequest) throws -> String {
        String(decoding: try JSONEncoder().encode(message), as: UTF8.self)
    }

    /// A whole pairing by hand.
    /// - Returns: every message as it was sent, and the key.
    func pair(code: String, source fingerprint: Fingerprint) throws -> (messages: [String], outcome: PairingOutcome) {
        let mine = PairingNonce.make()
        let hello = HandshakeRequest(step: .hello, nonce: mine)
        let greeted: HandshakeAnswer = try post(hello).decoded()
        let own = try PairingIntroduction(role: .target, deviceId: "d-probe", deviceName: "Probe", project: "/p")
            .encoded()
        let exchange = try CPace(
            role: .initiator, password: Array(code.utf8), channel: PairingProtocol.channel(source: fingerprint),
            session: mine + Array(greeted.nonce ?? Data()), associated: own)
        let share = HandshakeRequest(step: .share, run: greeted.run, share: exchange.share, associated: own)
        let shared: HandshakeAnswer = try post(share).decoded()
        let keys = try exchange.finish(
            peerShare: Array(shared.share ?? Data()), peerAssociated: Array(shared.associated ?? Data()))
        let confirm = HandshakeRequest(step: .confirm, run: greeted.run, tag: keys.ownTag)
        let confirmed: HandshakeAnswer = try post(confirm).decoded()
        guard keys.accepts(peerTag: Array(confirmed.tag ?? Data())) else { throw CocoaError(.coderInvalidValue) }
        let outcome = PairingOutcome(keys, source: fingerprint)
        let stored = HandshakeRequest(step: .stored)
        guard try post(stored, key: outcome.key.reveal).status == 200 else { throw CocoaError(.coderInvalidValue) }
        return (try [hello, share, confirm, stored].map(Self.text), outcome)
    }
}
