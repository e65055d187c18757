import Foundation
import OffloadClient
import OffloadCrypto
import OffloadDomain
import OffloadWire
import Testing

/// Thousands of connections that say nothing, or very slowly, at the device listener.
@Suite("Floods of the device listener", .serialized, .timeLimit(.minutes(5)))
struct PeerFloodTests {
    /// Opens `count` connections and keeps them: a third says nothing, a third begins a TLS handshake and stops, a third sends
    /// garbage. Connections that are closed on it are opened anew, until it is ended.
    private static let script = #"""
        import socket, ssl, sys, selectors, time
        port, count = int(sys.argv[1]), int(sys.argv[2])
        hello = bytes.fromhex("16030100c8010000c40303")
        waiting = selectors.DefaultSelector()
        opened = 0
        def connect(number):
            global opened
            try:
                # Each address has its own share of places; a flood from the paired device's own would take those.
                s = socket.create_connection(("127.0.0.1", port), 5, source_address=(f"127.0.0.{2 + number % 4}", 0))
            except OSError:
                return
            opened += 1
            try:
                if number % 3 == 1: s.send(hello)
                if number % 3 == 2: s.send(b"GET / HTTP/1.1\r\n\r\n")
            except OSError:
                pass
            s.setblocking(False)
            waiting.register(s, selectors.EVENT_READ, number)
        for number in range(count):
            connect(number)
            if number == count // 2: print("half", flush=True)
        print("all", flush=True)
        while True:
            for key, _ in waiting.select(0.2):
                waiting.unregister(key.fileobj)
                key.fileobj.close()
                connect(key.data)
        """#

    private static func openFiles(of device: DeviceProcess) throws -> Int {
        try FileManager.default.contentsOfDirectory(atPath: "/proc/\(device.pid)/fd").count
    }

    #if os(Linux)
    @Test("A paired device still gets its answers, and nothing is left over")
    func flood() async throws {
        try await TwoDevices.with { devices in
            let probe = PeerProbe(address: devices.address)
            let fingerprint = try DeviceIdentity.establish(folder: devices.source.dataFolder).fingerprint
            let outcome = try probe.pair(
                code: try await devices.openCode().pairingCode, source: fingerprint
            ).outcome
            let pair = JoinedPair(
                id: PairID(unchecked: outcome.pairID), sourceDeviceID: DeviceID(unchecked: "d-1"), sourceName: "PC",
                sourceProject: "shop", projectID: ProjectID(unchecked: "p-1"), fingerprint: fingerprint.hex,
                key: PairKey(outcome.key.reveal), addresses: [devices.address], createdAt: Timestamp(milliseconds: 0))
            let before = try Self.openFiles(of: devices.source)
            let path = "\(devices.source.folder)/flood.py"
            try Self.script.write(toFile: path, atomically: true, encoding: .utf8)
            let flood = Process()
            let output = Pipe()
            flood.executableURL = URL(fileURLWithPath: "/usr/bin/env")
            flood.arguments = ["python3", path, String(devices.address.port), String(Effort.count(600, full: 4_000))]
            flood.standardOutput = output
            try flood.run()
            defer {
                kill(flood.processIdentifier, SIGKILL)
                flood.waitUntilExit()
            }
            _ = output.fileHandleForReading.availableData

            let durations = Durations()
            try await PeerClient().connect(to: pair, at: devices.address) { connection in
                for _ in 0..<200 {
                    let began = ContinuousClock.now
                    _ = try await connection.heartbeat(
                        Presence.Heartbeat(
                            instance: "probe", start: 1, version: "1", slots: 1, freeSlots: 1, agents: []), holding: [])
                    await durations.add(began.duration(to: .now))
                }
            }
            print("under the flood: p50 \(await durations.percentile(50)), p99 \(await durations.percentile(99))")
            #expect(try Self.openFiles(of: devices.source) < before + 80, "strangers have few places")
            kill(flood.processIdentifier, SIGKILL)
            flood.waitUntilExit()
            while try Self.openFiles(of: devices.source) > before + 5 { await Task.yield() }
        }
    }
    #endif

    private actor Durations {
        private var all: [Duration] = []

        func add(_ duration: Duration) { all.append(duration) }

        func percentile(_ share: Int) -> Duration {
            let sorted = all.sorted()
            return sorted.isEmpty ? .zero : sorted[min(sorted.count - 1, sorted.count * share / 100)]
        }
    }
}
