import OffloadCrypto
import OffloadDomain
import OffloadEngine
import OffloadWire
import Synchronization

/// The source's part of pairings under way: what was said in the messages so far. Bounded by the desk, which lets few run at
/// once; what was given up without a word makes room when new ones come.
final class HandshakeRuns: Sendable {
    /// A run after its first message, and after its second.
    enum Progress: Sendable {
        case greeted(session: [UInt8])
        case shared(CPaceKeys, PairingIntroduction)
    }

    struct Run: Sendable {
        let ticket: PairingDesk.Ticket
        var progress: Progress
    }

    private static let limit = 32
    private let runs = Mutex<[(number: Int, run: Run)]>([])

    /// - Returns: the number by which the other side names the run; nobody can guess it.
    func begin(_ ticket: PairingDesk.Ticket, session: [UInt8]) -> Int {
        var generator = SystemRandomNumberGenerator()
        let number = Int.random(in: 1...(1 << 52), using: &generator)
        runs.withLock { runs in
            runs.append((number, Run(ticket: ticket, progress: .greeted(session: session))))
            runs.removeFirst(max(0, runs.count - Self.limit))
        }
        return number
    }

    /// Takes the run out; whoever goes on with it puts it back.
    func take(_ number: Int?) -> Run? {
        runs.withLock { runs in
            runs.firstIndex { $0.number == number }.map { runs.remove(at: $0).run }
        }
    }

    func put(_ run: Run, as number: Int) {
        runs.withLock { $0.append((number, run)) }
    }
}
