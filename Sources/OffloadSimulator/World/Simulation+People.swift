import OffloadDomain
import OffloadTesting

/// People who use the device, and whoever delivers messages more than once.
extension Simulation {
    mutating func actAsPerson() {
        let ideas = store.durable.ledger.ideaRows.all
        let tasks = store.durable.ledger.taskRows.all
        switch random.below(100) {
        case 0..<18: addIdeas()
        case 18..<28:
            guard let idea = random.pick(ideas), let action = random.pick(IdeaMachine.Action.allCases) else { return }
            submit(.decide(idea.id, action), by: .person)
        case 28..<30:
            guard let idea = random.pick(ideas) else { return }
            submit(.remove(idea.id), by: .person)
        case 30..<58: assign(ideas)
        case 58..<78:
            guard let device, let action = random.pick(BatchMachine.Action.allCases + [.start, .start, .start]),
                let lane = BatchID(number: random.within(1...device.slots))
            else { return }
            submit(.control(lane, action), by: .person)
        case 78..<88:
            guard let task = random.pick(Array(tasks.suffix(8))) else { return }
            statistics[.cancelRequests] += 1
            submit(.cancel(task.id), by: .person)
        case 88..<98:
            guard let task = random.pick(tasks) else { return }
            statistics[.retries] += 1
            submit(.retry(task.id), by: .person)
        default: submit(.prune(keeping: random.below(60)), by: .person)
        }
    }

    private mutating func addIdeas() {
        guard let folder = random.pick(surroundings.folders) else { return }
        let time = now
        let ideas = (0..<random.within(1...3)).map { _ in
            Idea(
                id: identifiers.make(IdeaID.self), projectID: folder.project.id,
                title: random.happens(500) ? "Tidy up" : "Make it faster", description: "",
                status: random.happens(800) ? .accepted : .pending, priority: random.pick([0, 0, 0, 1, -1]) ?? 0,
                createdAt: time, updatedAt: time)
        }
        submit(.add(ideas), by: .person)
    }

    private mutating func assign(_ ideas: [Idea]) {
        guard let device, !ideas.isEmpty else { return }
        var chosen: [IdeaID] = []
        for _ in 0..<random.within(1...4) {
            if let idea = random.pick(ideas) { chosen.append(idea.id) }
        }
        let lane = random.happens(500) ? nil : BatchID(number: random.within(1...device.slots))
        let plans = plans(for: chosen, ideas)
        submit(.assign(chosen, lane: lane, plans: plans), by: .person)
        // A client that heard no answer asks again.
        if random.happens(100) { submit(.assign(chosen, lane: lane, plans: plans), by: .person) }
    }

    private mutating func plans(for chosen: [IdeaID], _ ideas: [Idea]) -> [LedgerCommand.ProjectPlan] {
        var plans: [LedgerCommand.ProjectPlan] = []
        for folder in surroundings.folders
        where ideas.contains(where: { $0.projectID == folder.project.id && chosen.contains($0.id) }) {
            guard learnSettings(of: folder) != nil else {
                let error = OffloadError(.unprocessable, "offload.yml cannot be read")
                plans.append(LedgerCommand.ProjectPlan(project: folder.project.id, plan: .refused(error)))
                continue
            }
            guard let template = try? RequirementTemplate("{{title}}") else { continue }
            plans.append(
                LedgerCommand.ProjectPlan(
                    project: folder.project.id, plan: .ready(folder.project, folder.settings, template, base: nil)))
        }
        return plans
    }

    /// A person edits a project's `offload.yml`. The device sees it when it reads the file next.
    mutating func editSettings() {
        guard !surroundings.folders.isEmpty else { return }
        let index = random.below(surroundings.folders.count)
        surroundings.folders[index].isBroken = random.happens(100)
        surroundings.folders[index].settings.slots = random.pick([nil, 1, 1, 2, 3]) ?? nil
        statistics[.limitChanges] += 1
        let folder = surroundings.folders[index]
        tell("\(folder.project.id) may use \(folder.settings.slots.map(String.init) ?? "all") lanes")
    }

    /// The device reads a project's settings and remembers its slot limit.
    /// - Returns: nil when they can't be read.
    mutating func learnSettings(of folder: Surroundings.ProjectFolder) -> ProjectSettings? {
        guard !folder.isBroken else { return nil }
        device?.limits.set(folder.settings.slots, for: folder.project.id)
        history.limits.set(folder.settings.slots, for: folder.project.id)
        return folder.settings
    }

    // MARK: - Answers

    mutating func answerPerson(_ written: SimulatedStore.Written, _ answer: LedgerAnswer) throws(Violation) {
        switch answer {
        case .steered(let steered):
            if let stop = steered.stop { request(.cancelled, of: stop) }
            if steered.answer == .empty {
                submit(.returnToBacklog(steered.batch.id), by: .returning(steered.batch.id, answer: answer))
                return
            }
        case .cancelled(_, let stop):
            if let stop { request(.cancelled, of: stop) }
        case .ideas, .decided, .removed, .assigned, .returned, .queued, .pruned, .start, .sealed, .handedOut, .refused:
            break
        }
        try history.acknowledged(written, as: answer)
    }

    mutating func continueReturning(
        to lane: BatchID, _ written: SimulatedStore.Written, _ answer: LedgerAnswer
    ) throws(Violation) {
        if case .returned(TransactionBodies.returnedAtOnce) = written.answer {
            submit(.returnToBacklog(lane), by: .returning(lane, answer: answer))
            return
        }
        if case .refused = written.answer { return }
        try history.acknowledged(written, as: answer)
    }

    private mutating func request(_ reason: StopReason, of key: AttemptKey) {
        guard let index = device?.executions.firstIndex(where: { $0.key == key }) else {
            let attempts = AttemptDecisions(lanes: LaneFilling(slots: device?.slots ?? 0))
            let isHeld = (try? attempts.isHeld(key, in: store.durable.ledger)) ?? false
            if isHeld, fault != .earlyStopForgotten { device?.earlyStops.append(key) }
            return
        }
        statistics[.cancelsOfRunning] += 1
        if device?.executions[index].stop == nil { device?.executions[index].stop = reason }
    }

    // MARK: - Messages that come again

    static let rememberedReports = 24

    mutating func remember(_ report: SimulatedStore.Submission) {
        sentReports.append(report)
        if sentReports.count > Self.rememberedReports { sentReports.removeFirst() }
    }

    mutating func repeatReport() {
        guard let report = random.pick(sentReports) else { return }
        statistics[.repeatedReports] += 1
        submit(report.command, by: .messenger(first: report.number))
    }
}
