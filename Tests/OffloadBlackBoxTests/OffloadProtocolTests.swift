import Foundation
import OffloadClient
import OffloadCrypto
import OffloadDomain
import OffloadWire
import Testing

/// What a device listener answers to a paired device that says all kinds of things about tasks, right and wrong.
@Suite("Offload protocol", .serialized, .timeLimit(.minutes(5)))
struct OffloadProtocolTests {
    /// A paired device that is nothing but what the test says.
    private struct Peer {
        let probe: PeerProbe
        let pair: String
        let key: String

        init(of devices: TwoDevices) async throws {
            probe = PeerProbe(address: devices.address)
            let fingerprint = try DeviceIdentity.establish(folder: devices.source.dataFolder).fingerprint
            let outcome = try probe.pair(code: try await devices.openCode().pairingCode, source: fingerprint).outcome
            (pair, key) = (outcome.pairID, outcome.key.reveal)
        }

        func pull(_ query: String) throws -> PeerProbe.Answer { try probe.send("GET", "pull?\(query)", key: key) }

        func offers(_ slots: Int) throws -> [PullView.Requirement] {
            try pull("slots=\(slots)").decoded(PullView.self).requirements
        }

        func say(
            _ status: String, _ sequence: Int, about offer: PullView.Requirement, more: String = ""
        ) throws -> PeerProbe.Answer {
            try probe.post(
                "status",
                #"{"taskId": "\#(offer.taskId)", "attempt": \#(offer.attempt), "sequence": \#(sequence), "#
                    + #""ideaId": "\#(offer.ideaId)", "status": "\#(status)"\#(more)}"#, key: key)
        }
    }

    @Test("A claim is repeated until it is acknowledged, and each report counts once, in order")
    func reports() async throws {
        try await TwoDevices.with { devices in
            let peer = try await Peer(of: devices)
            try await devices.queue(try await devices.write([("One", ""), ("Two", ""), ("Three", "")]))
            let offers = try peer.offers(2)
            #expect(offers.map(\.title) == ["One", "Two"] && offers.map(\.attempt) == [1, 1])
            #expect(offers.allSatisfy { $0.content.contains($0.title) && $0.base?.count == 40 })
            #expect(try peer.offers(2) == offers, "nothing was acknowledged")
            #expect(try peer.say("synced", 1, about: offers[0]).status == 200)
            #expect(try peer.offers(2).map(\.title) == ["Two", "Three"])

            let one = offers[0]
            #expect(try peer.say("synced", 1, about: one) == peer.say("synced", 1, about: one), "equal answers")
            #expect(try peer.say("completed", 3, about: one).status == 409, "the second is missing")
            #expect(try peer.say("running", 2, about: one).status == 200)
            let more =
                #", "summary": "Done.", "filesChanged": ["a", "b"], "result": "#
                + #"{"isEmpty": false, "files": 2, "insertions": 3, "deletions": 4, "notes": []}"#
            #expect(try peer.say("completed", 3, about: one, more: more).status == 200)
            #expect(try peer.say("failed", 4, about: one).status == 409, "what is completed stays so")
            #expect(try peer.say("running", 2, about: one).status == 200, "known since long")
            let done = try await TwoDevices.status(of: devices.source).tasks.first { $0.taskId == one.taskId }
            #expect(done?.status == "completed" && done?.summary == "Done." && done?.filesChanged == ["a", "b"])
        }
    }

