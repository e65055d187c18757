import Foundation
import OffloadDomain

/// A bad network between a target and its source: requests are delayed, repeated, or lost before or after they were answered,
/// and every now and then an old report comes once more. To be able to do that inside of TLS it is given the source's own key.
final class MeddlingProxy {
    let address: PeerAddress
    private let process = Process()

    /// - Parameters:
    ///   - source: where the real source listens.
    ///   - identity: the source's key and certificate.
    ///   - trouble: how many of a hundred requests something happens to.
    init(before source: PeerAddress, identity: String, in folder: String, trouble: Int) throws {
        try Self.script.write(toFile: "\(folder)/meddle.py", atomically: true, encoding: .utf8)
        let output = Pipe()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = [
            "python3", "\(folder)/meddle.py", identity, source.host, String(source.port), String(trouble),
        ]
        process.standardOutput = output
        try process.run()
        var said = ""
        while !said.contains("\n") {
            let data = output.fileHandleForReading.availableData
            guard !data.isEmpty else { throw CocoaError(.executableLoad) }
            said += String(decoding: data, as: UTF8.self)
        }
        address = PeerAddress(host: "127.0.0.1", port: Int(said.trimmingCharacters(in: .whitespacesAndNewlines)) ?? 0)
    }

    func stop() {
        // Programs that a test's thread starts may have every other signal blocked.
        kill(process.processIdentifier, SIGKILL)
        process.waitUntilExit()
    }

    private static let script = #"""
        import http.client, http.server, random, socket, ssl, sys, threading, time
        identity, host, port, trouble = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
        old, lock = [], threading.Lock()

        def ask(command, path, headers, body):
            upstream = http.client.HTTPSConnection(host, port, context=ssl._create_unverified_context(), timeout=20)
            upstream.request(command, path, body or None, headers)
            return upstream.getresponse()

        class Relay(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            def cut(self):
                self.close_connection = True
                try: self.connection.shutdown(socket.SHUT_RDWR)
                except OSError: pass
            def relay(self):
                body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
                headers = {k: v for k, v in self.headers.items() if k.lower() not in ("host", "content-length")}
                request = (self.command, self.path, headers, body)
                meddles = "handshake" not in self.path and random.randrange(100) < trouble
                kind = random.choice(["delay", "repeat", "lost", "unanswered", "old"]) if meddles else ""
                try:
                    if kind == "lost": return self.cut()
                    if kind == "delay": time.sleep(random.random() / 4)
                    if kind == "repeat" and not self.path.endswith("/events"): ask(*request).read()
                    if kind == "old":
                        with lock: again = random.choice(old) if old else None
                        if again: ask(*again).read()
                    answer = ask(*request)
                    if self.path.endswith("/status"):
                        with lock: old.append(request); del old[:-50]
                    if kind == "unanswered" and not self.path.endswith("/events"):
                        answer.read()
                        return self.cut()
                    self.send_response(answer.status)
                    self.send_header("Content-Type", answer.headers.get("Content-Type", "application/json"))
                    length = answer.headers.get("Content-Length")
                    if length is None:
                        self.send_header("Transfer-Encoding", "chunked")
                        self.end_headers()
                        while piece := answer.read1(65536):
                            self.wfile.write(b"%x\r\n%s\r\n" % (len(piece), piece)); self.wfile.flush()
                        self.wfile.write(b"0\r\n\r\n")
                    else:
                        self.send_header("Content-Length", length)
                        self.end_headers()
                        self.wfile.write(answer.read())
                except (OSError, http.client.HTTPException):
                    self.cut()
            do_POST = do_GET = relay
            def log_message(self, *arguments): pass

        class Server(http.server.ThreadingHTTPServer):
            daemon_threads = True
            def handle_error(self, *arguments): pass

        server = Server(("127.0.0.1", 0), Relay)
        own = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        own.load_cert_chain(identity)
        server.socket = own.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
        print(server.server_address[1], flush=True)
        server.serve_forever()
        """#
}
