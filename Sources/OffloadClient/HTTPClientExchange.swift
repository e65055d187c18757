import AsyncHTTPClient
import NIOCore

extension HTTPClient {
    /// Sends a request and waits for the head of its answer.
    /// - Parameters:
    ///   - limit: how long that may take; nil for a stream, which may be silent for ever.
    ///   - failure: the error for whoever asked, when no answer came.
    /// - Throws: `CancellationError`, or what `failure` makes.
    func answer(
        to request: HTTPClientRequest, within limit: TimeAmount?, orThrow failure: (any Error) -> any Error
    ) async throws -> HTTPClientResponse {
        do {
            if let limit { return try await execute(request, timeout: limit) }
            return try await execute(request, deadline: .distantFuture)
        } catch let error as CancellationError {
            throw error
        } catch {
            throw failure(error)
        }
    }
}
