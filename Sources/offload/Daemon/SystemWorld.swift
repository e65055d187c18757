import OffloadDomain

#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

/// The machine's wall clock.
struct SystemClock: WallClock {
    func now() -> Timestamp {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Timestamp(milliseconds: Int64(time.tv_sec) * 1_000 + Int64(time.tv_nsec) / 1_000_000)
    }
}

/// Ids from the system's generator.
struct SystemIdentifiers: IdentifierSource {
    func make<ID: Identifier>(_ type: ID.Type) -> ID {
        var generator = SystemRandomNumberGenerator()
        return ID(at: SystemClock().now(), from: &generator)
    }
}
