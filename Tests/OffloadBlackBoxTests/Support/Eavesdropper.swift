import Foundation
import OffloadCrypto
import OffloadDomain

/// Somebody between two devices who ends the TLS of the one and begins a TLS of his own to the other: he reads and may change
/// everything, and has a certificate of his own.
final class Eavesdropper {
    let address: PeerAddress
    private let process = Process()
    private let record: String

    /// - Parameter victim: where the real source listens.
    init(before victim: PeerAddress, in folder: String) throws {
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        _ = try DeviceIdentity.establish(folder: folder)
        record = "\(folder)/record"
        try Self.script.write(toFile: "\(folder)/between.py", atomically: true, encoding: .utf8)
        let output = Pipe()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = [
            "python3", "\(folder)/between.py", "\(folder)/identity.pem", victim.host, String(victim.port), record,
        ]
        process.standardOutput = output
        try process.run()
        var said = ""
        while !said.contains("\n") {
            let data = output.fileHandleForReading.availableData
            guard !data.isEmpty else { throw CocoaError(.executableLoad) }
            said += String(decoding: data, as: UTF8.self)
        }
        let port = Int(said.trimmingCharacters(in: .whitespacesAndNewlines)) ?? 0
        address = PeerAddress(host: "127.0.0.1", port: port)
    }

    /// Everything that was said in clear to him.
    var recorded: String { (try? String(contentsOfFile: record, encoding: .utf8)) ?? "" }

    func stop() {
        // Programs that a test's thread starts may have every other signal blocked.
        kill(process.processIdentifier, SIGKILL)
        process.waitUntilExit()
    }

    private static let script = #"""
        import http.client, http.server, ssl, sys
        identity, host, port, record = sys.argv[1], sys.argv[2], int(sys.argv[3]), open(sys.argv[4], "a")

        class Relay(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            def relay(self):
                body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
                trusting = ssl._create_unverified_context()
                upstream = http.client.HTTPSConnection(host, port, context=trusting, timeout=10)
                headers = {k: v for k, v in self.headers.items() if k.lower() not in ("host", "content-length")}
                upstream.request(self.command, self.path, body or None, headers)
                answer = upstream.getresponse()
                content = answer.read()
                record.write(f"{self.command} {self.path} {body.decode()}\n{answer.status} {content.decode()}\n")
                record.flush()
                self.send_response(answer.status)
                self.send_header("Content-Type", answer.headers.get("Content-Type", "application/json"))
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)
            do_POST = do_GET = relay
            def log_message(self, *arguments): pass

        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Relay)
        own = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        own.load_cert_chain(identity)
        server.socket = own.wrap_socket(server.socket, server_side=True)
        print(server.server_address[1], flush=True)
        server.serve_forever()
        """#
}
