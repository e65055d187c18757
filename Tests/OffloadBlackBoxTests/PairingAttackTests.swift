import Foundation
import OffloadClient
import OffloadCrypto
import OffloadDomain
import OffloadWire
import Testing

/// What somebody could try who reaches the device listener and has no code, or has a pair of his own.
@Suite("Attacks on pairing", .serialized, .timeLimit(.minutes(30)))
struct PairingAttackTests {
    private static let introduction = JoinIntroduction(
        deviceID: DeviceID(unchecked: "d-stranger"), deviceName: "Stranger", projectPath: "/p")

    private static func fingerprint(of device: DeviceProcess) throws -> Fingerprint {
        try DeviceIdentity.establish(folder: device.dataFolder).fingerprint
    }

    /// Tries wrong codes, eight at a time, until the code is over or the count is used up.
    private static func guess(_ count: Int, not right: String, at address: PeerAddress) async -> [OffloadError.Kind?] {
        await withTaskGroup(of: [OffloadError.Kind?].self) { group in
            for guesser in 0..<8 {
                group.addTask {
                    var answers: [OffloadError.Kind?] = []
                    for attempt in stride(from: guesser, to: count, by: 8) {
                        let digits = String(format: "%06d", (attempt * 7_919 + 13) % 1_000_000)
                        guard digits != right, let code = try? PairingCode(parsing: digits) else { continue }
                        do {
                            _ = try await PeerClient().join(address, with: code, as: introduction)
                            answers.append(nil)
                        } catch {
                            answers.append((error as? OffloadError)?.kind ?? .device)
                        }
                    }
                    return answers
                }
            }
            return await group.reduce(into: []) { $0 += $1 }
        }
    }

    @Test("Wrong codes make no pair, each code is dead after three, and the next honest pairing works at once")
    func wrongCodes() async throws {
        try await TwoDevices.with { devices in
            let windows = Effort.count(5, full: 100)
            for _ in 0..<windows {
                let right = try await devices.openCode().pairingCode
                let answers = await Self.guess(100, not: right, at: devices.address)
                #expect(!answers.contains { $0 == nil }, "a wrong code made a pair")
                let state = try await TwoDevices.state(of: devices.source)
                #expect(state.state == "burned")
                let late = await #expect(throws: OffloadError.self) { _ = try await devices.accept(right) }
                #expect(late?.kind == .forbidden || late?.kind == .device, "the code is dead for its owner too")
            }
            #expect(try await TwoDevices.devices(of: devices.source).isEmpty)
            let began = ContinuousClock.now
            _ = try await devices.pair()
            print("an honest pairing after \(windows * 100) wrong codes took \(began.duration(to: .now))")
            #expect(try await TwoDevices.devices(of: devices.source).count == 1)
        }
    }

