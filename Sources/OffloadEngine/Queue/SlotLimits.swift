package import OffloadDomain
import Synchronization

/// What may be handed out at the moment. Lanes are filled inside a transaction, where no file is read; whoever reads the
/// settings leaves the projects' limits here.
///
/// Nothing is handed out before a start has put everything right and the limits are known, nor once the device stops: an
/// attempt that nobody will run would only count as one that was cut off.
package final class SlotLimits: Sendable {
    private let slots: Mutex<ProjectSlots>

    package init(isOpen: Bool = false) {
        var closed = ProjectSlots()
        closed.isOpen = isOpen
        slots = Mutex(closed)
    }

    package var current: ProjectSlots { slots.withLock { $0 } }

    package func open() { slots.withLock { $0.isOpen = true } }
    package func close() { slots.withLock { $0.isOpen = false } }

    package func set(_ limit: Int?, for project: ProjectID) {
        slots.withLock { $0.set(limit, for: project) }
    }
}
