import Foundation
import OffloadClient
import OffloadDomain
import OffloadWire
import Testing

/// Two devices meet, know each other, and part.
@Suite("Pairing", .serialized, .timeLimit(.minutes(5)))
struct PairingTests {
    @Test("A code and an address make a pair that both sides see, connected, with the same words")
    func pairs() async throws {
        try await TwoDevices.with { devices in
            let code = try await devices.openCode()
            #expect(code.pairingCode.count == 6)
            #expect((1...300_000).contains(code.expiresInMs))
            #expect(code.addresses.contains(devices.address.description))
            let began = ContinuousClock.now
            let joined = try await devices.accept("\(code.pairingCode.prefix(3)) - \(code.pairingCode.suffix(3))")
            print("an honest pairing took \(began.duration(to: .now))")
            #expect(joined.success && joined.sourceDeviceName == "PC")
            #expect(joined.sourceDeviceUrl == "https://\(devices.address)")
            #expect(joined.sourceDeviceId == code.sourceDeviceId)
            let state = try await TwoDevices.state(of: devices.source)
            #expect(state.state == "taken" && state.pairingCode == nil)
            #expect(state.devicePairId == joined.devicePairId)
            #expect(state.checkWords == joined.checkWords && joined.checkWords.count == 2)

            let targets = try await TwoDevices.wait(devices.source) { $0.first?.connected == true }
            let target = try #require(targets.first)
            #expect(targets.count == 1 && target.role == "target" && target.deviceName == "Laptop-Work")
            #expect(target.peerProject == devices.targetProject.path && target.status == "active")
            #expect(target.slots == 4 && target.freeSlots == 4)
            let sources = try await TwoDevices.wait(devices.target) { $0.first?.connected == true }
            let source = try #require(sources.first)
            #expect(source.role == "source" && source.deviceName == "PC" && source.peerProject == "shop")
            #expect(source.addresses == [devices.address.description])
        }
    }

    @Test("Either side ends it at once; the other learns of it, and the history stays")
    func disconnects() async throws {
        try await TwoDevices.with { devices in
            for side in ["target", "source"] {
                let joined = try await devices.pair()
                _ = try await TwoDevices.wait(devices.source) { $0.last?.connected == true }
                let (one, other) =
                    side == "target" ? (devices.target, devices.source) : (devices.source, devices.target)
                try await one.with { client in
                    let _: DoneView = try await client.post(
                        "/api/bridge/offload/disconnect", DisconnectRequest(devicePairId: joined.devicePairId))
                }
                for device in [one, other] {
                    let list = try await TwoDevices.wait(device) { $0.last?.status == "disconnected" }
                    #expect(list.last?.devicePairId == joined.devicePairId, "kept for the history")
                    #expect(list.last?.connected == false)
                }
            }
            #expect(try await TwoDevices.devices(of: devices.source).count == 2)
        }
    }

    @Test("A device that was away learns that its pair was ended", arguments: ["target", "source"])
    func learnsLater(_ away: String) async throws {
        try await TwoDevices.with { devices in
            let joined = try await devices.pair()
            let (gone, here) = away == "target" ? (devices.target, devices.source) : (devices.source, devices.target)
            gone.kill()
            try await here.with { client in
                let _: DoneView = try await client.post(
                    "/api/bridge/offload/disconnect", DisconnectRequest(devicePairId: joined.devicePairId))
            }
            #expect(try await TwoDevices.devices(of: here).first?.status == "disconnected")
            // Whoever is to tell remembers it over a restart.
            here.kill()
            try here.start()
            try gone.start()
            let list = try await TwoDevices.wait(gone) { $0.first?.status == "disconnected" }
            #expect(list.first?.devicePairId == joined.devicePairId)
        }
    }

    @Test("Both find each other again after either was started anew")
    func reconnects() async throws {
        try await TwoDevices.with { devices in
            _ = try await devices.pair()
            _ = try await TwoDevices.wait(devices.source) { $0.first?.connected == true }
            devices.source.kill()
            _ = try await TwoDevices.wait(devices.target) { $0.first?.connected == false }
            try devices.source.start()
            _ = try await TwoDevices.wait(devices.source) { $0.first?.connected == true }
            devices.target.kill()
            try devices.target.start()
            _ = try await TwoDevices.wait(devices.target) { $0.first?.connected == true }
            #expect(try await TwoDevices.devices(of: devices.source).first?.connected == true)
        }
    }

    @Test("A source that moved is found again by the address that a person gives")
    func findsAgain() async throws {
        try await TwoDevices.with { devices in
            _ = try await devices.pair()
            devices.source.stop()
            let port = try FreePort.find()
            try devices.source.start(extra: ["OFFLOAD_PEER_PORT": String(port)])
            let said = try devices.target.offload(["devices", "set-address", "PC", "127.0.0.1:\(port)"])
            #expect(said.exitCode == 0, "\(said.errors)")
            let list = try await TwoDevices.wait(devices.target) { $0.first?.connected == true }
            #expect(list.first?.addresses?.first == "127.0.0.1:\(port)")
        }
    }

