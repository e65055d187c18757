/// Everything that can be refused, in words that a program (`kind`) and a person (`message`) can act on.
package struct OffloadError: Error, Sendable, Equatable, CustomStringConvertible {
    package enum Kind: String, Sendable, CaseIterable {
        case invalidRequest = "invalid_request"
        case unauthorized
        case forbidden
        case notFound = "not_found"
        case conflict
        /// The message speaks of an attempt that is no longer the current one.
        case stale
        case tooLarge = "too_large"
        case unsupportedMediaType = "unsupported_media_type"
        case misdirected
        /// Understood, but the world is not as it would have to be.
        case unprocessable
        case tooManyRequests = "too_many_requests"
        /// A fault of ours or of the machine below.
        case device
    }

    package let kind: Kind
    package let message: String

    package init(_ kind: Kind, _ message: String) {
        self.kind = kind
        self.message = message
    }

    package var description: String { "\(kind.rawValue): \(message)" }

    /// A value from outside that cannot be taken.
    package static func invalid(_ field: String, _ rule: String) -> OffloadError {
        OffloadError(.invalidRequest, "\(field): \(rule)")
    }

    /// An id that names nothing here.
    package static func missing<ID: Identifier>(_ id: ID) -> OffloadError {
        OffloadError(.notFound, "there is no \(ID.noun) \(id)")
    }
}
