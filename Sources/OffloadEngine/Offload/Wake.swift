/// Wakes one loop; several calls while it is busy count as one.
struct Wake: Sendable {
    let calls: AsyncStream<Void>
    private let continuation: AsyncStream<Void>.Continuation

    init() {
        (calls, continuation) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
    }

    func callAsFunction() { continuation.yield() }

    /// The loop ends after what it was called for.
    func finish() { continuation.finish() }
}
