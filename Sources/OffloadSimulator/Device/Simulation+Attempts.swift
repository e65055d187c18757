import OffloadDomain

/// The device runs attempts, each step small enough that a crash can fall behind it.
extension Simulation {
    /// How long an agent may be silent, run in all, and take to end once it was asked to.
    private static let silenceLimit: Int64 = 15 * 60 * 1_000
    private static let timeLimit: Int64 = 2 * 60 * 60 * 1_000
    private static let grace: Int64 = 10 * 1_000

    mutating func dispatch(_ orders: [HandedOut]) {
        for order in orders {
            var execution = Execution(order: order)
            if device?.isStopping == true { execution.stop = .shutdown }
            if let early = device?.earlyStops.firstIndex(of: order.key) {
                device?.earlyStops.remove(at: early)
                statistics[.earlyStops] += 1
                execution.stop = .cancelled
            }
            device?.executions.append(execution)
        }
    }

    func isRunnable(_ execution: Execution) -> Bool {
        guard !execution.isAwaiting, execution.stage != .done else { return false }
        return dueTime(of: execution).map { $0 <= time } ?? true
    }

    /// When the attempt goes on; nil for at once or after an answer.
    func dueTime(of execution: Execution) -> Int64? {
        switch execution.stage {
        case .runningAgent, .runningCommand: break
        case .learning, .preparing, .startingCommand, .spawning, .recordingStart, .awaitingStart, .sweeping,
            .snapshotting, .sealing, .awaitingSeal, .publishing, .ending, .awaitingEnd, .cleaning, .done:
            return nil
        }
        guard let process = surroundings.leader(of: execution.key), !process.hasExited else { return nil }
        if let asked = process.askedToEndAt { return process.isStubborn ? asked + Self.grace : nil }
        if execution.stop != nil { return nil }
        return process.startedAt + (process.isSilent ? Self.silenceLimit : Self.timeLimit)
    }

    mutating func runExecution() throws(Violation) {
        guard let device else { return }
        let runnable = device.executions.filter { isRunnable($0) }
        guard var execution = random.pick(runnable) else { return }
        try advance(&execution)
        while isRunnable(execution), random.happens(temperament.haste) { try advance(&execution) }
        guard let index = self.device?.executions.firstIndex(where: { $0.key == execution.key }) else { return }
        if execution.stage == .done {
            self.device?.executions.remove(at: index)
        } else {
            self.device?.executions[index] = execution
        }
    }

    private mutating func advance(_ execution: inout Execution) throws(Violation) {
        let key = execution.key
        switch execution.stage {
        case .learning: execution.stage = learn(&execution)
        case .preparing: execution.stage = prepare(&execution)
        case .startingCommand(let command): execution.stage = startCommand(command, &execution)
        case .runningCommand(let command): execution.stage = awaitCommand(command, &execution)
        case .spawning: execution.stage = try spawn(&execution)
        case .recordingStart:
            remember(submit(.started(key), by: .attempt(key)))
            execution.stage = .awaitingStart
        case .runningAgent: execution.stage = awaitAgent(&execution)
        case .sweeping: execution.stage = sweep(&execution)
        case .snapshotting: execution.stage = snapshot(&execution)
        case .sealing: execution.stage = seal(&execution)
        case .publishing: execution.stage = try publish(&execution)
        case .ending:
            if fault == .cleanedBeforeRecord { surroundings.workspaces.removeAll { $0 == key } }
            let end = LedgerCommand.end(key, execution.outcome, execution.report, execution.result)
            remember(submit(end, by: .attempt(key)))
            execution.stage = .awaitingEnd
        case .cleaning:
            surroundings.workspaces.removeAll { $0 == key }
            execution.stage = .done
        case .awaitingStart, .awaitingSeal, .awaitingEnd, .done: break
        }
    }

