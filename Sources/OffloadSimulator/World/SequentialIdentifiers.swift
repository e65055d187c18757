import OffloadDomain
import Synchronization

/// Ids that count, so that the same calls give the same ids.
final class SequentialIdentifiers: IdentifierSource {
    private let last = Mutex(0)

    func make<ID: Identifier>(_ type: ID.Type) -> ID {
        let number = last.withLock { last in
            last += 1
            return last
        }
        return ID(unchecked: "\(ID.prefix)-\(number)")
    }
}