    @Test("Where nothing listens, the refusal says so in plain words, and that it is worth another try")
    func nobodyThere() async throws {
        try await TwoDevices.with { devices in
            let refusal = await #expect(throws: OffloadError.self) {
                _ = try await devices.accept("123456", at: "127.0.0.1:\(try FreePort.find())")
            }
            #expect(refusal?.kind == .device)
            #expect(refusal?.message.contains("can't be reached (Connection refused); is") == true, "\(refusal as Any)")
        }
    }

    @Test("A source whose port is taken says so, and serves its pairs once the port is free")
    func waitsForItsPort() async throws {
        try await TwoDevices.with { devices in
            _ = try await devices.pair()
            devices.target.kill()
            devices.source.kill()
            let held = try HeldPort(devices.address.port)
            try devices.source.start()
            let refusal = await #expect(throws: OffloadError.self) { _ = try await devices.openCode() }
            #expect(refusal?.kind == .conflict && refusal?.message.contains("OFFLOAD_PEER_PORT") == true)
            let said = try devices.source.offload(["devices"])
            #expect(said.errors.contains("port \(devices.address.port): another program has it"), "\(said.errors)")
            held.release()
            try devices.target.start()
            let list = try await TwoDevices.wait(devices.target) { $0.first?.connected == true }
            #expect(list.count == 1)
        }
    }

    @Test("Each of two devices gives work to the other")
    func bothWays() async throws {
        try await TwoDevices.with(target: ["OFFLOAD_PEER_PORT": String(try FreePort.find())]) { devices in
            let there = try await devices.pair()
            let back = TwoDevices(
                source: devices.target, target: devices.source, sourceProject: devices.targetProject,
                targetProject: devices.sourceProject)
            let here = try await back.pair()
            for device in [devices.source, devices.target] {
                let list = try await TwoDevices.wait(device) { $0.count == 2 && $0.allSatisfy(\.connected) }
                #expect(Set(list.map(\.devicePairId)) == [there.devicePairId, here.devicePairId])
                #expect(Set(list.map(\.role)) == ["source", "target"])
            }
        }
    }

    @Test("Nobody listens before a code is opened, after it is over, or when offloading is off")
    func listensOnlyWhenWanted() async throws {
        try await TwoDevices.with { devices in
            func isReachable() throws -> Bool {
                let probe = try CommandResult.run(
                    "/usr/bin/env",
                    [
                        "python3", "-c",
                        """
                        import socket, sys
                        socket.create_connection(("127.0.0.1", \(devices.address.port)), 5).close()
                        """,
                    ], environment: ["PATH": ProcessInfo.processInfo.environment["PATH"] ?? ""],
                    folder: devices.source.folder)
                return probe.exitCode == 0
            }
            #expect(try !isReachable())
            _ = try await devices.openCode()
            #expect(try isReachable())
            try await devices.source.with { try await $0.delete("/api/bridge/offload/pair") }
            // The next code is answered once the listener of the first is gone, at the latest.
            while try isReachable() { await Task.yield() }
            devices.source.stop()
            try devices.source.start(extra: ["OFFLOAD_ENABLED": "false"])
            let refusal = await #expect(throws: OffloadError.self) { _ = try await devices.openCode() }
            #expect(refusal?.kind == .conflict)
            #expect(try !isReachable())
        }
    }

    @Test("The command line shows the code, waits, joins, lists and parts")
    func commandLine() async throws {
        try await TwoDevices.with { devices in
            let added = try devices.source.offload(["project", "add", devices.sourceProject.path])
            #expect(added.exitCode == 0)
            let opened = try devices.source.offload(["pair", "--detach", "--json"])
            #expect(opened.exitCode == 0, "\(opened.errors)")
            let code = try JSONDecoder().decode(PairView.self, from: Data(opened.output.utf8))
            let shown = try devices.source.offload(["pair", "--detach"])
            #expect(shown.output.contains("██"))
            #expect(shown.output.contains("--source \(devices.address)"))
            #expect(!shown.output.contains(code.pairingCode), "the new code takes the place of the old")
            let digits = try #require(shown.output.firstMatch(of: /offload join (\d{6})/)?.1)
            let wrong = try devices.target.offload(
                [
                    "join", digits == "000000" ? "000001" : "000000", "--source", devices.address.description,
                    "--path", devices.targetProject.path,
                ])
            #expect(wrong.exitCode == 1 && wrong.errors.contains("code is wrong"))
            let joined = try devices.target.offload(
                [
                    "join", String(digits.prefix(3)), String(digits.suffix(3)), "--source", devices.address.description,
                    "--path", devices.targetProject.path,
                ])
            #expect(joined.exitCode == 0, "\(joined.errors)")
            let state = try await TwoDevices.state(of: devices.source)
            #expect(joined.output.contains((state.checkWords ?? ["?"]).joined(separator: " ")))
            _ = try await TwoDevices.wait(devices.source) { $0.first?.connected == true }
            let list = try devices.source.offload(["devices"])
            #expect(list.output.contains("Laptop-Work") && list.output.contains("connected"))
            #expect(try devices.target.offload(["disconnect", "PC"]).output == "Disconnected from PC.\n")
            #expect(try devices.target.offload(["devices"]).output.contains("No paired devices"))
            #expect(try devices.target.offload(["devices", "--all"]).output.contains("disconnected"))
        }
    }
}
