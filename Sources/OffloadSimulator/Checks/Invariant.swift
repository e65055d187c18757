/// What must always hold.
enum Invariant: String, Sendable, CaseIterable {
    case noLostTask = "no lost task"
    case attempts = "attempts count by one"
    case fence = "fence"
    case idempotence = "idempotence"
    case order = "order"
    case events = "each change has its event"
    case finalStates = "final states absorb"
    case startOnce = "start once"
    case durableFirst = "durable before acknowledged"
    case cancelWins = "cancel wins"
    case sealHolds = "what is sealed is completed"
    case quietEnd = "quiet end"
    case bounds = "bounds"
    case lanes = "one task per lane, one open task per idea"
    case slotLimits = "slot limits"
    case noStuckWork = "no stuck work"
    case truth = "the record says what happened"
    case noWallClock = "no wall clock"
    case liveness = "liveness"
}

/// Something that must not happen, and did.
struct Violation: Error, Sendable, CustomStringConvertible {
    let invariant: Invariant
    let message: String

    init(_ invariant: Invariant, _ message: String) {
        self.invariant = invariant
        self.message = message
    }

    var description: String { "\(invariant.rawValue): \(message)" }
}

/// - Throws: a violation of the invariant when the condition does not hold.
func require(
    _ condition: Bool, _ invariant: Invariant, _ message: @autoclosure () -> String
) throws(Violation) {
    guard !condition else { return }
    throw Violation(invariant, message())
}
