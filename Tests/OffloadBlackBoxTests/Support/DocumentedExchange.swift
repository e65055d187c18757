import Foundation

/// One example of `docs/api.md`: a request and the answer that the document shows.
struct DocumentedExchange {
    let method: String
    let target: String
    let headers: [(String, String)]
    let body: String?
    let statusLine: String
    let answerHeaders: [(String, String)]
    let answerBody: String
    /// Of the request in the document.
    let line: Int

    /// The pairs of `http` blocks, request and answer, in order. A request without an answer is left out.
    static func all(in file: MarkdownFile) -> [DocumentedExchange] {
        let blocks = file.blocks.filter { $0.language == "http" }
        return zip(blocks, blocks.dropFirst()).compactMap { request, answer in
            guard !request.text.hasPrefix("HTTP/"), answer.text.hasPrefix("HTTP/") else { return nil }
            return DocumentedExchange(request, answer)
        }
    }

    private init?(_ request: MarkdownFile.Block, _ answer: MarkdownFile.Block) {
        let (start, headers, body) = Self.parts(request.text)
        let words = start.split(separator: " ").map(String.init)
        guard words.count == 2 else { return nil }
        (method, target) = (words[0], words[1])
        self.headers = headers
        self.body = body.isEmpty ? nil : body
        (statusLine, answerHeaders, answerBody) = Self.parts(answer.text)
        line = request.line
    }

    private static func parts(_ text: String) -> (start: String, headers: [(String, String)], body: String) {
        let lines = text.components(separatedBy: "\n")
        let head = lines.prefix { !$0.isEmpty }
        let headers = head.dropFirst().compactMap { line -> (String, String)? in
            let parts = line.split(separator: ":", maxSplits: 1).map(String.init)
            return parts.count == 2 ? (parts[0], parts[1].trimmingCharacters(in: .whitespaces)) : nil
        }
        return (head.first ?? "", headers, lines.dropFirst(head.count + 1).joined(separator: "\n"))
    }
}

/// What stands in an example and what is there really: ids, paths and secrets of the document and their counterparts.
struct Counterparts {
    private var real: [String: String] = [:]

    mutating func learn(_ shown: String, is actual: String) { if shown != actual { real[shown] = actual } }

    /// The document's text with everything in it that is known put in place.
    func translate(_ text: String) -> String {
        real.sorted { $0.key < $1.key }.reduce(text) { $0.replacing($1.key, with: $1.value) }
    }

    /// What an actual value differs in from the shown one, one line each. Numbers, times, commits and new ids may
    /// differ; what stands for them in the document is learned.
    mutating func differences(shown: JSONValue, actual: JSONValue, at place: String = "answer") -> [String] {
        switch (shown, actual) {
        case (.object(let left), .object(let right)):
            let missing = Set(left.keys).symmetricDifference(right.keys).sorted()
            guard missing.isEmpty else { return ["\(place): only one of both has \(missing.joined(separator: ", "))"] }
            return left.sorted { $0.key < $1.key }.flatMap { key, value in
                differences(shown: value, actual: right[key] ?? .null, at: "\(place).\(key)")
            }
        // An ellipsis as the only element stands for whatever there is.
        case (.array([.string("…")]), .array): return []
        case (.array(let left), .array(let right)):
            guard left.count == right.count else { return ["\(place): \(right.count) elements, not \(left.count)"] }
            return left.indices.flatMap { differences(shown: left[$0], actual: right[$0], at: "\(place)[\($0)]") }
        case (.string(let left), .string(let right)):
            return isCounterpart(left, right) ? [] : ["\(place): is \(right), not \(translate(left))"]
        case (.integer, .integer), (.number, .number), (.integer, .number), (.number, .integer): return []
        default: return shown == actual ? [] : ["\(place): is \(actual), not \(shown)"]
        }
    }

    private mutating func isCounterpart(_ shown: String, _ actual: String) -> Bool {
        if translate(shown) == actual { return true }
        if shown.wholeMatch(of: /[a-z]-[0-9a-z]{16}/) != nil, actual.wholeMatch(of: /[a-z]-[0-9a-z]{16}/) != nil,
            shown.first == actual.first, real[String(shown.dropFirst(2))] == nil
        {
            // Without its letter, because file names carry ids so.
            learn(String(shown.dropFirst(2)), is: String(actual.dropFirst(2)))
            return true
        }
        let time = /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z/
        if shown.wholeMatch(of: time) != nil { return actual.wholeMatch(of: time) != nil }
        let commit = /[0-9a-f]{40}/
        if shown.wholeMatch(of: commit) != nil { return actual.wholeMatch(of: commit) != nil }
        if let left = shown.firstMatch(of: /#([0-9a-f]{64})$/), let right = actual.firstMatch(of: /#([0-9a-f]{64})$/) {
            learn(String(left.output.1), is: String(right.output.1))
            return translate(shown) == actual
        }
        return ExpectedOutput(translate(shown)).matches(actual)
    }
}
