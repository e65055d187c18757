import HTTPTypes
import Hummingbird
import Logging
import OffloadDomain
import OffloadWire

/// The one place where an error becomes an answer.
enum ErrorResponse {
    static func make(from error: any Error, logger: Logger) -> Response {
        let known = domain(error)
        if known.kind == .device { logger.error("\(error)") }
        var response = JSONResponse.make(ErrorView(known), status: status(known.kind))
        if known.kind == .tooManyRequests { response.headers[.retryAfter] = "5" }
        return response
    }

    private static func domain(_ error: any Error) -> OffloadError {
        switch error {
        case let error as OffloadError: error
        case let error as HTTPError: domain(error)
        case is CancellationError: OffloadError(.device, "the device is shutting down")
        default: OffloadError(.device, "something went wrong on the device; its log says what")
        }
    }

    /// The library's own words for requests that no route of ours saw.
    private static func domain(_ error: HTTPError) -> OffloadError {
        switch error.status {
        case .notFound: OffloadError(.notFound, "there is no such address; see docs/api.md")
        case .contentTooLarge: OffloadError(.tooLarge, "the body is too large")
        case .methodNotAllowed: OffloadError(.notFound, "this address does not take that method")
        case let status where status.kind == .clientError:
            OffloadError(.invalidRequest, error.body ?? status.reasonPhrase)
        default: OffloadError(.device, "something went wrong on the device; its log says what")
        }
    }

    static func status(_ kind: OffloadError.Kind) -> HTTPResponse.Status {
        switch kind {
        case .invalidRequest: .badRequest
        case .unauthorized: .unauthorized
        case .forbidden: .forbidden
        case .notFound: .notFound
        case .conflict, .stale: .conflict
        case .tooLarge: .contentTooLarge
        case .unsupportedMediaType: .unsupportedMediaType
        case .misdirected: .misdirectedRequest
        case .unprocessable: .unprocessableContent
        case .tooManyRequests: .tooManyRequests
        case .device: .serviceUnavailable
        }
    }
}
