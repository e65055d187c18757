package import OffloadDomain
import Synchronization

/// A clock that stands still until it is moved.
package final class FixedClock: WallClock {
    private let time: Mutex<Timestamp>

    package init(_ time: Timestamp = Samples.time()) { self.time = Mutex(time) }

    package func now() -> Timestamp { time.withLock { $0 } }

    package func advance(milliseconds: Int64) {
        time.withLock { $0 = Timestamp(milliseconds: $0.milliseconds + milliseconds) }
    }
}

/// Ids that count: `t-1`, `t-2`, … each kind for itself.
package final class CountingIdentifiers: IdentifierSource {
    private let counts = Mutex<[String: Int]>([:])
    private let first: Int

    /// - Parameter first: where each kind begins.
    package init(from first: Int = 1) { self.first = first }

    package func make<ID: Identifier>(_ type: ID.Type) -> ID {
        let count = counts.withLock { counts in
            let count = counts[ID.prefix] ?? first
            counts[ID.prefix] = count + 1
            return count
        }
        return ID(unchecked: "\(ID.prefix)-\(count)")
    }
}

/// Notes which places were reached, in order.
package final class NotedPlaces: CrashPoint {
    private let noted = Mutex<[CrashPlace]>([])

    package init() {}

    package func reached(_ place: CrashPlace) { noted.withLock { $0.append(place) } }

    package var places: [CrashPlace] { noted.withLock { $0 } }
}
