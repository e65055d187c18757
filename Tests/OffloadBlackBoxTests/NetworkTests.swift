import Foundation
import OffloadClient
import OffloadDomain
import OffloadWire
import Testing

/// Devices in network namespaces of their own, as on several machines.
@Suite("Networks", .serialized, .timeLimit(.minutes(5)))
struct NetworkTests {
    #if os(Linux)
    /// A machine in the middle and two beside it, each on a network of its own.
    private struct Networks {
        let names: [String]

        init() throws {
            let unique = String(UInt32.random(in: 0...0xFFFF), radix: 16)
            names = ["pc", "lap", "far"].map { "off\(unique)\($0)" }
            for name in names { try Self.ip("netns", "add", name) }
            for name in names { try Self.ip("-n", name, "link", "set", "lo", "up") }
            try connect(0, "10.77.0.1/24", 1, "10.77.0.2/24")
            // Addresses for documentation (RFC 5737), which lead into the world as far as anybody can tell by looking.
            try connect(0, "203.0.113.1/24", 2, "203.0.113.2/24")
        }

        private func connect(_ left: Int, _ leftAddress: String, _ right: Int, _ rightAddress: String) throws {
            let (one, other) = ("v\(left)\(right)a", "v\(left)\(right)b")
            try Self.ip(
                "-n", names[left], "link", "add", one, "type", "veth", "peer", "name", other, "netns", names[right])
            for (name, link, address) in [(names[left], one, leftAddress), (names[right], other, rightAddress)] {
                try Self.ip("-n", name, "address", "add", address, "dev", link)
                try Self.ip("-n", name, "link", "set", link, "up")
            }
        }

        func remove() {
            for name in names { try? Self.ip("netns", "delete", name) }
        }

        func launcher(_ index: Int) -> [String] { ["ip", "netns", "exec", names[index]] }

        private static func ip(_ arguments: String...) throws {
            let result = try CommandResult.run(
                "/usr/bin/env", ["ip"] + arguments,
                environment: ["PATH": "/usr/sbin:/sbin:/usr/bin:/bin"], folder: "/")
            guard result.exitCode == 0 else { throw Missing(reason: result.errors) }
        }

        struct Missing: Error {
            let reason: String
        }
    }

    @Test("Two namespaces pair by code and address; one on a network that is not local is refused")
    func namespaces() async throws {
        let networks: Networks
        do {
            networks = try Networks()
        } catch {
            print("skipped: network namespaces are not to be had here: \(error)")
            return
        }
        defer { networks.remove() }
        try await withScratchFolder { folder in
            var devices: [DeviceProcess] = []
            defer { for device in devices { device.kill() } }
            for (index, name) in ["pc", "lap", "far"].enumerated() {
                try FileManager.default.createDirectory(
                    atPath: "\(folder)/\(name)/home", withIntermediateDirectories: true)
                _ = try SampleRepository(in: "\(folder)/\(name)")
                let device = DeviceProcess(
                    folder: "\(folder)/\(name)",
                    environment: [
                        "OFFLOAD_LAN_ONLY": "true", "OFFLOAD_PEER_PORT": "4748", "OFFLOAD_DEVICE_NAME": name,
                        "PATH": "/usr/sbin:/sbin:" + (ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin"),
                    ], launcher: networks.launcher(index))
                devices.append(device)
                try device.start()
            }
            let (pc, laptop, far) = (devices[0], devices[1], devices[2])
            #expect(try pc.offload(["project", "add", "project"]).exitCode == 0)
            let opened = try pc.offload(["pair", "--detach", "--json"])
            let code = try JSONDecoder().decode(PairView.self, from: Data(opened.output.utf8))
            #expect(code.addresses.first == "10.77.0.1:4748", "local addresses come first")
            #expect(code.addresses.contains("203.0.113.1:4748"))

            let refused = try far.offload(
                ["join", code.pairingCode, "--source", "203.0.113.1:4748", "--path", "project"])
            #expect(refused.exitCode == 1 && refused.errors.contains("can't be reached"), "\(refused)")
            let joined = try laptop.offload(["join", code.pairingCode, "--source", "10.77.0.1", "--path", "project"])
            #expect(joined.exitCode == 0, "\(joined.errors)")
            #expect(joined.output.contains("Paired with \"pc\""))

            // The control: without the setting the same way is open.
            pc.stop()
            try pc.start(extra: ["OFFLOAD_LAN_ONLY": "false"])
            let again = try pc.offload(["pair", "--detach", "--json"])
            let second = try JSONDecoder().decode(PairView.self, from: Data(again.output.utf8))
            let admitted = try far.offload(
                ["join", second.pairingCode, "--source", "203.0.113.1:4748", "--path", "project"])
            #expect(admitted.exitCode == 0, "\(admitted.errors)")
        }
    }
    #endif

    /// Delays every piece of data by half a round trip, and the first of each connection by the round trip more that opening it
    /// would have taken.
    private static let delayScript = #"""
        import asyncio, sys
        port, half = int(sys.argv[1]), float(sys.argv[2])
        async def pump(reader, writer, extra):
            loop = asyncio.get_running_loop()
            queue = asyncio.Queue()
            async def deliver():
                while True:
                    due, data = await queue.get()
                    await asyncio.sleep(max(0, due - loop.time()))
                    if data is None: writer.close(); return
                    writer.write(data)
            task = asyncio.create_task(deliver())
            try:
                while data := await reader.read(65536):
                    queue.put_nowait((loop.time() + half + extra, data)); extra = 0
            except OSError: pass
            queue.put_nowait((loop.time() + half, None))
            await task
        async def accept(reader, writer):
            up_reader, up_writer = await asyncio.open_connection("127.0.0.1", port)
            await asyncio.gather(pump(reader, up_writer, 2 * half), pump(up_reader, writer, 0), return_exceptions=True)
        async def main():
            server = await asyncio.start_server(accept, "127.0.0.1", 0)
            print(server.sockets[0].getsockname()[1], flush=True)
            await server.serve_forever()
        asyncio.run(main())
        """#

    @Test("A pairing works over a network with a round trip of 150 milliseconds")
    func slowNetwork() async throws {
        try await TwoDevices.with { devices in
            let path = "\(devices.source.folder)/delay.py"
            try Self.delayScript.write(toFile: path, atomically: true, encoding: .utf8)
            let delay = Process()
            let output = Pipe()
            delay.executableURL = URL(fileURLWithPath: "/usr/bin/env")
            delay.arguments = ["python3", path, String(devices.address.port), "0.075"]
            delay.standardOutput = output
            try delay.run()
            defer {
                kill(delay.processIdentifier, SIGKILL)
                delay.waitUntilExit()
            }
            let said = String(decoding: output.fileHandleForReading.availableData, as: UTF8.self)
            let port = said.trimmingCharacters(in: .whitespacesAndNewlines)
            let code = try await devices.openCode().pairingCode
            let began = ContinuousClock.now
            let joined = try await devices.accept(code, at: "127.0.0.1:\(port)")
            print("a pairing over a round trip of 150 ms took \(began.duration(to: .now))")
            #expect(joined.success)
            _ = try await TwoDevices.wait(devices.source) { $0.first?.connected == true }
        }
    }
}
