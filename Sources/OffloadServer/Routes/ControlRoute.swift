package import HTTPTypes
import Hummingbird
import OffloadDomain

/// One route of the control listener. The tables are plain values, so that a test can walk them: there is no route that is not in one, and none without a stated access.
package struct ControlRoute: Sendable {
    package enum Access: Sendable, Equatable {
        /// Holds no data; needs no key.
        case open
        /// The device's key or a session's.
        case key
        /// The device's own key: a session can't make itself last longer. Only for paths in which nothing varies.
        case deviceKey
    }

    typealias Handler = @Sendable (Bridge, Request, BasicRequestContext) async throws -> Response

    package let method: HTTPRequest.Method
    /// With `{name}` for the parts that vary.
    package let path: String
    package let access: Access
    let handler: Handler

    init(_ method: HTTPRequest.Method, _ path: String, access: Access = .key, _ handler: @escaping Handler) {
        self.method = method
        self.path = path
        self.access = access
        self.handler = handler
    }
}

extension BasicRequestContext {
    /// The id in the path.
    func id<ID: Identifier>(_ type: ID.Type) throws(OffloadError) -> ID {
        try ID(parsing: parameters.get("id") ?? "")
    }
}
