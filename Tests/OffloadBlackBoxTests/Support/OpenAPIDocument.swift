import Foundation

/// `docs/openapi.json`, as far as the tests need it.
struct OpenAPIDocument {
    let root: JSONValue

    init() throws {
        let path = "\(DeviceProcess.packageFolder)/docs/openapi.json"
        root = try JSONValue(parsing: Data(contentsOf: URL(fileURLWithPath: path)))
    }

    init(root: JSONValue) { self.root = root }

    struct Operation: Hashable, Comparable, CustomStringConvertible {
        let method: String
        /// With `{name}` for the parts that vary.
        let path: String

        var description: String { "\(method) \(path)" }
        static func < (left: Operation, right: Operation) -> Bool { left.description < right.description }
    }

    var operations: [Operation] {
        (root["paths"]?.members ?? [:]).flatMap { path, methods in
            methods.members.keys.map { Operation(method: $0.uppercased(), path: path) }
        }.sorted()
    }

    /// The operation that a request is for.
    func operation(_ method: String, _ target: String) -> Operation? {
        let parts = target.prefix { $0 != "?" }.split(separator: "/")
        let fitting = operations.filter { operation in
            let names = operation.path.split(separator: "/")
            return operation.method == method && names.count == parts.count
                && zip(names, parts).allSatisfy { $0 == $1 || $0.hasPrefix("{") }
        }
        // A path without parameters is meant before one with.
        return fitting.min { $0.path.count { $0 == "{" } < $1.path.count { $0 == "{" } }
    }

    private func described(_ operation: Operation) -> JSONValue? {
        root["paths"]?[operation.path]?[operation.method.lowercased()]
    }

    /// What is wrong with an answer, one line each; empty when it is as documented.
    func problems(with answer: HTTPExchange.Answer, of operation: Operation) -> [String] {
        guard let named = described(operation)?["responses"]?[String(answer.status)] else {
            return ["\(operation) answered \(answer.status), which is not documented"]
        }
        let response = resolved(named)
        guard let content = response["content"]?.members else {
            return answer.body.isEmpty ? [] : ["\(operation) answered \(answer.status) with a body"]
        }
        let type = String((answer.headers["content-type"] ?? "").prefix { $0 != ";" })
        guard let schema = content[type]?["schema"] else { return ["\(operation) answered with \(type)"] }
        for header in response["headers"]?.members.keys.sorted() ?? []
        where header != "Retry-After" && answer.headers[header.lowercased()] == nil {
            if answer.headers["transfer-encoding"] != "chunked" { return ["\(operation) answered without \(header)"] }
        }
        guard type == "application/json" else { return [] }
        guard let value = try? JSONValue(parsing: answer.body) else { return ["\(operation): not JSON"] }
        return problems(with: value, schema: schema, at: "\(operation) \(answer.status)")
    }

    func problems(withRequest body: String, of operation: Operation) -> [String] {
        guard let schema = described(operation)?["requestBody"]?["content"]?["application/json"]?["schema"] else {
            return ["\(operation) takes no body"]
        }
        guard let value = try? JSONValue(parsing: Data(body.utf8)) else { return ["\(operation): not JSON"] }
        return problems(with: value, schema: schema, at: "\(operation) request")
    }

    /// The schemas of the stream's events, by name.
    var events: [String: JSONValue] { root["paths"]?["/api/bridge/stream"]?["get"]?["x-events"]?.members ?? [:] }

    // MARK: - Schemas

    private func resolved(_ value: JSONValue) -> JSONValue {
        guard let reference = value["$ref"]?.text else { return value }
        var found = root
        for part in reference.split(separator: "/").dropFirst() { found = found[String(part)] ?? .null }
        return found
    }

    /// Checks types, `required`, `enum`, `items` and properties. A property that the schema does not name is a problem
    /// unless it says `additionalProperties`: what the program answers is to be documented.
    func problems(with value: JSONValue, schema named: JSONValue, at place: String) -> [String] {
        let schema = resolved(named)
        guard case .object = schema else { return ["\(place): there is no schema \(named)"] }
        if let choices = schema["enum"]?.items, !choices.contains(value) { return ["\(place): \(value) is no choice"] }
        let types = schema["type"].map { $0.text.map { [$0] } ?? $0.items.compactMap(\.text) } ?? []
        let names = value.typeName == "integer" ? ["integer", "number"] : [value.typeName]
        if !types.isEmpty, !types.contains(where: names.contains) {
            return ["\(place): is \(value.typeName), not \(types.joined(separator: " or "))"]
        }
        switch value {
        case .object(let members): return problems(withMembers: members, schema, place)
        case .array(let items):
            guard let schema = schema["items"] else { return [] }
            return items.enumerated().flatMap { problems(with: $1, schema: schema, at: "\(place)[\($0)]") }
        default: return []
        }
    }

    private func problems(withMembers members: [String: JSONValue], _ schema: JSONValue, _ place: String) -> [String] {
        let properties = schema["properties"]?.members ?? [:]
        var problems: [String] = []
        for name in schema["required"]?.items.compactMap(\.text) ?? [] where members[name] == nil {
            problems.append("\(place).\(name): is missing")
        }
        for (name, value) in members.sorted(by: { $0.key < $1.key }) {
            if let property = properties[name] {
                problems += self.problems(with: value, schema: property, at: "\(place).\(name)")
            } else if let additional = schema["additionalProperties"] {
                if additional == .boolean(false) { problems.append("\(place).\(name): is not allowed") }
                if case .object = additional {
                    problems += self.problems(with: value, schema: additional, at: "\(place).\(name)")
                }
            } else {
                problems.append("\(place).\(name): is not documented")
            }
        }
        return problems
    }
}