    /// The ledger has answered.
    mutating func resume(_ key: AttemptKey, with answer: LedgerAnswer) {
        guard let index = device?.executions.firstIndex(where: { $0.key == key }),
            var execution = device?.executions[index]
        else { return }
        switch (execution.stage, answer) {
        case (.awaitingStart, .start): execution.stage = .runningAgent
        case (.awaitingStart, _): execution.stage = .runningAgent
        case (.awaitingSeal, .sealed(.sealed)): execution.stage = .publishing
        case (.awaitingSeal, .refused):
            execution.stage = fault == .publishedUnsealed ? .publishing : .ending
        case (.awaitingSeal, _):
            statistics[.successAfterCancel] += 1
            (execution.stage, execution.outcome) = (.ending, .cancelled)
        case (.awaitingEnd, .refused): execution.stage = .ending
        case (.awaitingEnd, _): execution.stage = .cleaning
        case (_, _): break
        }
        device?.executions[index] = execution
    }

    // MARK: - Before the agent

    private mutating func learn(_ execution: inout Execution) -> Execution.Stage {
        if let stop = execution.stop {
            execution.outcome = Self.outcome(stop)
            return .ending
        }
        guard let folder = surroundings.folder(of: execution.order.project.id),
            let settings = learnSettings(of: folder)
        else {
            execution.outcome = .failed(Failure(.workspace, "offload.yml cannot be read"))
            return .ending
        }
        execution.settings = settings
        return .preparing
    }

    private mutating func prepare(_ execution: inout Execution) -> Execution.Stage {
        guard isCalm || !random.happens(temperament.agentTrouble / 8) else {
            execution.outcome = .failed(Failure(.workspace, "no workspace"))
            return .ending
        }
        surroundings.workspaces.append(execution.key)
        return execution.settings.setup == nil ? .spawning : .startingCommand(.setup)
    }

    // MARK: - Commands

    private mutating func startCommand(
        _ command: Execution.Command, _ execution: inout Execution
    ) -> Execution.Stage {
        startProcess(of: execution.key, name: command.rawValue)
        return .runningCommand(command)
    }

    private mutating func awaitCommand(
        _ command: Execution.Command, _ execution: inout Execution
    ) -> Execution.Stage {
        guard let exit = endedProcess(of: &execution) else { return .runningCommand(command) }
        execution.report.processesEnded += surroundings.endProcesses(of: execution.key)
        switch (command, outcome(exit, of: &execution, kind: command == .setup ? .setupFailed : .checkFailed)) {
        case (.setup, .completed): return .spawning
        case (.check, .completed):
            history.succeeded(execution.key)
            return .snapshotting
        case (_, let outcome):
            execution.outcome = outcome
            return .snapshotting
        }
    }

    // MARK: - The agent

    private mutating func spawn(_ execution: inout Execution) throws(Violation) -> Execution.Stage {
        if let stop = execution.stop {
            execution.outcome = Self.outcome(stop)
            return .snapshotting
        }
        guard isCalm || !random.happens(temperament.agentTrouble / 8) else {
            execution.outcome = .failed(Failure(.agentMissing, "no agent"))
            return .snapshotting
        }
        try history.spawning(execution.key, durable: store.durable.ledger)
        statistics[.agentsStarted] += 1
        startProcess(of: execution.key, name: "agent")
        return .recordingStart
    }

    private mutating func awaitAgent(_ execution: inout Execution) -> Execution.Stage {
        guard let exit = endedProcess(of: &execution) else { return .runningAgent }
        execution.outcome = outcome(exit, of: &execution, kind: exit == .vanished ? .agentEndedEarly : .agent)
        return .sweeping
    }

    private mutating func sweep(_ execution: inout Execution) -> Execution.Stage {
        let ended = fault == .sweepSkipped ? 0 : surroundings.endProcesses(of: execution.key)
        statistics[.childrenEnded] += max(0, ended - 1)
        execution.report.processesEnded += ended
        guard execution.outcome == .completed else { return .snapshotting }
        if execution.settings.check != nil { return .startingCommand(.check) }
        history.succeeded(execution.key)
        return .snapshotting
    }

    private mutating func startProcess(of key: AttemptKey, name: String) {
        let isEndless = !isCalm && random.happens(temperament.agentTrouble / 5)
        let exit: SimulatedProcess.Exit =
            isCalm || !random.happens(temperament.agentTrouble) ? .success : random.happens(500) ? .failure : .vanished
        let process = SimulatedProcess(
            key: key, name: name, isLeader: true,
            endsAt: isEndless ? nil : time + Int64(random.below(random.happens(700) ? 3_000 : 60_000)), exit: exit,
            isSilent: isEndless && random.happens(500), isStubborn: random.happens(temperament.stubborn),
            leavesChild: random.happens(300), startedAt: time)
        surroundings.processes.append(process)
        if process.leavesChild {
            surroundings.processes.append(
                SimulatedProcess(
                    key: key, name: "child of \(name)", isLeader: false, endsAt: nil, exit: .success, isSilent: true,
                    isStubborn: true, leavesChild: false, startedAt: time))
        }
        tell("\(name) of \(key) starts")
    }

