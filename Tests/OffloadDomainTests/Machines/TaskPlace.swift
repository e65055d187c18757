import OffloadDomain
import OffloadTesting

/// Where a task can be: its state, and for one that was handed out the phase. One that has been cut off as often as is
/// forgiven stands apart, because the next crash means something else for it.
struct TaskPlace: Hashable, Sendable, CustomStringConvertible {
    let status: OffloadTask.Status
    let phase: OffloadTask.Holding.Phase?
    let wasCutOff: Bool

    static let all: [TaskPlace] = [false, true].flatMap { wasCutOff in
        OffloadTask.Status.allCases.flatMap { status -> [TaskPlace] in
            switch status {
            case .pending, .completed, .failed, .cancelled:
                [TaskPlace(status: status, phase: nil, wasCutOff: wasCutOff)]
            case .synced, .running:
                OffloadTask.Holding.Phase.allCases.map { TaskPlace(status: status, phase: $0, wasCutOff: wasCutOff) }
            }
        }
    }

    init(status: OffloadTask.Status, phase: OffloadTask.Holding.Phase?, wasCutOff: Bool) {
        self.status = status
        self.phase = phase
        self.wasCutOff = wasCutOff
    }

    init(of task: OffloadTask) {
        status = task.state.status
        phase = task.state.holding?.phase
        wasCutOff = task.interruptions >= TaskMachine.interruptionsRepeated
    }

    var description: String { wasCutOff ? "\(name), once cut off" : name }

    /// Without what happened before.
    var name: String {
        switch phase {
        case nil, .working: status.rawValue
        case .cancelling: "\(status.rawValue) cancelling"
        case .sealed: "\(status.rawValue) sealed"
        }
    }

    /// A task that is here, in its third attempt.
    var task: OffloadTask {
        let holding = OffloadTask.Holding(batch: Samples.batch(2), phase: phase ?? .working)
        let state: OffloadTask.State =
            switch status {
            case .pending: .pending
            case .synced: .synced(holding)
            case .running: .running(holding)
            case .completed: .completed
            case .failed: .failed(Failure(.checkFailed, "One test fails."))
            case .cancelled: .cancelled
            }
        var task = Samples.task(1, lane: Samples.batch(2), priority: 5, position: 7, attempt: 3, state: state)
        task.interruptions = wasCutOff ? TaskMachine.interruptionsRepeated : 0
        return task
    }
}
