import Foundation
import Testing

/// The examples of `docs/api.md`, tried in their order against a real device.
@Suite("Bridge API document")
struct BridgeDocumentTests {
    @Test("Every example request is answered as shown", .timeLimit(.minutes(2)))
    func examples() async throws {
        let exchanges = DocumentedExchange.all(in: try MarkdownFile("docs/api.md"))
        try #require(exchanges.count > 15)
        try await withDocumentedDevice { device, repository in
            var counterparts = Counterparts()
            counterparts.learn("/home/ada/greeter", is: repository.path)
            counterparts.learn("127.0.0.1:4747", is: device.address)
            counterparts.learn("4f0c9e…", is: device.key)
            for exchange in exchanges {
                try compare(exchange, with: device, &counterparts)
            }
        }
    }

    private func compare(
        _ exchange: DocumentedExchange, with device: DeviceProcess, _ counterparts: inout Counterparts
    ) throws {
        let place = "docs/api.md line \(exchange.line)"
        let isStream = exchange.answerHeaders.contains { $0.1.hasPrefix("text/event-stream") }
        let shownEvents = exchange.answerBody.components(separatedBy: "\n\n")
        let answer = try send(exchange, to: device, counterparts) { body in
            isStream && String(decoding: body, as: UTF8.self).components(separatedBy: "\n\n").count > shownEvents.count
        }
        #expect(answer.statusLine == exchange.statusLine, "\(place): \(answer.text)")
        for (name, value) in exchange.answerHeaders {
            let actual = answer.headers[name.lowercased()] ?? ""
            #expect(ExpectedOutput(value).matches(actual), "\(place): \(name) is \(actual)")
        }
        if isStream {
            for (shown, actual) in zip(shownEvents, answer.text.components(separatedBy: "\n\n")) {
                compare(event: shown, actual, place, &counterparts)
            }
        } else if exchange.answerBody.hasPrefix("{") {
            let shown = try JSONValue(parsing: Data(exchange.answerBody.utf8))
            let differences = counterparts.differences(shown: shown, actual: try JSONValue(parsing: answer.body))
            #expect(differences.isEmpty, "\(place): \(differences.joined(separator: "; "))")
        } else {
            #expect(ExpectedOutput(exchange.answerBody).matches(answer.text), "\(place): \(answer.text)")
        }
    }

    private func send(
        _ exchange: DocumentedExchange, to device: DeviceProcess, _ counterparts: Counterparts,
        until enough: (Data) -> Bool
    ) throws -> HTTPExchange.Answer {
        var headers = exchange.headers
        if !headers.contains(where: { $0.0 == "X-Bridge-API-Key" }), !exchange.target.hasSuffix("/session") {
            headers.append(("X-Bridge-API-Key", device.key))
        }
        if exchange.method != "GET" { headers.append(("Content-Type", "application/json")) }
        return try HTTPExchange.send(
            exchange.method, counterparts.translate(exchange.target), to: device.address, headers: headers,
            body: exchange.body.map(counterparts.translate), until: enough)
    }

    private func compare(
        event shown: String, _ actual: String, _ place: String, _ counterparts: inout Counterparts
    ) {
        let (left, right) = (shown.components(separatedBy: "\n"), actual.components(separatedBy: "\n"))
        #expect(left.dropLast() == right.dropLast(), "\(place): \(actual)")
        guard let before = Self.data(left), let after = Self.data(right) else {
            return #expect(left == right, "\(place): \(actual)")
        }
        let differences = counterparts.differences(shown: before, actual: after, at: "event")
        #expect(differences.isEmpty, "\(place): \(differences.joined(separator: "; "))")
    }

    private static func data(_ event: [String]) -> JSONValue? {
        guard let line = event.last, line.hasPrefix("data: ") else { return nil }
        return try? JSONValue(parsing: Data(line.dropFirst(6).utf8))
    }

    @Test("The whole client of the document works", .timeLimit(.minutes(2)))
    func client() async throws {
        let block = try #require(try MarkdownFile("docs/api.md").blocks.last { $0.language == "sh" })
        // It goes on for ever.
        let leftOut = #"curl --silent --no-buffer --header "X-Bridge-API-Key: $key" "$api/stream""#
        let lines = block.text.components(separatedBy: "\n")
        #expect(lines.contains(leftOut))
        try await withDocumentedDevice { device, repository in
            _ = try device.offload(["project", "add", repository.path])
            _ = try device.offload(["batch", "start"])
            let bin = "\(device.folder)/bin"
            try FileManager.default.createDirectory(atPath: bin, withIntermediateDirectories: true)
            try FileManager.default.createSymbolicLink(
                atPath: "\(bin)/offload", withDestinationPath: DeviceProcess.binary)
            var environment = device.surroundings
            environment["PATH"] = "\(bin):\(environment["PATH"] ?? "")"
            let shell = try ShellSession(folder: device.folder, environment: environment)
            defer { shell.close() }
            var said = ""
            for line in lines where line != leftOut {
                let answer = try shell.run(line.replacing("127.0.0.1:4747", with: device.address))
                #expect(answer.exitCode == 0, "\(line): \(answer.output)")
                said += answer.output
            }
            #expect(said.contains(#""tasks":[]"#))
            #expect(said.contains(#""status":"paused""#))
        }
    }

    @Test("An answer that differs from the one shown is noticed")
    func control() throws {
        func differences(_ shown: String, _ actual: String) throws -> [String] {
            var counterparts = Counterparts()
            return counterparts.differences(
                shown: try JSONValue(parsing: Data(shown.utf8)), actual: try JSONValue(parsing: Data(actual.utf8)))
        }
        #expect(try differences(#"{"a": "t-0000000000000000", "b": 1}"#, #"{"a": "t-1111111111111111", "b": 2}"#) == [])
        #expect(try differences(#"{"a": "x"}"#, #"{"a": "y"}"#).count == 1)
        #expect(try differences(#"{"a": "x"}"#, #"{"a": "x", "b": 1}"#).count == 1)
        #expect(try differences(#"[1]"#, #"[1, 2]"#).count == 1)
        #expect(try differences(#"{"a": 1}"#, #"{"a": true}"#).count == 1)
        let swapped = #"["i-0000000000000000", "i-0000000000000000"]"#
        #expect(try differences(swapped, #"["i-1111111111111111", "i-2222222222222222"]"#).count == 1)
    }
}

/// A device called as the documents call it, and the project that they speak of.
func withDocumentedDevice<Value>(
    _ body: (DeviceProcess, SampleRepository) async throws -> Value
) async throws -> Value {
    try await withDevice(environment: ["OFFLOAD_DEVICE_NAME": "workbench"]) { device in
        let repository = try SampleRepository(
            in: device.folder, name: "greeter", settings: "agent: sample\ncheck: sh greet.sh | grep -q good\n")
        try repository.write("greet.sh", "echo hello\n")
        try repository.git("add", "greet.sh")
        try repository.git("commit", "--quiet", "--message=Greet")
        return try await body(device, repository)
    }
}