    /// A process ends by itself, whether or not the device lives to see it.
    mutating func endProcess() {
        let due = surroundings.processes.indices.filter { index in
            let process = surroundings.processes[index]
            return !process.hasExited && (process.endsAt ?? .max) <= time
        }
        guard let index = random.pick(due) else { return }
        surroundings.processes[index].hasExited = true
        let process = surroundings.processes[index]
        tell("\(process.name) of \(process.key) ends")
    }

    /// Looks after the process that the attempt waits for: asks it to end, kills it, or finds that it has ended.
    /// - Returns: nil while it runs.
    private mutating func endedProcess(of execution: inout Execution) -> SimulatedProcess.Exit? {
        let key = execution.key
        guard let index = surroundings.processes.firstIndex(where: { $0.key == key && $0.isLeader }) else {
            return .vanished
        }
        let process = surroundings.processes[index]
        if process.hasExited { return process.exit }
        if let asked = process.askedToEndAt {
            guard asked + Self.grace <= time || !process.isStubborn else { return nil }
            if process.isStubborn { statistics[.kills] += 1 }
            surroundings.processes[index].hasExited = true
            tell("\(process.name) of \(key) is ended")
            // One that closes in good order on being asked has done its work all the same.
            return process.isStubborn || execution.limitFailure != nil ? .vanished : process.exit
        }
        if execution.stop == nil {
            let limit = process.isSilent ? Self.silenceLimit : Self.timeLimit
            guard process.startedAt + limit <= time else { return nil }
            statistics[process.isSilent ? .silentAgents : .timeLimits] += 1
            execution.limitFailure = Failure(process.isSilent ? .silent : .timeLimit, "took too long")
        }
        surroundings.processes[index].askedToEndAt = time
        tell("\(process.name) of \(key) is asked to end")
        return nil
    }

    private func outcome(
        _ exit: SimulatedProcess.Exit, of execution: inout Execution, kind: Failure.Kind
    ) -> Attempt.Outcome {
        defer { execution.limitFailure = nil }
        if let failure = execution.limitFailure { return .failed(failure) }
        switch exit {
        case .success: return .completed
        case .failure, .vanished:
            return execution.stop.map(Self.outcome) ?? .failed(Failure(kind, "it said so"))
        }
    }

    private static func outcome(_ stop: StopReason) -> Attempt.Outcome {
        switch stop {
        case .cancelled: .cancelled
        case .shutdown: .interrupted(orderly: true)
        }
    }

    // MARK: - Results

    private mutating func snapshot(_ execution: inout Execution) -> Execution.Stage {
        guard execution.settings.workspace == .isolated else { return .ending }
        guard isCalm || !random.happens(temperament.fullDisk / 3) else {
            execution.outcome = .failed(Failure(.diskFull, "the work could not be kept"))
            return .ending
        }
        history.kept(execution.key)
        execution.result = AttemptResult(storage: .changeSet, filesChanged: 1, insertions: 1, deletions: 0)
        return execution.outcome == .completed ? .sealing : .ending
    }

    private mutating func seal(_ execution: inout Execution) -> Execution.Stage {
        let seal = LedgerCommand.seal(
            execution.key, execution.report, execution.result)
        remember(submit(seal, by: .attempt(execution.key)))
        return .awaitingSeal
    }

    private mutating func publish(_ execution: inout Execution) throws(Violation) -> Execution.Stage {
        try writeBranch(of: execution.key)
        return .ending
    }

    /// Writes the branch of a result; for the same attempt again, it finds what is there.
    mutating func writeBranch(of key: AttemptKey) throws(Violation) {
        try history.publishing(key, durable: store.durable.ledger)
        guard isCalm || !random.happens(temperament.fullDisk / 3), !surroundings.branches.contains(key) else { return }
        surroundings.branches.append(key)
        statistics[.branches] += 1
        tell("\(key) has a branch")
    }
}
