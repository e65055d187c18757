import Foundation
import Testing

/// `docs/openapi.json` held against what a running device answers.
@Suite("OpenAPI document")
struct OpenAPITests {
    private let document: OpenAPIDocument

    init() throws { document = try OpenAPIDocument() }

    /// Asks the device, holds request and answer against the document, and remembers what was asked.
    private final class Caller {
        let document: OpenAPIDocument
        let device: DeviceProcess
        private(set) var asked: Set<OpenAPIDocument.Operation> = []

        init(_ document: OpenAPIDocument, _ device: DeviceProcess) {
            self.document = document
            self.device = device
        }

        @discardableResult
        func call(
            _ method: String, _ target: String, _ body: String? = nil, expecting status: Int = 200,
            headers more: [(String, String)] = [], until enough: (Data) -> Bool = { _ in false }
        ) throws -> JSONValue {
            var headers = more
            if !more.contains(where: { $0.0 == "X-Bridge-API-Key" }) {
                headers.append(("X-Bridge-API-Key", device.key))
            }
            if !more.contains(where: { $0.0 == "Content-Type" }), method != "GET" {
                headers.append(("Content-Type", "application/json"))
            }
            let answer = try HTTPExchange.send(
                method, "/api/bridge/\(target)", to: device.address, headers: headers, body: body, until: enough)
            let operation = try #require(document.operation(method, "/api/bridge/\(target)"), "\(method) \(target)")
            asked.insert(operation)
            #expect(answer.status == status, "\(operation): \(answer.text)")
            let problems = document.problems(with: answer, of: operation)
            #expect(problems.isEmpty, "\(problems.joined(separator: "\n"))")
            if let body, status < 400 {
                let problems = document.problems(withRequest: body, of: operation)
                #expect(problems.isEmpty, "\(problems.joined(separator: "\n"))")
            }
            if let value = try? JSONValue(parsing: answer.body) { return value }
            return .string(answer.text)
        }
    }