    @Test("Somebody in between gets no pair, both sides notice, and what he heard holds no code")
    func somebodyInBetween() async throws {
        try await TwoDevices.with { devices in
            for round in 0..<Effort.count(3, full: 100) {
                let code = try await devices.openCode().pairingCode
                let between = try Eavesdropper(before: devices.address, in: "\(devices.source.folder)/between\(round)")
                defer { between.stop() }
                let refusal = await #expect(throws: OffloadError.self) {
                    _ = try await devices.accept(code, at: between.address.description)
                }
                #expect(refusal?.kind == .forbidden)
                #expect(try await TwoDevices.state(of: devices.source).guessesLeft == 2, "the source counts it")
                #expect(between.recorded.contains(#""step":"confirm""#), "the attack got as far as it can")
                #expect(!between.recorded.contains(code))
            }
            #expect(try await TwoDevices.devices(of: devices.source).isEmpty)
            #expect(try await TwoDevices.devices(of: devices.target).isEmpty)
        }
    }

    @Test("The messages of a good pairing make no further pair in any order")
    func replays() async throws {
        try await TwoDevices.with { devices in
            let fingerprint = try Self.fingerprint(of: devices.source)
            let probe = PeerProbe(address: devices.address)
            let code = try await devices.openCode().pairingCode
            let (messages, outcome) = try probe.pair(code: code, source: fingerprint)
            let before = try await TwoDevices.devices(of: devices.source)
            #expect(before.map(\.devicePairId) == [outcome.pairID])
            // Once while the code is used up, and once while a new one is open.
            for isOpen in [false, true] {
                for _ in 0..<Effort.count(10, full: 400) {
                    if isOpen { _ = try await devices.openCode() }
                    for message in messages.shuffled() {
                        let answer = try probe.post("handshake", message)
                        let isHello = message.contains("hello")
                        #expect(answer.status >= 400 || (isHello && isOpen), "\(answer)")
                    }
                }
            }
            #expect(try await TwoDevices.devices(of: devices.source) == before)
            // The control: the last message with its key is understood, and changes nothing.
            #expect(try probe.post("handshake", messages[3], key: outcome.key.reveal).status == 200)
            #expect(try await TwoDevices.devices(of: devices.source) == before)
        }
    }

    @Test("Two who type the same code at the same time: one of them gets the pair")
    func atTheSameTime() async throws {
        try await TwoDevices.with { devices in
            for _ in 0..<Effort.count(5, full: 100) {
                let code = try PairingCode(parsing: try await devices.openCode().pairingCode)
                let address = devices.address
                let winners = await withTaskGroup(of: Bool.self) { group in
                    for _ in 0..<2 {
                        group.addTask {
                            (try? await PeerClient().join(address, with: code, as: Self.introduction)) != nil
                        }
                    }
                    return await group.reduce(0) { $0 + ($1 ? 1 : 0) }
                }
                #expect(winners == 1)
            }
        }
    }

    @Test("A stranger gets nothing from any route, whatever he sends")
    func strangers() async throws {
        try await TwoDevices.with { devices in
            let joined = try await devices.pair()
            let probe = PeerProbe(address: devices.address)
            let before = try await TwoDevices.devices(of: devices.source)
            let routes = [
                ("POST", "handshake"), ("POST", "heartbeat"), ("GET", "events"), ("POST", "disconnect"),
                ("GET", "pull"), ("POST", "status"), ("POST", "log"), ("GET", "base"),
                ("GET", "pull"),
                ("GET", "../status"), ("GET", "devices"), ("POST", "pair"),
            ]
            let keys: [String?] = [
                nil, "", "x", String(repeating: "0", count: 64), joined.devicePairId, DeviceProcess.key,
            ]
            let bodies = [
                #"{"step":"stored"}"#, #"{"devicePairId":"\#(joined.devicePairId)"}"#, "{", "[]", "null",
                #"{"step":"hello","nonce":"AAAA"}"#, #"{"step":"confirm","run":1,"tag":"AAAA"}"#,
                #"{"step":"share","run":9007199254740993}"#, String(repeating: "a", count: 40_000), "\0",
            ]
            for (method, route) in routes {
                for key in keys {
                    for body in bodies.shuffled().prefix(Effort.count(3, full: 10)) {
                        let answer = try probe.send(
                            method, route, body: method == "POST" ? body : nil, key: key,
                            headers: ["Content-Type: application/json"])
                        #expect(
                            (400..<500).contains(answer.status),
                            "\(method) \(route) \(key ?? "-") \(body.prefix(40)): \(answer)")
                    }
                }
            }
            #expect(try probe.post("heartbeat", "{}", version: nil).status == 422)
            #expect(try probe.post("heartbeat", "{}", version: "2").status == 422)
            // Heartbeats of the real one may come in between; nothing else may change.
            #expect(try await TwoDevices.devices(of: devices.source).map(\.status) == before.map(\.status))
            #expect(try await TwoDevices.devices(of: devices.source).count == 1)
        }
    }

    @Test("What one pair does, another between the same devices does not see")
    func isolation() async throws {
        try await TwoDevices.with { devices in
            let probe = PeerProbe(address: devices.address)
            let fingerprint = try Self.fingerprint(of: devices.source)
            func pair() async throws -> PairingOutcome {
                try probe.pair(code: try await devices.openCode().pairingCode, source: fingerprint).outcome
            }
            let (mine, other) = (try await pair(), try await pair())
            func view() async throws -> PairedDeviceView? {
                try await TwoDevices.devices(of: devices.source).first { $0.devicePairId == mine.pairID }
            }
            func beat(_ outcome: PairingOutcome, _ instance: String, free: Int) throws -> Int {
                let body = """
                    {"instance":"\(instance)","start":1,"version":"9","slots":4,"freeSlots":\(free),"agents":[],
                     "devicePairId":"\(mine.pairID)","pairId":"\(mine.pairID)"}
                    """
                return try probe.post("heartbeat", body, key: outcome.key.reveal).status
            }
            #expect(try beat(mine, "mine", free: 3) == 200)
            let before = try await view()
            #expect(before?.freeSlots == 3)
            for _ in 0..<Effort.count(20, full: 300) {
                switch Int.random(in: 0..<4) {
                case 0: #expect(try beat(other, "other", free: Int.random(in: 0...4)) == 200)
                case 1: #expect(try probe.post(HandshakeRequest(step: .stored), key: other.key.reveal).status == 200)
                case 2: #expect(try probe.post("heartbeat", "{}", key: other.key.reveal).status == 400)
                default: #expect(try beat(other, "other", free: 0) == 200)
                }
                #expect(try await view() == before)
            }
            let named = #"{"devicePairId":"\#(mine.pairID)"}"#
            #expect(try probe.post("disconnect", named, key: other.key.reveal).status == 200)
            #expect(try await view() == before, "the body does not say whose pair ends")
            #expect(try beat(other, "other", free: 4) == 401)
            #expect(try beat(mine, "mine", free: 3) == 200)
        }
    }

    @Test("TLS 1.2 is refused, and so is a source with another certificate")
    func tls() async throws {
        try await TwoDevices.with { devices in
            _ = try await devices.pair()
            let old = try CommandResult.run(
                "/usr/bin/env", ["curl", "--silent", "--insecure", "--tls-max", "1.2", "https://\(devices.address)/"],
                environment: ["PATH": ProcessInfo.processInfo.environment["PATH"] ?? ""], folder: "/")
            #expect(old.exitCode == 35, "\(old.errors)")
            _ = try await TwoDevices.wait(devices.target) { $0.first?.connected == true }
            // Another device takes the place of the source.
            devices.source.stop()
            try FileManager.default.removeItem(atPath: "\(devices.source.dataFolder)/identity.pem")
            try devices.source.start()
            let list = try await TwoDevices.ask(devices.target) {
                $0.first?.problem?.contains("somebody else") == true
            }
            #expect(list.first?.connected == false)
            #expect(list.first?.status == "active", "the pair waits for the right one")
        }
    }

    @Test("A copied data folder that runs twice is noticed")
    func copies() async throws {
        try await TwoDevices.with { devices in
            _ = try await devices.pair()
            _ = try await TwoDevices.wait(devices.source) { $0.first?.connected == true }
            devices.target.stop()
            let copy = "\(devices.target.folder)-copy"
            try FileManager.default.copyItem(atPath: devices.target.folder, toPath: copy)
            let twin = DeviceProcess(folder: copy, environment: devices.target.environment)
            defer {
                twin.kill()
                try? FileManager.default.removeItem(atPath: copy)
            }
            try devices.target.start()
            _ = try await TwoDevices.wait(devices.target) { $0.first?.connected == true }
            try twin.start()
            let list = try await TwoDevices.ask(twin) { $0.first?.problem?.contains("was copied") == true }
            #expect(list.first?.connected == false)
            #expect(try await TwoDevices.devices(of: devices.target).first?.connected == true)
        }
    }
}
