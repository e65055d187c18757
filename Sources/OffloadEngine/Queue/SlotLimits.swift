package import OffloadDomain
import Synchronization

/// The projects' slot limits as their `offload.yml` last said. Lanes are filled inside a transaction, where no file is read;
/// whoever reads the settings leaves the figure here.
package final class SlotLimits: Sendable {
    private let slots = Mutex(ProjectSlots())

    package init() {}

    package var current: ProjectSlots { slots.withLock { $0 } }

    package func set(_ limit: Int?, for project: ProjectID) {
        slots.withLock { $0.set(limit, for: project) }
    }
}