    @Test("Every operation answers as documented", .timeLimit(.minutes(2)))
    func operations() async throws {
        try await withDocumentedDevice { device, repository in
            let caller = Caller(document, device)
            try caller.call("GET", "status")
            let link = try caller.call("POST", "link")["url"]?.text ?? ""
            let secret = link.split(separator: "#").last ?? ""
            try caller.call("POST", "session", #"{"secret": "\#(secret)"}"#)
            let project = try caller.call("POST", "projects", #"{"path": "\#(repository.path)"}"#, expecting: 201)
            let projectID = try #require(project["id"]?.text)
            try caller.call("GET", "projects")
            try caller.call("GET", "projects/\(projectID)")
            try caller.call("PATCH", "projects/\(projectID)", #"{"name": "Greeter"}"#)
            let ideas = try ideas(of: projectID, caller)
            let task = try run(ideas, caller)
            try caller.call("GET", "ideas/\(ideas[0])")
            try caller.call("GET", "tasks?projectId=\(projectID)&status=completed")
            try caller.call("GET", "tasks?limit=500&offset=0")
            try caller.call("GET", "tasks/\(task)/log?offset=3&limit=5")
            try errors(projectID, ideas, task, caller)
            try results(projectID, task, caller)
            try events(caller)
            try caller.call("DELETE", "ideas/\(ideas[3])", expecting: 204)
            try otherDevices(projectID, ideas[0], caller)
            try caller.call("DELETE", "projects/\(projectID)", expecting: 204)
            #expect(caller.asked == Set(document.operations), "every documented operation is asked")
        }
    }

    private func results(_ project: String, _ task: String, _ caller: Caller) throws {
        let path = "offload/results/\(task)"
        try caller.call("GET", "offload/results?projectId=\(project)&state=ready")
        try caller.call("GET", "offload/results?state=strange", expecting: 400)
        try caller.call("GET", "\(path)?limit=5")
        try caller.call("GET", "offload/results/t-none", expecting: 404)
        let patch = try caller.call("GET", "\(path)/diff?path=greet.sh")
        #expect(patch["nextOffset"] == nil)
        try caller.call("GET", "\(path)/diff?offset=33&limit=1024")
        try caller.call("GET", "\(path)/diff?limit=1", expecting: 400)
        try caller.call("GET", "\(path)/diff?offset=33554433", expecting: 400)
        let other = try caller.call("POST", "\(path)/merge", #"{"commit": "0000000"}"#, expecting: 409)
        #expect(other["error"]?.text == "stale")
        #expect(try caller.call("POST", "\(path)/merge", #"{"attempt": 2}"#, expecting: 409)["error"]?.text == "stale")
        try caller.call("POST", "\(path)/merge", #"{"mode": "files"}"#, expecting: 400)
        let merged = try caller.call("POST", "\(path)/merge", #"{"mode": "squash", "message": "Be kind"}"#)
        #expect(merged["merged"]?["mode"]?.text == "squash")
        try caller.call("POST", "\(path)/discard", expecting: 409)
        try caller.call("POST", "\(path)/undo")
        let again = try caller.call("POST", "\(path)/retry-with-conflict")
        let id = try #require(again["id"]?.text)
        try caller.call("GET", "tasks/\(id)/log?follow=true")
        try caller.call("POST", "\(path)/merge", "{}", expecting: 409)
        try caller.call("POST", "\(path)/undo")
        try caller.call("POST", "\(path)/discard")
    }

    /// What can be asked of one device alone.
    private func otherDevices(_ project: String, _ idea: String, _ caller: Caller) throws {
        try caller.call("POST", "offload/pair", #"{"projectId": "\#(project)"}"#, expecting: 201)
        try caller.call("GET", "offload/pair")
        try caller.call("DELETE", "offload/pair", expecting: 204)
        let accept = #"{"pairingCode": "1", "targetProjectPath": "/", "sourceUrl": "x"}"#
        try caller.call("POST", "offload/accept", accept, expecting: 400)
        try caller.call("POST", "offload/disconnect", #"{"devicePairId": "x-none"}"#, expecting: 404)
        let queue = #"{"ideaIds": ["\#(idea)"]}"#
        try caller.call("POST", "offload/queue", queue, expecting: 409)
        try caller.call("GET", "offload/status?projectId=\(project)&status=running")
        try caller.call("GET", "offload/devices")
        try caller.call("POST", "offload/devices/x-none/control", #"{"action": "pause"}"#, expecting: 404)
        try caller.call("PATCH", "offload/devices/x-none", #"{"address": "localhost"}"#, expecting: 404)
    }

    /// One that succeeds, one whose check fails, one that never ends, one that is left alone.
    private func ideas(of project: String, _ caller: Caller) throws -> [String] {
        let good = try caller.call(
            "POST", "ideas",
            #"{"projectId": "\#(project)", "title": "Be kind", "status": "accepted", "expectedPaths": ["greet.sh"], "#
                + #""description": "```sample\nreplace greet.sh | hello | good day\n```"}"#,
            expecting: 201)
        let others = try caller.call(
            "POST", "ideas/import",
            #"{"projectId": "\#(project)", "ideas": [{"title": "Be short", "check": "false"}, "#
                + #"{"title": "Think", "description": "```sample\nhang\n```"}, {"title": "Wait", "priority": -3}]}"#,
            expecting: 201)
        let ids = ([good] + (others["ideas"]?.items ?? [])).compactMap { $0["id"]?.text }
        try #require(ids.count == 4)
        try caller.call("PATCH", "ideas/\(ids[3])", #"{"title": "Wait a little", "check": "", "priority": 2}"#)
        for id in ids.dropFirst() { try caller.call("POST", "ideas/\(id)/action", #"{"action": "accept"}"#) }
        try caller.call("GET", "ideas?projectId=\(project)&status=accepted&text=wait")
        return ids
    }

    /// - Returns: the task that was completed.
    private func run(_ ideas: [String], _ caller: Caller) throws -> String {
        let assigned = try caller.call(
            "POST", "batches/any/assign", #"{"ideaIds": ["\#(ideas[0])", "\#(ideas[1])", "\#(ideas[2])", "i-none"]}"#)
        let tasks = (assigned["assigned"]?.items ?? []).compactMap { $0["taskId"]?.text }
        try #require(tasks.count == 3)
        try caller.call("GET", "batches/batch1?limit=5")
        for lane in 1...3 { try caller.call("POST", "batches/batch\(lane)/control", #"{"action": "start"}"#) }
        for task in tasks.prefix(2) { try caller.call("GET", "tasks/\(task)/log?follow=true") }
        // Once it says something it runs, so that answers with a running task are seen, too.
        try caller.call("GET", "tasks/\(tasks[2])/log?follow=true") { !$0.isEmpty }
        let stream = try caller.call("GET", "stream") { body in
            String(decoding: body, as: UTF8.self).contains("task_progress\"")
        }
        #expect(eventNames(in: stream).contains("task_progress"))
        try caller.call("GET", "batches")
        try caller.call("GET", "batches/batch3")
        try caller.call("GET", "tasks/\(tasks[2])")
        #expect(try caller.call("POST", "tasks/\(tasks[2])/cancel")["cancelling"] == .boolean(true))
        try caller.call("GET", "tasks/\(tasks[2])/log?follow=true")
        #expect(try caller.call("GET", "tasks/\(tasks[0])")["status"]?.text == "completed")
        #expect(try caller.call("GET", "tasks/\(tasks[1])")["error"]?["kind"]?.text == "check_failed")
        #expect(try caller.call("GET", "tasks/\(tasks[2])")["status"]?.text == "cancelled")
        try caller.call("POST", "tasks/\(tasks[1])/retry")
        try caller.call("GET", "tasks/\(tasks[1])/log?follow=true")
        return tasks[0]
    }

    private func errors(_ project: String, _ ideas: [String], _ task: String, _ caller: Caller) throws {
        let keyless = [("X-Bridge-API-Key", "guess")]
        try caller.call("GET", "status", expecting: 401, headers: keyless)
        try caller.call("GET", "status", expecting: 403, headers: [("Origin", "http://elsewhere.example")])
        try caller.call("GET", "status", expecting: 421, headers: [("Host", "elsewhere.example")])
        try caller.call("POST", "link", expecting: 415, headers: [("Content-Type", "text/plain")])
        try caller.call("POST", "session", #"{"secret": "guess"}"#, expecting: 401)
        try caller.call("POST", "ideas", "{", expecting: 400)
        try caller.call("POST", "ideas", #"{"projectId": "\#(project)"}"#, expecting: 400)
        try caller.call("POST", "ideas", #"{"projectId": "p-none", "title": "x"}"#, expecting: 404)
        let long = String(repeating: "x", count: 1024 * 1024)
        try caller.call("POST", "ideas", #"{"projectId": "p-none", "title": "\#(long)"}"#, expecting: 413)
        try caller.call("POST", "projects", #"{"path": "/nowhere"}"#, expecting: 422)
        try caller.call("GET", "ideas?limit=0", expecting: 400)
        try caller.call("GET", "tasks/t-none", expecting: 404)
        try caller.call("GET", "tasks/\(task)/log?attempt=9", expecting: 404)
        try caller.call("DELETE", "ideas/\(ideas[0])", expecting: 409)
        try caller.call("POST", "tasks/\(task)/cancel", expecting: 409)
        try caller.call("POST", "batches/batch4/control", #"{"action": "resume"}"#, expecting: 409)
        try caller.call("POST", "batches/batch9/assign", #"{"ideaIds": ["\#(ideas[3])"]}"#, expecting: 404)
    }

    /// Everything that happened so far, from its first event, and a position that never was.
    private func events(_ caller: Caller) throws {
        let all = try caller.call("GET", "stream?projectId=*", headers: [("Last-Event-ID", "0")]) { body in
            String(decoding: body, as: UTF8.self).contains("task_cancelled")
        }
        let reset = try caller.call("GET", "stream", headers: [("Last-Event-ID", "999999")]) { body in
            String(decoding: body, as: UTF8.self).contains("stream_reset\"")
        }
        let seen = eventNames(in: all).union(eventNames(in: reset))
        let expected: Set = [
            "connection_established", "stream_reset", "project_added", "project_updated", "idea_generated",
            "idea_updated", "task_queued", "task_started", "task_completed", "task_failed", "task_cancelled",
            "batch_progress",
        ]
        #expect(seen.isSuperset(of: expected), "not seen: \(expected.subtracting(seen).sorted())")
    }

    /// Holds each whole event of a stream against its schema.
    private func eventNames(in stream: JSONValue) -> Set<String> {
        var names: Set<String> = []
        for event in (stream.text ?? "").components(separatedBy: "\n\n").dropLast() {
            var fields: [String: String] = [:]
            for line in event.components(separatedBy: "\n") {
                let parts = line.split(separator: ":", maxSplits: 1).map(String.init)
                if parts.count == 2 { fields[parts[0]] = String(parts[1].dropFirst()) }
            }
            guard let name = fields["event"], let data = fields["data"] else { continue }
            names.insert(name)
            let value = try? JSONValue(parsing: Data(data.utf8))
            let problems = document.problems(with: value ?? .null, schema: document.events[name] ?? .null, at: name)
            #expect(problems.isEmpty, "\(problems.joined(separator: "\n"))")
            #expect((fields["id"] == nil) == (name == "task_progress"), "\(name): \(fields["id"] ?? "no id")")
        }
        return names
    }

    @Test("The checker notices what does not fit")
    func control() throws {
        let schema =
            #"{"type": "object", "required": ["a"], "properties": {"a": {"type": ["string", "null"]}, "#
            + #""b": {"type": "array", "items": {"type": "integer", "enum": [1, 2]}}}}"#
        func problems(_ value: String) throws -> Int {
            document.problems(
                with: try JSONValue(parsing: Data(value.utf8)), schema: try JSONValue(parsing: Data(schema.utf8)),
                at: "x"
            ).count
        }
        #expect(try problems(#"{"a": null, "b": [1, 2]}"#) == 0)
        #expect(try problems(#"{"b": [1]}"#) == 1)
        #expect(try problems(#"{"a": 1}"#) == 1)
        #expect(try problems(#"{"a": "", "b": [3, 1.5]}"#) == 2)
        #expect(try problems(#"{"a": "", "c": 1}"#) == 1)
        #expect(try problems(#"[]"#) == 1)
        let missing: JSONValue = .object(["$ref": .string("#/components/schemas/Nothing")])
        #expect(document.problems(with: .null, schema: missing, at: "x").count == 1)
    }
}
