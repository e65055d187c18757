import Foundation

/// A whole HTTP exchange, streams included, for tests that look at every header.
enum HTTPExchange {
    struct Answer: Sendable {
        /// Such as `HTTP/1.1 200 OK`.
        let statusLine: String
        /// By lower-case name.
        let headers: [String: String]
        let body: Data

        var status: Int { Int(statusLine.split(separator: " ").dropFirst().first ?? "") ?? 0 }
        var text: String { String(decoding: body, as: UTF8.self) }
    }

    /// What came is no answer.
    struct Broken: Error {
        let received: String
    }

    /// - Parameters:
    ///   - headers: besides `Host` (unless given here), `Connection` and `Content-Length`.
    ///   - enough: asked with the body so far; true ends the exchange. Without it the whole answer is read.
    static func send(
        _ method: String, _ target: String, to address: String, headers: [(String, String)] = [], body: String? = nil,
        until enough: (Data) -> Bool = { _ in false }
    ) throws -> Answer {
        let connection = try RawHTTP.connected(to: address)
        defer { close(connection) }
        var request = "\(method) \(target) HTTP/1.1\r\nConnection: close\r\n"
        if !headers.contains(where: { $0.0.lowercased() == "host" }) { request += "Host: \(address)\r\n" }
        for (name, value) in headers { request += "\(name): \(value)\r\n" }
        if let body { request += "Content-Length: \(body.utf8.count)\r\n" }
        write(Array("\(request)\r\n\(body ?? "")".utf8), to: connection)
        var received = Data()
        var buffer = [UInt8](repeating: 0, count: 64 * 1024)
        while true {
            let count = recv(connection, &buffer, buffer.count, 0)
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { break }
            received += buffer[..<count]
            if let answer = parse(received), enough(answer.body) { return answer }
        }
        guard let answer = parse(received) else { throw Broken(received: String(decoding: received, as: UTF8.self)) }
        return answer
    }

    /// A refusal may come while the rest is still being sent; then the answer says more than the failed write.
    private static func write(_ bytes: [UInt8], to descriptor: Int32) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes {
                Foundation.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { return }
            rest = rest.dropFirst(count)
        }
    }

    /// What can be understood so far; nil until the head is whole.
    private static func parse(_ data: Data) -> Answer? {
        guard let end = data.firstRange(of: Data("\r\n\r\n".utf8)) else { return nil }
        let lines = String(decoding: data[..<end.lowerBound], as: UTF8.self).components(separatedBy: "\r\n")
        var headers: [String: String] = [:]
        for line in lines.dropFirst() {
            let parts = line.split(separator: ":", maxSplits: 1).map(String.init)
            if parts.count == 2 { headers[parts[0].lowercased()] = parts[1].trimmingCharacters(in: .whitespaces) }
        }
        var body = Data(data[end.upperBound...])
        if headers["transfer-encoding"] == "chunked" { body = unchunked(body) }
        return Answer(statusLine: lines[0], headers: headers, body: body)
    }

    private static func unchunked(_ data: Data) -> Data {
        var body = Data()
        var rest = data[...]
        while let line = rest.firstRange(of: Data("\r\n".utf8)) {
            let size = Int(String(decoding: rest[rest.startIndex..<line.lowerBound], as: UTF8.self), radix: 16) ?? 0
            let content = rest[line.upperBound...].prefix(size)
            body += content
            guard size > 0, content.count == size else { break }
            rest = rest[(line.upperBound + size)...].dropFirst(2)
        }
        return body
    }
}
