package import OffloadDomain
import Synchronization

/// How many tasks of a project may run at once, as its `offload.yml` last said. Lanes are filled inside a transaction, where
/// no file is read; whoever reads the settings leaves the figure here.
package final class SlotLimits: Sendable {
    private let limits = Mutex<[ProjectID: Int]>([:])

    package init() {}

    package func set(_ limit: Int?, for project: ProjectID) {
        limits.withLock { $0[project] = limit }
    }

    /// The projects that have as many tasks running as they may, given one entry per running task.
    package func full(_ running: [ProjectID]) -> [ProjectID] {
        limits.withLock { limits in
            guard !limits.isEmpty else { return [] }
            var counts: [(project: ProjectID, count: Int)] = []
            for project in running {
                if let index = counts.firstIndex(where: { $0.project == project }) {
                    counts[index].count += 1
                } else {
                    counts.append((project, 1))
                }
            }
            return counts.filter { entry in limits[entry.project].map { entry.count >= $0 } ?? false }.map(\.project)
        }
    }
}
