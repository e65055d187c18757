import HTTPTypes
import Hummingbird
import OffloadCrypto
import OffloadDomain
import OffloadWire
import Synchronization

/// Stands in front of every route of the control listener and judges a request by its head alone: where it thinks it goes,
/// where it comes from, what it carries and whether it knows the key.
struct ControlGate: RouterMiddleware {
    typealias Context = BasicRequestContext

    let sessions: Sessions
    let own: OwnAddress
    /// The routes that need no key; they hold no data.
    let publicRoutes: [NamedRoute]
    /// The routes that want the device's own key.
    let ownerRoutes: [NamedRoute]

    /// A route without anything that varies in its path.
    struct NamedRoute: Sendable, Equatable {
        let method: HTTPRequest.Method
        let path: String
    }

    func handle(
        _ request: Request, context: Context, next: (Request, Context) async throws -> Response
    ) async throws -> Response {
        var response: Response
        do {
            try checkPath(request)
            try checkHost(request)
            try checkOrigin(request)
            try checkKey(request)
            try checkContentType(request)
            response = try await next(request, context)
        } catch {
            response = ErrorResponse.make(from: error, logger: context.logger)
        }
        // The page has a policy of its own; nothing else may be shown as a page.
        for (name, value) in Self.headers where response.headers[name] == nil { response.headers[name] = value }
        return response
    }

    /// Ids are plain, so no path of ours needs escapes; whatever has some wants to be read in two ways.
    private func checkPath(_ request: Request) throws(OffloadError) {
        let path = request.uri.path
        guard path.hasPrefix("/"), !path.contains("%"), !path.contains("\\"), !path.contains("//"),
            !path.split(separator: "/").contains(where: { $0 == "." || $0 == ".." }), path.utf8.count <= 1_024,
            path.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F })
        else { throw OffloadError(.invalidRequest, "path: plain letters, digits, dashes and single slashes only") }
    }

    /// A page that got its own name to point here must not get anything.
    private func checkHost(_ request: Request) throws(OffloadError) {
        guard request.headers[values: .host].isEmpty, let authority = request.head.authority,
            own.authorities.contains(authority)
        else { throw OffloadError(.misdirected, "Host: use \(own.authorities.joined(separator: ", "))") }
    }

    private func checkOrigin(_ request: Request) throws(OffloadError) {
        let origins = request.headers[values: .origin]
        let isOwn = origins.allSatisfy { origin in own.authorities.contains { "http://\($0)" == origin } }
        let sites = request.headers[values: .secFetchSite]
        guard isOwn, sites.allSatisfy({ $0 == "same-origin" || $0 == "none" }) else {
            throw OffloadError(.forbidden, "requests from other sites are refused")
        }
    }

    private func checkKey(_ request: Request) throws(OffloadError) {
        let route = NamedRoute(method: request.method, path: request.uri.path)
        if publicRoutes.contains(route) { return }
        let keys = request.headers[values: .bridgeKey] + request.headers[values: .authorization].map(Self.bearer)
        guard keys.count == 1, let credential = sessions.judge(keys[0]) else {
            throw OffloadError(
                .unauthorized, "send the key in X-Bridge-API-Key or as Authorization: Bearer; `offload token` prints it"
            )
        }
        guard credential == .deviceKey || !ownerRoutes.contains(route) else {
            throw OffloadError(.forbidden, "this takes the device's own key; `offload token` prints it")
        }
    }

    private static func bearer(_ value: String) -> String {
        let prefix = "bearer "
        return value.lowercased().hasPrefix(prefix) ? String(value.dropFirst(prefix.count)) : ""
    }

    /// A form or plain text can be sent by any page without asking; JSON can't.
    private func checkContentType(_ request: Request) throws(OffloadError) {
        switch request.method {
        case .get, .head, .delete, .options: return
        default: break
        }
        let types = request.headers[values: .contentType]
        let plain = types.first.map { PlainText.trimmed(String($0.split(separator: ";").first ?? "")).lowercased() }
        guard types.count == 1, plain == "application/json" else {
            throw OffloadError(.unsupportedMediaType, "send JSON with Content-Type: application/json")
        }
    }

    private static let headers: [(HTTPField.Name, String)] = [
        (.xContentTypeOptions, "nosniff"),
        (.referrerPolicy, "no-referrer"),
        (.contentSecurityPolicy, "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"),
        (.crossOriginResourcePolicy, "same-origin"),
    ]
}

/// The addresses under which this listener may be called; known once it listens.
final class OwnAddress: Sendable {
    private let names = Mutex<[String]>([])

    var authorities: [String] { names.withLock { $0 } }

    func set(port: Int) {
        names.withLock { $0 = ["127.0.0.1:\(port)", "localhost:\(port)", "[::1]:\(port)"] }
    }
}

extension HTTPField.Name {
    static let bridgeKey = known("X-Bridge-API-Key")
    static let host = known("Host")
    static let peerProtocol = known(PeerProtocol.header)
    static let secFetchSite = known("Sec-Fetch-Site")
    static let referrerPolicy = known("Referrer-Policy")
    static let crossOriginOpenerPolicy = known("Cross-Origin-Opener-Policy")
    static let crossOriginResourcePolicy = known("Cross-Origin-Resource-Policy")
    static let lastEventID = known("Last-Event-ID")
    static let logOffset = known("X-Log-Offset")
    static let logNextOffset = known("X-Log-Next-Offset")
    static let logTotal = known("X-Log-Total")

    /// For names that are written here and therefore valid.
    private static func known(_ name: String) -> HTTPField.Name {
        guard let field = HTTPField.Name(name) else { preconditionFailure("\(name) is no header name") }
        return field
    }
}