    @Test("What is another pair's is not there")
    func isolation() async throws {
        try await TwoDevices.with { devices in
            let (mine, other) = (try await Peer(of: devices), try await Peer(of: devices))
            try await devices.queue(try await devices.write([("One", "")]), to: mine.pair)
            #expect(try other.offers(4).isEmpty)
            let (known, unknown) = (
                try other.pull("slots=1&devicePairId=\(mine.pair)"), try other.pull("slots=1&devicePairId=x-none")
            )
            #expect(known.status == 404 && unknown.status == 404)
            #expect(known.body.replacingOccurrences(of: mine.pair, with: "x-none") == unknown.body)
            let offer = try #require(try mine.offers(1).first)
            #expect(try mine.pull("slots=1&devicePairId=\(mine.pair)").status == 200)
            for status in ["synced", "running", "completed"] {
                #expect(try other.say(status, 1, about: offer).status == 409)
            }
            let named = #", "devicePairId": "\#(mine.pair)""#
            #expect(try other.say("synced", 1, about: offer, more: named).status == 404)
            let log = #"{"taskId": "\#(offer.taskId)", "attempt": 1, "offset": 0, "data": "eA=="}"#
            #expect(try other.probe.post("log", log, key: other.key).status == 409)
            #expect(try other.probe.send("GET", "base?taskId=\(offer.taskId)&attempt=1", key: other.key).status == 409)
            let task = try await TwoDevices.status(of: devices.source).tasks.first
            #expect(task?.status == "pending" && task?.devicePairId == mine.pair)
            #expect(try mine.say("synced", 1, about: offer).status == 200)
            #expect(try mine.probe.post("log", log, key: mine.key).status == 200)
        }
    }

    @Test("A claim that nobody acknowledges goes to another device, and the first is stale")
    func expiry() async throws {
        try await TwoDevices.with(source: ["OFFLOAD_LEASE_MS": "2000"]) { devices in
            let (slow, quick) = (try await Peer(of: devices), try await Peer(of: devices))
            try await devices.queue(try await devices.write([("One", "")]), to: slow.pair)
            let first = try #require(try slow.offers(1).first)
            _ = try await devices.wait { $0.first?.devicePairId == nil }
            let second = try #require(try quick.offers(1).first)
            #expect(second.taskId == first.taskId && second.attempt == 2)
            #expect(try slow.say("synced", 1, about: first).status == 409)
            #expect(try quick.say("synced", 1, about: second).status == 200)
        }
    }

    @Test("Nonsense is refused in words, and nothing is lost by it")
    func nonsense() async throws {
        try await TwoDevices.with { devices in
            let peer = try await Peer(of: devices)
            try await devices.queue(try await devices.write([("One", "")]))
            let offer = try #require(try peer.offers(1).first)
            let long = String(repeating: "x", count: 5_000_000)
            let known = String(repeating: String(repeating: "a", count: 40) + ",", count: 33)
            let answers = [
                try peer.pull("slots=0"), try peer.pull("slots=65"), try peer.pull("slots=x"),
                try peer.pull("slots=-1"),
                try peer.say("done", 1, about: offer), try peer.say("synced", 0, about: offer),
                try peer.say("synced", -1, about: offer),
                try peer.say("failed", 1, about: offer, more: #", "turns": -4"#),
                try peer.probe.post("status", "[]", key: peer.key),
                try peer.probe.post("status", #"{"updates": []}"#, key: peer.key),
                try peer.probe.post("status", #"{"updates": 7}"#, key: peer.key),
                try peer.probe.post("log", #"{"taskId": "T", "attempt": 1, "offset": 0, "data": ""}"#, key: peer.key),
                try peer.probe.post("log", #"{"taskId": "t", "attempt": 1, "offset": -1, "data": ""}"#, key: peer.key),
                try peer.probe.send("GET", "base", key: peer.key),
                try peer.probe.send("GET", "base?taskId=\(offer.taskId)&attempt=1&known=--all", key: peer.key),
                try peer.probe.send("GET", "base?taskId=\(offer.taskId)&attempt=1&known=\(known)", key: peer.key),
                try peer.probe.post("heartbeat", #"{"holding": "all"}"#, key: peer.key),
            ]
            #expect(answers.map(\.status) == Array(repeating: 400, count: answers.count))
            let huge = try peer.say("failed", 1, about: offer, more: #", "error": "\#(long)""#)
            #expect(huge.status == 413 || huge.status == 0)
            #expect(try peer.probe.send("GET", "pull?slots=1").status == 401)
            #expect(try peer.say("synced", 1, about: offer).status == 200)
        }
    }
}
