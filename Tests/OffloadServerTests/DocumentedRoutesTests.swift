import Foundation
import HTTPTypes
import OffloadServer
import Testing

/// The routes that the server has and those that `docs/openapi.json` describes are the same.
@Suite("Documented routes")
struct DocumentedRoutesTests {
    private struct Document: Decodable {
        struct Operation: Decodable {
            /// Empty for an operation that needs no key; absent where the document's own rule holds.
            let security: [[String: [String]]]?
        }

        let paths: [String: [String: Operation]]
        let security: [[String: [String]]]
    }

    private struct Route: Hashable, Comparable, CustomStringConvertible {
        let method: String
        let path: String
        let needsKey: Bool

        var description: String { "\(method) \(path) \(needsKey ? "with the key" : "open")" }
        static func < (left: Route, right: Route) -> Bool { left.description < right.description }
    }

    @Test("Every route is documented, with its access, and nothing else is")
    func same() throws {
        let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let document = try JSONDecoder().decode(
            Document.self, from: Data(contentsOf: folder.appendingPathComponent("docs/openapi.json")))
        #expect(document.security.count == 2, "the key goes into either of two headers")
        var documented: [Route] = []
        for (path, operations) in document.paths {
            for (method, operation) in operations {
                let security = operation.security ?? document.security
                documented.append(Route(method: method.uppercased(), path: path, needsKey: !security.isEmpty))
            }
        }
        let served = ControlServer.routes.map {
            Route(method: $0.method.rawValue, path: $0.path, needsKey: $0.access != .open)
        }
        #expect(served.count > 20)
        #expect(served.count == Set(served).count, "no route stands there twice")
        #expect(documented.sorted() == served.sorted())
    }
}
