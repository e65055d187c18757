import Foundation
import HTTPTypes
import OffloadClient
import OffloadServer
import OffloadWire
import Testing

/// Every route of the control listener, asked by those who must not get anything.
@Suite("The gate", .serialized)
struct GateTests {
    /// One request that a stranger, a web page or a confused program might send.
    struct Stranger: Sendable, CustomStringConvertible {
        let description: String
        let headers: @Sendable (String) -> [String]
        let expected: [Int]
        /// For methods that change something only.
        var changesOnly = false
        var openRoutesToo = true
    }

    static func good(_ address: String) -> [String] {
        ["Host: \(address)", "X-Bridge-API-Key: \(DeviceProcess.key)", "Content-Type: application/json"]
    }

    static let strangers: [Stranger] = [
        .init(
            description: "no key", headers: { ["Host: \($0)", "Content-Type: application/json"] }, expected: [401],
            openRoutesToo: false),
        .init(
            description: "wrong key",
            headers: { ["Host: \($0)", "X-Bridge-API-Key: wrong", "Content-Type: application/json"] }, expected: [401],
            openRoutesToo: false),
        .init(
            description: "two keys",
            headers: { good($0) + ["Authorization: Bearer \(DeviceProcess.key)"] }, expected: [401],
            openRoutesToo: false),
        .init(
            description: "foreign Host",
            headers: { address in ["Host: evil.example:\(address.split(separator: ":")[1])"] + good(address).dropFirst()
            },
            expected: [421]),
        .init(
            description: "Host with a trailing dot",
            headers: { address in ["Host: localhost.:\(address.split(separator: ":")[1])"] + good(address).dropFirst()
            },
            expected: [421]),
        .init(
            description: "upper-case Host",
            headers: { address in
                ["Host: LOCALHOST:\(address.split(separator: ":")[1])"] + good(address).dropFirst()
            }, expected: [421]),
        .init(description: "two Hosts", headers: { good($0) + ["Host: \($0)"] }, expected: [400, 421]),
        .init(description: "no Host", headers: { Array(good($0).dropFirst()) }, expected: [400, 421]),
        .init(description: "foreign Origin", headers: { good($0) + ["Origin: http://evil.example"] }, expected: [403]),
        .init(description: "null Origin", headers: { good($0) + ["Origin: null"] }, expected: [403]),
        .init(
            description: "lookalike Origin", headers: { good($0) + ["Origin: http://localhost.evil.example"] },
            expected: [403]),
        .init(
            description: "another port's Origin", headers: { good($0) + ["Origin: http://127.0.0.1:9"] },
            expected: [403]),
        .init(
            description: "cross-site fetch", headers: { good($0) + ["Sec-Fetch-Site: cross-site"] }, expected: [403]),
        .init(
            description: "text/plain", headers: { Array(good($0).dropLast()) + ["Content-Type: text/plain"] },
            expected: [415], changesOnly: true),
        .init(
            description: "a form",
            headers: { Array(good($0).dropLast()) + ["Content-Type: application/x-www-form-urlencoded"] },
            expected: [415], changesOnly: true),
        .init(
            description: "no content type", headers: { Array(good($0).dropLast()) }, expected: [415], changesOnly: true),
    ]

