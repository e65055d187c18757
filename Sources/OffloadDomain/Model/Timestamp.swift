/// A reading of the wall clock in milliseconds since 1970-01-01T00:00:00Z.
///
/// For display and records only: a wall clock jumps, so no decision is taken from one.
package struct Timestamp: Sendable, Hashable, Comparable {
    package let milliseconds: Int64

    package init(milliseconds: Int64) { self.milliseconds = milliseconds }

    package static func < (left: Timestamp, right: Timestamp) -> Bool { left.milliseconds < right.milliseconds }
}
