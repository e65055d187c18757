/// Gives waiting tasks to free lanes. Runs inside the transaction of whatever changed, so that no free lane and no waiting
/// task ever wait for each other across a crash.
package struct LaneFilling: Sendable {
    private let slots: Int

    /// - Parameter slots: how many lanes the device has.
    package init(slots: Int) { self.slots = slots }

    package func fill(
        _ transaction: inout any LedgerTransaction, limits: ProjectSlots, at time: Timestamp
    ) throws -> [HandedOut] {
        guard limits.isOpen else { return [] }
        let held = try transaction.heldTasks()
        var occupied = held.compactMap { $0.state.holding?.batch }
        var running = held.map(\.projectID)
        var handedOut: [HandedOut] = []
        for batch in try transaction.batches(count: slots) {
            guard batch.state == .running, !occupied.contains(batch.id) else { continue }
            guard let task = try transaction.nextPending(for: batch.id, excluding: limits.full(running)) else {
                continue
            }
            var machine = TaskMachine(task)
            guard case .handedOut(let key) = machine.handOut(to: batch.id, at: time) else { continue }
            try transaction.update(machine.task, from: task)
            try transaction.insert(Attempt(key: key, batch: batch.id, createdAt: time))
            handedOut.append(try Self.describe(machine.task, key: key, batch: batch.id, in: transaction))
            occupied.append(batch.id)
            running.append(task.projectID)
        }
        return handedOut
    }

    private static func describe(
        _ task: OffloadTask, key: AttemptKey, batch: BatchID, in reader: any LedgerReader
    ) throws -> HandedOut {
        guard let project = try reader.project(task.projectID) else { throw OffloadError.missing(task.projectID) }
        guard let requirement = try reader.requirement(task.requirementID) else {
            throw OffloadError.missing(task.requirementID)
        }
        return HandedOut(
            key: key, batch: batch, project: project, requirement: requirement, title: task.title,
            // The idea of a task that another device gave is not here.
            ideaCheck: task.origin == nil ? try reader.idea(task.ideaID)?.check : nil,
            origin: task.origin)
    }
}
