import OffloadDomain
import OffloadTesting

/// A device that takes work: its ledger, what it has in memory, and the processes on its machine, which outlive it.
struct FleetTarget: Sendable {
    struct Execution: Sendable {
        enum Stage: Sendable {
            case ready
            /// The agent exists.
            case spawned
            /// That was recorded.
            case started
            /// The agent and everything that it started have ended.
            case quiet(Attempt.Outcome)
            /// The record of the end is on its way.
            case ending
        }

        let key: AttemptKey
        var stage = Stage.ready
        var isStopped = false
    }

    let pair: JoinedPair
    let slots: Int
    var store = FleetStore()
    var isUp = true
    var starts = 1
    /// Requests that wait for their answers.
    var waitingFor: Set<Int> = []
    var executions: [Execution] = []
    var earlyStops: [AttemptKey] = []
    /// Processes of agents; a crash of the device does not end them.
    var processes: [AttemptKey] = []

    var inbox: InboxDecisions { InboxDecisions(lanes: LaneFilling(slots: slots)) }
    var attempts: AttemptDecisions { AttemptDecisions(lanes: LaneFilling(slots: slots)) }

    mutating func stop(_ key: AttemptKey) {
        guard let index = executions.firstIndex(where: { $0.key == key }) else {
            earlyStops.append(key)
            return
        }
        executions[index].isStopped = true
    }

    /// Everything in memory is gone.
    mutating func crash(isSetBack: Bool = false) {
        store.crash(isSetBack: isSetBack)
        isUp = false
        waitingFor = []
        executions = []
        earlyStops = []
    }
}
