import OffloadDomain

/// The wall clock of a simulation: one that goes with time, or one that jumps by up to ten years every few seconds.
struct SimulatedClock: Sendable {
    let jumpSeed: UInt64?

    /// The hour at which every simulation begins.
    private static let start: Int64 = 1_790_000_000_000
    private static let tenYears: Int64 = 10 * 365 * 24 * 60 * 60 * 1_000
    private static let betweenJumps: Int64 = 7_000

    static let steady = SimulatedClock(jumpSeed: nil)

    static func jumping(seed: UInt64) -> SimulatedClock { SimulatedClock(jumpSeed: seed) }

    /// - Parameter time: milliseconds since the simulation began.
    func reading(at time: Int64) -> Timestamp {
        Timestamp(milliseconds: Self.start + time + offset(at: time))
    }

    private func offset(at time: Int64) -> Int64 {
        guard let jumpSeed else { return 0 }
        let random = SplitMix64.mixed(jumpSeed &+ UInt64(bitPattern: time / Self.betweenJumps))
        return Int64(bitPattern: random) % Self.tenYears
    }
}
