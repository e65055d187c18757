import Foundation

/// The only way between two machines, and a bad one: it loses, repeats, delays and reorders packets, and can be cut, in one
/// direction too. Each machine is a network namespace with a TUN device in it, and a program carries the packets from the one to
/// the other; so TCP itself is what suffers, as on a real network, and nothing has to be in the kernel but TUN.
final class BadLink {
    /// What happens to packets; shares are parts of a hundred.
    struct Trouble {
        var lost = 0
        var repeated = 0
        /// How many go past those that wait.
        var overtaking = 0
        /// One way, in milliseconds.
        var delay = 0
        /// How much more or less than `delay` it may be.
        var jitter = 0
        /// Where the dice begin.
        var seed = 1
    }

    enum Change: String, Sendable, CaseIterable {
        case cut
        case cutToTarget = "cut-ab"
        case cutToSource = "cut-ba"
        case heal
    }

    struct Machine {
        /// How a program is started there.
        let launcher: [String]
        /// Where programs there listen for the other machine.
        let host: String
        let environment: [String: String]
    }

    /// Namespaces or TUN devices are not to be had here.
    struct Missing: Error, CustomStringConvertible {
        let description: String
    }

    let source: Machine
    let target: Machine
    private let process = Process()
    private let (input, output) = (Pipe(), Pipe())
    private var said = Data()

    /// - Throws: `Missing` when this machine can't have such a link.
    init(_ trouble: Trouble = Trouble()) throws {
        let unique = "off\(String(UInt32.random(in: 0...0xFFFFFF), radix: 16))"
        let (names, hosts) = (["\(unique)a", "\(unique)b"], ["10.78.0.1", "10.78.0.2"])
        // The Bridge API is on the loopback of a namespace, where no test can be. The same port here leads there.
        let ports = [try FreePort.find(), try FreePort.find()]
        let machines = zip(names, zip(hosts, ports)).map { name, place in
            Machine(
                launcher: ["ip", "netns", "exec", name], host: place.0,
                environment: ["OFFLOAD_PORT": String(place.1), "PATH": Self.path])
        }
        (source, target) = (machines[0], machines[1])
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.environment = ["PATH": Self.path]
        process.arguments =
            ["python3", "-c", Self.script] + names + hosts + ports.map(String.init)
            + [trouble.lost, trouble.repeated, trouble.overtaking, trouble.delay, trouble.jitter, trouble.seed].map(
                String.init)
        process.standardInput = input
        process.standardOutput = output
        try process.run()
        let answer = line()
        guard answer == "ready" else {
            stop()
            // The program says what it can't have; when it says nothing, the program itself is at fault.
            throw answer.isEmpty ? CocoaError(.executableLoad) : Missing(description: answer)
        }
    }

    /// Changes the link, and returns when it is changed.
    func tell(_ change: Change) throws {
        try input.fileHandleForWriting.write(contentsOf: Data("\(change.rawValue)\n".utf8))
        guard line() == change.rawValue else { throw CocoaError(.executableRuntimeMismatch) }
    }

    /// Ends the link and removes both machines. They also go when the test's process ends, however it does.
    /// - Returns: what became of the packets, in words.
    @discardableResult
    func stop() -> String {
        try? input.fileHandleForWriting.close()
        let summary = line()
        process.waitUntilExit()
        return summary
    }

