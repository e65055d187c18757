/// Readings of a clock that counts sleep and never jumps, as the distance from when this was made.
package struct MonotonicTime: Sendable {
    private let origin = ContinuousClock.now

    package init() {}

    package var now: Duration { origin.duration(to: .now) }

    /// The moment at which `now` will be `time`.
    package func instant(of time: Duration) -> ContinuousClock.Instant { origin.advanced(by: time) }
}
