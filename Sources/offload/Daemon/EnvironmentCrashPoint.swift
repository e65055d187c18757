import OffloadDomain
import Synchronization

#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

/// Ends the process at the place that `OFFLOAD_CRASH_AT=<place>[#k]` names, the k-th time it is reached. For the crash test;
/// this is the only reader of that variable.
final class EnvironmentCrashPoint: CrashPoint {
    private let place: CrashPlace
    private let remaining: Mutex<Int>

    /// - Returns: nil when the variable is not set.
    /// - Throws: `OffloadError` of kind `invalidRequest` when it names no place.
    static func from(_ environment: [String: String]) throws(OffloadError) -> EnvironmentCrashPoint? {
        guard let text = environment["OFFLOAD_CRASH_AT"], !text.isEmpty else { return nil }
        let parts = text.split(separator: "#", maxSplits: 1).map(String.init)
        guard let place = CrashPlace(rawValue: parts[0]), let count = parts.count > 1 ? Int(parts[1]) : 1, count > 0
        else {
            let places = CrashPlace.allCases.map(\.rawValue).joined(separator: ", ")
            throw .invalid("OFFLOAD_CRASH_AT", "a place, perhaps with #k behind it; places are \(places)")
        }
        return EnvironmentCrashPoint(place: place, count: count)
    }

    private init(place: CrashPlace, count: Int) {
        self.place = place
        remaining = Mutex(count)
    }

    func reached(_ place: CrashPlace) {
        guard place == self.place else { return }
        let isNow = remaining.withLock { remaining in
            remaining -= 1
            return remaining == 0
        }
        if isNow { kill(getpid(), SIGKILL) }
    }
}