    @Test("Every route refuses every stranger, and nothing changes")
    func everyRouteRefusesStrangers() async throws {
        try await withDevice { device in
            let before = try await state(device)
            for route in ControlServer.routes + ControlServer.pages {
                let path = route.path.replacingOccurrences(of: "{id}", with: "batch1")
                for stranger in Self.strangers {
                    if stranger.changesOnly, ["GET", "DELETE"].contains(route.method.rawValue) { continue }
                    if !stranger.openRoutesToo, route.access == .open { continue }
                    let answer = try RawHTTP.send(
                        request(route.method.rawValue, path, stranger.headers(device.address)), to: device.address)
                    #expect(
                        stranger.expected.contains(answer.status),
                        "\(route.method) \(route.path) answers \(answer.status) to \(stranger.description)")
                    #expect(answer.headers["access-control-allow-origin"] == nil)
                    #expect(answer.headers["x-content-type-options"] == "nosniff" || answer.status == 400)
                }
            }
            #expect(try await state(device) == before)
        }
    }

    @Test("The same requests with the right head get in, so the walker above can tell the difference")
    func control() async throws {
        try await withDevice { device in
            for route in ControlServer.routes where route.access == .key && !route.path.hasSuffix("/stream") {
                let path = route.path.replacingOccurrences(of: "{id}", with: "batch1")
                let answer = try RawHTTP.send(
                    request(route.method.rawValue, path, Self.good(device.address)), to: device.address)
                #expect(![401, 403, 415, 421].contains(answer.status), "\(route.path) answers \(answer.status)")
                #expect(answer.status < 500, "\(route.path) answers \(answer.status): \(answer.body)")
            }
        }
    }

    @Test(
        "Paths that could be read in two ways are refused",
        arguments: [
            "/api/bridge//status", "/api/bridge/%73tatus", "/api/bridge/ideas/..%2fstatus", "/api/bridge/../status",
            "/api/bridge/./status", "/api\\bridge\\status", "/api/bridge/status%00", "/api/bridge/ideas/%2e%2e/status",
        ])
    func ambiguousPaths(_ path: String) async throws {
        try await withDevice { device in
            let answer = try RawHTTP.send(request("GET", path, Self.good(device.address)), to: device.address)
            #expect([400, 404].contains(answer.status), "\(path) answers \(answer.status)")
        }
    }

    @Test("A key in the query opens nothing, and a link opens once")
    func keysAndLinks() async throws {
        try await withDevice { device in
            let byQuery = try RawHTTP.send(
                request("GET", "/api/bridge/status?key=\(DeviceProcess.key)", ["Host: \(device.address)"]),
                to: device.address)
            #expect(byQuery.status == 401)
            let link: LinkView = try await device.with { try await $0.post("/api/bridge/link") }
            let secret = try #require(link.url.split(separator: "#").last)
            let swap = "{\"secret\":\"\(secret)\"}"
            let headers = ["Host: \(device.address)", "Content-Type: application/json"]
            let first = try RawHTTP.send(request("POST", "/api/bridge/session", headers, swap), to: device.address)
            #expect(first.status == 200)
            #expect(!first.body.contains(device.key), "a browser never gets the device's key")
            let session = try #require(
                first.body.split(separator: "\"").map(String.init).first { $0.hasPrefix("session.") })
            let own = ["Host: \(device.address)", "Content-Type: application/json", "X-Bridge-API-Key: \(session)"]
            #expect(try RawHTTP.send(request("GET", "/api/bridge/status", own), to: device.address).status == 200)
            #expect(
                try RawHTTP.send(request("POST", "/api/bridge/link", own, "{}"), to: device.address).status == 403,
                "a session makes no other")
            #expect(
                try RawHTTP.send(
                    request("GET", "/api/bridge/status", own.dropLast() + ["X-Bridge-API-Key: \(session)0"]),
                    to: device.address
                ).status == 401)
            let second = try RawHTTP.send(request("POST", "/api/bridge/session", headers, swap), to: device.address)
            #expect(second.status == 401)
        }
    }

    @Test("It listens on loopback only")
    func loopbackOnly() async throws {
        #if os(Linux)
        try await withDevice { device in
            let port = try #require(UInt16(device.address.split(separator: ":")[1]))
            let wanted = String(format: ":%04X", port)
            let table = try String(contentsOfFile: "/proc/net/tcp", encoding: .utf8)
            let local = table.split(separator: "\n").compactMap { $0.split(separator: " ").dropFirst().first }
                .filter { $0.hasSuffix(wanted) }
            #expect(local.allSatisfy { $0 == "0100007F\(wanted)" })
            #expect(!local.isEmpty)
            #expect(try !String(contentsOfFile: "/proc/net/tcp6", encoding: .utf8).contains(wanted + " 00000000"))
        }
        #endif
    }

    private func request(_ method: String, _ path: String, _ headers: [String], _ body: String = "{}") -> String {
        let hasBody = !["GET", "DELETE"].contains(method)
        let length = hasBody ? "Content-Length: \(body.utf8.count)\r\n" : ""
        let head = headers.map { "\($0)\r\n" }.joined()
        return "\(method) \(path) HTTP/1.1\r\n\(head)\(length)Connection: close\r\n\r\n\(hasBody ? body : "")"
    }

    /// Everything that a refused request could have changed.
    private func state(_ device: DeviceProcess) async throws -> String {
        try await device.with { client in
            let projects: ProjectList = try await client.get("/api/bridge/projects")
            let ideas: IdeaList = try await client.get("/api/bridge/ideas")
            let batches: BatchList = try await client.get("/api/bridge/batches")
            return "\(projects.projects) \(ideas.ideas) \(batches.batches)"
        }
    }
}
