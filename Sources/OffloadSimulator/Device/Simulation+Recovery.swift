import OffloadDomain
import OffloadTesting

/// The device comes and goes.
extension Simulation {
    // MARK: - Going

    /// The device is killed: memory and what was not durable are gone, processes live on.
    mutating func crash() {
        statistics[.crashes] += 1
        if surroundings.processes.contains(where: { $0.isLeader && !$0.hasExited }) {
            statistics[.crashesWithAgents] += 1
        }
        if case .starting = device?.phase { statistics[.startsCutOff] += 1 }
        statistics[.lostTransactions] += store.waiting.count + store.group.count
        tell("the device is killed")
        endDevice()
        if fault == .attemptNumberReused { undoHandOuts() }
    }

    private mutating func endDevice() {
        device = nil
        store.crash()
        history.cutOff(store.durable.ledger.taskRows.all.filter { $0.state.holding != nil })
    }

    /// The mistake of a store that does not make hand-outs durable.
    private mutating func undoHandOuts() {
        store.overwrite { ledger in
            for attempt in ledger.attemptRows.all where attempt.state == .starting {
                guard var task = ledger.taskRows[attempt.key.task] else { continue }
                task.attempt = AttemptNumber(value: task.attempt.value - 1)
                task.state = .pending
                ledger.taskRows.set(task, for: task.id)
                ledger.attemptRows.removeAll { $0.key == attempt.key }
            }
        }
    }

    /// The device is asked to stop: it takes no requests any more and ends its agents.
    mutating func stop() {
        statistics[.orderlyStops] += 1
        tell("the device is asked to stop")
        device?.phase = .stopping
        if fault != .stopHandsOut { device?.isOpen = false }
        for index in device?.executions.indices ?? 0..<0 where device?.executions[index].stop == nil {
            device?.executions[index].stop = .shutdown
        }
    }

    mutating func finishStopping() throws(Violation) {
        guard let device, device.isStopping, device.executions.isEmpty, store.isIdle else { return }
        tell("the device has stopped")
        let unfinished = store.durable.ledger.attemptRows.all.filter { !$0.hasEnded }
        try require(
            unfinished.isEmpty, .noStuckWork, "the device stopped in good order without ending \(unfinished.map(\.key))"
        )
        endDevice()
    }

    // MARK: - Coming

    mutating func beginStart() {
        statistics[.starts] += 1
        let slots =
            isCalm ? Self.mostLanes : random.happens(150) ? random.within(1...Self.mostLanes) : temperament.lanes
        tell("the device starts with \(slots) lanes")
        device = SimulatedDevice(
            slots: slots, phase: .starting(SimulatedDevice.Start()),
            isOpen: fault == .recoveryHandsOut || fault == .limitsUnknownAtStart)
    }

    var canContinueStart: Bool {
        guard case .starting(let start) = device?.phase else { return false }
        switch start.step {
        case .sweep, .judge, .record, .learnLimits, .open: return true
        case .awaitRecord, .awaitFilling: return false
        }
    }

    mutating func continueStart() throws(Violation) {
        guard case .starting(var start) = device?.phase else { return }
        switch start.step {
        case .sweep: endSurvivors(&start)
        case .judge: try judgeNext(&start)
        case .record(let command):
            submit(command, by: .recovery)
            start.step = .awaitRecord
        case .learnLimits:
            for folder in surroundings.folders where learnSettings(of: folder) == nil {
                history.limits.set(nil, for: folder.project.id)
            }
            start.step = .open
        case .open:
            device?.isOpen = true
            submit(.fill, by: .opening)
            start.step = .awaitFilling
        case .awaitRecord, .awaitFilling: break
        }
        device?.phase = .starting(start)
    }

    private mutating func endSurvivors(_ start: inout SimulatedDevice.Start) {
        if fault != .survivorsKept {
            start.processesEnded = surroundings.processes.count { !$0.hasExited }
            surroundings.processes = []
        }
        statistics[.survivorsEnded] += start.processesEnded
        let ledger = store.durable.ledger
        start.unfinished = ledger.attemptRows.all.filter { !$0.hasEnded }
        surroundings.workspaces.removeAll { ledger.attemptRows[$0]?.hasEnded == true }
        tell("ended \(start.processesEnded) survivors; unfinished are \(start.unfinished.map(\.key))")
        start.step = .judge
    }

    private mutating func judgeNext(_ start: inout SimulatedDevice.Start) throws(Violation) {
        guard let attempt = start.unfinished.first else {
            start.step = .learnLimits
            return
        }
        let decisions = AttemptDecisions(lanes: LaneFilling(slots: 0))
        switch decisions.judge(attempt) {
        case .publish(let ending):
            try writeBranch(of: attempt.key)
            start.step = .record(.end(attempt.key, .completed, ending.report, ending.result))
        case .interrupt:
            var result: AttemptResult?
            if surroundings.workspaces.contains(attempt.key) {
                history.kept(attempt.key)
                result = AttemptResult(storage: .changeSet, filesChanged: 1, insertions: 0, deletions: 0)
            }
            let report = RunReport(processesEnded: start.processesEnded)
            start.step = .record(.end(attempt.key, .interrupted(orderly: false), report, result))
        case nil: start.unfinished.removeFirst()
        }
    }

    mutating func continueRecovery(with answer: LedgerAnswer) {
        guard case .starting(var start) = device?.phase, case .awaitRecord = start.step else { return }
        if case .refused = answer {
            tell("the device cannot start")
            endDevice()
            return
        }
        if !start.unfinished.isEmpty {
            let attempt = start.unfinished.removeFirst()
            surroundings.workspaces.removeAll { $0 == attempt.key }
        }
        start.step = .judge
        device?.phase = .starting(start)
    }

    mutating func continueOpening(with answer: LedgerAnswer) {
        guard case .starting(var start) = device?.phase, case .awaitFilling = start.step else { return }
        if case .refused = answer, fault != .firstFillNotRepeated {
            start.step = .open
            device?.phase = .starting(start)
        } else {
            tell("the device is up")
            device?.phase = .up
        }
    }
}
