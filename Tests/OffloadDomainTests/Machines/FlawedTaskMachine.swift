import OffloadDomain

/// The real machine with one flaw built around it. The property test must find each of them; otherwise it proves nothing.
struct FlawedTaskMachine: TaskRules {
    enum Flaw: String, CaseIterable, Sendable {
        case forgetsTheFence
        case reusesTheNumber
        case skipsANumber
        case handsOutTwice
        case revivesFinalStates
        case cancelsWhatIsSealed
        case completesWhatIsCancelled
        case repeatsForEver
        case countsShutdownsAsCrashes
        case growsOnRetry
        case forgetsTheTime
        case changesWhatItRefuses
    }

    let flaw: Flaw
    private var machine: TaskMachine

    init(_ task: OffloadTask, flaw: Flaw) {
        machine = TaskMachine(task)
        self.flaw = flaw
    }

    var task: OffloadTask { machine.task }

    private mutating func meddle(_ change: (inout OffloadTask) -> Void) {
        var task = machine.task
        change(&task)
        machine = TaskMachine(task)
    }

    mutating func handOut(to batch: BatchID, at time: Timestamp) -> TaskMachine.HandOut {
        if flaw == .handsOutTwice, case .synced = task.state { meddle { $0.state = .pending } }
        let before = task
        let answer = machine.handOut(to: batch, at: time)
        guard case .handedOut = answer else {
            if flaw == .changesWhatItRefuses { meddle { $0.updatedAt = time } }
            return answer
        }
        switch flaw {
        case .reusesTheNumber where before.interruptions > 0: meddle { $0.attempt = before.attempt }
        case .skipsANumber: meddle { $0.attempt = $0.attempt.next }
        case .forgetsTheTime: meddle { $0.updatedAt = before.updatedAt }
        default: return answer
        }
        return .handedOut(task.attemptKey)
    }

    mutating func agentStarted(_ number: AttemptNumber, at time: Timestamp) -> TaskMachine.Report {
        machine.agentStarted(flaw == .forgetsTheFence ? task.attempt : number, at: time)
    }

    mutating func seal(_ number: AttemptNumber, at time: Timestamp) -> TaskMachine.Seal {
        machine.seal(number, at: time)
    }

    mutating func attemptEnded(
        _ number: AttemptNumber, _ outcome: Attempt.Outcome, at time: Timestamp
    ) -> TaskMachine.End {
        if flaw == .revivesFinalStates, number == task.attempt, task.state == .cancelled, outcome == .completed {
            meddle {
                $0.state = .completed
                $0.updatedAt = time
            }
            return .ended(.completed)
        }
        if flaw == .completesWhatIsCancelled, outcome == .completed, let batch = task.state.holding?.batch {
            meddle { $0.state = .running(OffloadTask.Holding(batch: batch)) }
        }
        if flaw == .countsShutdownsAsCrashes, outcome == .interrupted(orderly: true) {
            return machine.attemptEnded(number, .interrupted(orderly: false), at: time)
        }
        let answer = machine.attemptEnded(number, outcome, at: time)
        if flaw == .repeatsForEver, answer == .again { meddle { $0.interruptions = 0 } }
        return answer
    }

    mutating func cancel(at time: Timestamp) -> TaskMachine.Cancel {
        if flaw == .cancelsWhatIsSealed, let holding = task.state.holding, holding.phase == .sealed {
            meddle { $0.state = .running(OffloadTask.Holding(holding.holder)) }
        }
        return machine.cancel(at: time)
    }

    mutating func retry(
        position: Int64, destination: OffloadTask.Destination, at time: Timestamp
    ) -> TaskMachine.Retry {
        let answer = machine.retry(position: position, destination: destination, at: time)
        if flaw == .growsOnRetry, answer == .waiting { meddle { $0.attempt = $0.attempt.next } }
        return answer
    }
}