    private static var path: String {
        "/usr/sbin:/sbin:" + (ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin")
    }

    /// The next line that the program says; empty when it has ended.
    private func line() -> String {
        while !said.contains(UInt8(ascii: "\n")) {
            let data = output.fileHandleForReading.availableData
            guard !data.isEmpty else { return "" }
            said += data
        }
        let line = said.prefix { $0 != UInt8(ascii: "\n") }
        said = Data(said.dropFirst(line.count + 1))
        return String(decoding: line, as: UTF8.self)
    }

    private static let script = #"""
        import asyncio, contextlib, ctypes, fcntl, os, random, socket, struct, subprocess, sys

        names, hosts, ports = sys.argv[1:3], sys.argv[3:5], [int(port) for port in sys.argv[5:7]]
        lost, repeated, overtaking = (int(share) / 100 for share in sys.argv[7:10])
        delay, jitter = (int(milliseconds) / 1000 for milliseconds in sys.argv[10:12])
        dice = random.Random(int(sys.argv[12]))
        counts = dict.fromkeys(["carried", "lost", "repeated", "overtaking", "cut"], 0)
        # Ways that are cut: "ab" leads from the first machine to the second.
        closed = set()
        system = ctypes.CDLL(None, use_errno=True)

        def ip(*words):
            done = subprocess.run(["ip", *words], capture_output=True, text=True)
            if done.returncode: raise OSError(f"ip {' '.join(words)}: {done.stderr.strip()}")

        @contextlib.contextmanager
        def inside(name):
            "What is opened in here belongs to the namespace, also after it was left."
            def enter(namespace):
                if system.setns(namespace, 0x40000000): raise OSError(ctypes.get_errno(), "setns")
            with open("/proc/self/ns/net") as home, open(f"/run/netns/{name}") as there:
                enter(there.fileno())
                try: yield
                finally: enter(home.fileno())

        def machine(name, own, other):
            "A namespace whose only way out is a device that this program reads from and writes to."
            ip("netns", "add", name)
            with inside(name):
                device = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
                # TUNSETIFF with IFF_TUN | IFF_NO_PI: whole IP packets without a header of the device's own.
                fcntl.ioctl(device, 0x400454CA, struct.pack("16sH22x", b"road", 0x0001 | 0x1000))
            ip("-n", name, "link", "set", "lo", "up")
            ip("-n", name, "address", "add", own, "peer", other, "dev", "road")
            ip("-n", name, "link", "set", "road", "up")
            return device

        def happens(share): return dice.random() < share

        def carry(loop, device, other, way):
            with contextlib.suppress(BlockingIOError):
                while True:
                    packet = os.read(device, 65536)
                    again = happens(repeated)
                    counts["repeated"] += again
                    for _ in range(1 + again):
                        if happens(lost):
                            counts["lost"] += 1
                            continue
                        wait = max(0, dice.uniform(delay - jitter, delay + jitter))
                        if happens(overtaking): wait, counts["overtaking"] = 0, counts["overtaking"] + 1
                        loop.call_later(wait, arrive, other, packet, way)

        def arrive(device, packet, way):
            if way in closed:
                counts["cut"] += 1
                return
            # A machine that can't keep up loses packets as well.
            with contextlib.suppress(OSError):
                os.write(device, packet)
                counts["carried"] += 1

        async def pump(reader, writer):
            with contextlib.suppress(OSError):
                while piece := await reader.read(65536):
                    writer.write(piece)
                    await writer.drain()
            writer.close()

        async def door(name, port):
            "Leads from a port of this machine's loopback to the same port of the namespace's."
            async def enter(reader, writer):
                with inside(name): connection = socket.socket()
                connection.setblocking(False)
                try: await asyncio.get_running_loop().sock_connect(connection, ("127.0.0.1", port))
                except OSError: return writer.close()
                there, back = await asyncio.open_connection(sock=connection)
                await asyncio.gather(pump(reader, back), pump(there, writer))
            return await asyncio.start_server(enter, "127.0.0.1", port)

        def obey(done):
            words = os.read(0, 4096).decode()
            if not words and not done.done(): done.set_result(None)
            for word in words.split():
                closed.clear()
                closed.update({"heal": [], "cut": ["ab", "ba"]}.get(word, [word.removeprefix("cut-")]))
                print(word, flush=True)

        async def main():
            loop = asyncio.get_running_loop()
            first, second = machine(names[0], *hosts), machine(names[1], *reversed(hosts))
            loop.add_reader(first, carry, loop, first, second, "ab")
            loop.add_reader(second, carry, loop, second, first, "ba")
            doors = [await door(name, port) for name, port in zip(names, ports)]
            done = loop.create_future()
            loop.add_reader(0, obey, done)
            print("ready", flush=True)
            # The end of the input, which also comes when whoever started this has died.
            await done
            print(", ".join(f"{count} {what}" for what, count in counts.items()), flush=True)

        try: asyncio.run(main())
        except OSError as error: print(error, flush=True)
        finally:
            for name in names: subprocess.run(["ip", "netns", "delete", name], capture_output=True)
        """#
}
