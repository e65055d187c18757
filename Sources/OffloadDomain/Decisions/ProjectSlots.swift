/// What may be handed out at the moment: nothing while the device starts or stops, and of each project as many tasks at
/// once as its settings say.
package struct ProjectSlots: Sendable, Equatable {
    /// Whether tasks are handed out at all.
    package var isOpen = true
    private var limits: [(project: ProjectID, limit: Int)] = []

    package init() {}

    /// - Parameter limit: nil for as many as there are lanes.
    package mutating func set(_ limit: Int?, for project: ProjectID) {
        limits.removeAll { $0.project == project }
        if let limit { limits.append((project, limit)) }
    }

    /// The projects that have as many tasks running as they may.
    /// - Parameter running: one entry per running task.
    package func full(_ running: [ProjectID]) -> [ProjectID] {
        limits.filter { entry in running.count { $0 == entry.project } >= entry.limit }.map(\.project)
    }

    package static func == (left: ProjectSlots, right: ProjectSlots) -> Bool {
        left.isOpen == right.isOpen && left.limits.elementsEqual(right.limits) { $0 == $1 }
    }
}
