package import OffloadDomain

extension LedgerState: LedgerTransaction {
    package mutating func insert(_ project: Project) throws {
        guard projectRows[project.id] == nil else { throw there("project \(project.id)") }
        try refuseTakenPath(of: project)
        projectRows.set(project, for: project.id)
        note(.project(project))
    }

    package mutating func update(_ project: Project) throws {
        guard var stored = projectRows[project.id] else { throw OffloadError.missing(project.id) }
        try refuseTakenPath(of: project)
        (stored.name, stored.path, stored.versionControl) = (project.name, project.path, project.versionControl)
        projectRows.set(stored, for: project.id)
        note(.project(stored))
    }

    private func refuseTakenPath(of project: Project) throws {
        guard !projectRows.all.contains(where: { $0.id != project.id && $0.path.hasBytes(of: project.path) }) else {
            throw there("a project at \(project.path)")
        }
    }

    package mutating func removeProject(_ id: ProjectID) throws {
        guard let project = projectRows[id] else { throw OffloadError.missing(id) }
        projectRows.removeAll { $0.id == id }
        guard fault != .leavesOrphans else { return }
        ideaRows.removeAll { $0.projectID == id }
        requirementRows.removeAll { $0.projectID == id }
        removeTasks { $0.projectID == id }
        devicePairRows.removeAll { $0.projectID == id }
        joinedPairRows.removeAll { $0.projectID == id }
        forgetOrphans()
        note(.project(project))
    }

    private mutating func removeTasks(where condition: (OffloadTask) -> Bool) {
        taskRows.removeAll(where: condition)
        attemptRows.removeAll { [taskRows] in taskRows[$0.key.task] == nil }
        forgetOrphans()
    }

    private mutating func forgetOrphans() {
        handoverRows.removeAll { [taskRows, devicePairRows] in
            taskRows[$0.taskID] == nil || devicePairRows[$0.pairID] == nil
        }
        resultRows.removeAll { [taskRows] in taskRows[$0.key.task] == nil }
        inboxRows.removeAll { [joinedPairRows] in joinedPairRows[$0.pairID] == nil }
        outbox.removeAll { [inboxRows] in inboxRows[$0.report.key] == nil }
    }

    package mutating func insert(_ idea: Idea) throws {
        guard ideaRows[idea.id] == nil else { throw there("idea \(idea.id)") }
        guard projectRows[idea.projectID] != nil else { throw OffloadError.missing(idea.projectID) }
        ideaRows.set(cutAtNUL(idea), for: idea.id)
        note(.idea(from: nil, to: idea))
    }

    private func cutAtNUL(_ idea: Idea) -> Idea {
        guard fault == .endsTextsAtNUL else { return idea }
        var cut = idea
        cut.title = String(idea.title.prefix { $0 != "\0" })
        return cut
    }

    package mutating func update(_ idea: Idea) throws {
        guard let stored = ideaRows[idea.id] else { throw OffloadError.missing(idea.id) }
        let updated = Idea(
            id: stored.id, projectID: stored.projectID, title: idea.title, description: idea.description,
            status: idea.status, priority: idea.priority, check: idea.check, expectedPaths: idea.expectedPaths,
            createdAt: stored.createdAt, updatedAt: idea.updatedAt)
        ideaRows.set(cutAtNUL(updated), for: idea.id)
        note(.idea(from: stored, to: updated))
    }

    package mutating func removeIdea(_ id: IdeaID) throws {
        guard let idea = ideaRows[id] else { throw OffloadError.missing(id) }
        ideaRows.removeAll { $0.id == id }
        requirementRows.removeAll { $0.requirement.ideaID == id && $0.origin == nil }
        removeTasks { $0.ideaID == id && $0.origin == nil }
        note(.ideaRemoved(idea))
    }

    package mutating func insert(
        _ requirement: Requirement, of project: ProjectID, from origin: PairID?
    ) throws {
        guard requirementRows[requirement.id] == nil else { throw there("requirement \(requirement.id)") }
        guard try !requirementExists(fileName: requirement.fileName, in: project) else {
            throw there("the file \(requirement.fileName)")
        }
        guard projectRows[project] != nil else { throw OffloadError.missing(project) }
        try refuseUnknown(requirement.ideaID, origin)
        requirementRows.set(
            StoredRequirement(requirement: requirement, projectID: project, origin: origin), for: requirement.id)
        note(.requirement(requirement))
    }

    package mutating func nextTaskPosition() throws -> Int64 { (taskRows.all.map(\.position).max() ?? 0) + 1 }

    package mutating func insert(_ task: OffloadTask) throws {
        guard taskRows[task.id] == nil else { throw there("task \(task.id)") }
        try refuseImpossible(task)
        guard projectRows[task.projectID] != nil else { throw OffloadError.missing(task.projectID) }
        try refuseUnknown(task.ideaID, task.origin)
        guard requirementRows[task.requirementID] != nil else { throw OffloadError.missing(task.requirementID) }
        taskRows.set(task, for: task.id)
        note(.task(from: nil, to: task))
    }

    /// An idea is here, or on the device that gave the task.
    private func refuseUnknown(_ idea: IdeaID, _ origin: PairID?) throws {
        guard let origin else {
            guard ideaRows[idea] != nil else { throw OffloadError.missing(idea) }
            return
        }
        guard joinedPairRows[origin] != nil else { throw OffloadError.missing(origin) }
    }

    package mutating func update(_ task: OffloadTask, from old: OffloadTask) throws {
        guard task.id == old.id else { throw OffloadError(.device, "\(old.id) cannot become \(task.id)") }
        guard let stored = taskRows[old.id] else { throw OffloadError.missing(old.id) }
        let isCurrent =
            stored.attempt == old.attempt && stored.state.status == old.state.status
            && stored.destination == old.destination && stored.position == old.position
            && stored.state.holder == old.state.holder && stored.state.holding?.phase == old.state.holding?.phase
        guard isCurrent || fault == .ignoresTheFence else {
            throw OffloadError(.stale, "task \(old.id) is \(stored.state.status.rawValue) in attempt \(stored.attempt)")
        }
        var updated = stored
        updated.origin = task.origin
        (updated.destination, updated.position, updated.attempt) = (task.destination, task.position, task.attempt)
        (updated.interruptions, updated.state, updated.updatedAt) = (task.interruptions, task.state, task.updatedAt)
        try refuseImpossible(updated)
        taskRows.set(updated, for: old.id)
        note(.task(from: stored, to: updated))
    }

    private func refuseImpossible(_ task: OffloadTask) throws {
        let status = task.state.status
        let isPossible =
            task.attempt.value >= 0 && task.interruptions >= 0
            && (task.attempt.value >= 1 || task.state == .pending || status == .cancelled)
            && (task.origin == nil || !task.isOffloaded) && task.isHeldWhereItBelongs
        guard isPossible || fault == .takesImpossibleStates else {
            throw impossible("task \(task.id) that is \(status.rawValue) in attempt \(task.attempt)")
        }
        if !status.isFinal, fault != .allowsTwoOpenTasks, task.origin == nil, let open = try openTask(of: task.ideaID),
            open.id != task.id
        {
            throw there("the open task \(open.id) of idea \(task.ideaID)")
        }
        if let batch = task.state.holding?.batch, fault != .allowsTwoHeldTasksPerBatch,
            taskRows.all.contains(where: { $0.id != task.id && $0.state.holding?.batch == batch })
        {
            throw there("a task in \(batch)")
        }
    }

    package mutating func insert(_ attempt: Attempt) throws {
        guard attemptRows[attempt.key] == nil else { throw there("attempt \(attempt.key)") }
        try refuseImpossible(attempt)
        guard taskRows[attempt.key.task] != nil else { throw OffloadError.missing(attempt.key.task) }
        attemptRows.set(attempt, for: attempt.key)
        note(.attempt(from: nil, to: attempt))
    }

    package mutating func update(_ attempt: Attempt) throws {
        guard let stored = attemptRows[attempt.key] else {
            throw OffloadError(.notFound, "there is no attempt \(attempt.key)")
        }
        guard !stored.hasEnded || fault == .ignoresTheFence else {
            throw OffloadError(.stale, "attempt \(attempt.key) has ended already")
        }
        try refuseImpossible(attempt)
        var updated = stored
        (updated.agent, updated.state) = (attempt.agent, attempt.state)
        attemptRows.set(updated, for: attempt.key)
        note(.attempt(from: stored, to: updated))
    }

    private func refuseImpossible(_ attempt: Attempt) throws {
        guard fault != .takesImpossibleStates else { return }
        var numbers: [Int64] = [Int64(attempt.key.number.value) - 1]
        switch attempt.state {
        case .starting, .running: break
        case .sealed(let ending), .ended(let ending):
            if case .sealed = attempt.state, ending.outcome != .completed {
                throw impossible("attempt \(attempt.key) that is sealed with another end than success")
            }
            numbers += [Int64(ending.report.turns ?? 0), Int64(ending.report.processesEnded)]
            switch ending.report.cost {
            case .unknown: break
            case .tokens(let tokens): numbers += [tokens.input, tokens.output]
            case .money(let microdollars, let tokens): numbers += [microdollars, tokens.input, tokens.output]
            }
            if let result = ending.result {
                numbers += [Int64(result.filesChanged), Int64(result.insertions), Int64(result.deletions)]
            }
        }
        guard numbers.allSatisfy({ $0 >= 0 }) else { throw impossible("attempt \(attempt.key) with negative figures") }
    }

    package mutating func save(_ batch: Batch) throws {
        guard batch.finished >= 0 || fault == .takesImpossibleStates else { throw impossible("\(batch.id)") }
        let stored = try self.batch(batch.id)
        batchRows.set(batch, for: batch.id)
        note(.batch(from: stored, to: batch))
    }

    package mutating func record(_ event: BridgeEvent, at time: Timestamp) throws -> Int64 {
        newestPosition += 1
        events.append(StoredEvent(position: newestPosition, event: event, time: time))
        note(.event(event, position: newestPosition))
        return newestPosition
    }

    package mutating func pruneEvents(keeping limit: Int) throws -> Int {
        let firstKept = newestPosition + 1 - Int64(max(1, limit))
        let before = events.count
        events.removeAll { $0.position < firstKept }
        note(.pruned(count: before - events.count))
        if fault == .reusesPositions { newestPosition = Int64(events.count) }
        return before - events.count
    }

    package mutating func insert(_ pair: DevicePair) throws {
        guard devicePairRows[pair.id] == nil, !devicePairRows.all.contains(where: { $0.keyDigest == pair.keyDigest })
        else {
            throw there("pair \(pair.id)")
        }
        guard projectRows[pair.projectID] != nil else { throw OffloadError.missing(pair.projectID) }
        devicePairRows.set(pair, for: pair.id)
    }

    package mutating func update(_ pair: DevicePair) throws {
        guard var stored = devicePairRows[pair.id] else { throw OffloadError.missing(pair.id) }
        (stored.status, stored.lastSyncAt, stored.isPaused) = (pair.status, pair.lastSyncAt, pair.isPaused)
        devicePairRows.set(stored, for: stored.id)
    }

    package mutating func removeDevicePair(_ id: PairID) throws {
        guard devicePairRows[id] != nil else { throw OffloadError.missing(id) }
        devicePairRows.removeAll { $0.id == id }
    }

    package mutating func insert(_ pair: JoinedPair) throws {
        guard joinedPairRows[pair.id] == nil else { throw there("pair \(pair.id)") }
        guard projectRows[pair.projectID] != nil else { throw OffloadError.missing(pair.projectID) }
        joinedPairRows.set(pair, for: pair.id)
    }

    package mutating func update(_ pair: JoinedPair) throws {
        guard var stored = joinedPairRows[pair.id] else { throw OffloadError.missing(pair.id) }
        (stored.status, stored.addresses) = (pair.status, pair.addresses)
        joinedPairRows.set(stored, for: stored.id)
    }

    package mutating func removeJoinedPair(_ id: PairID) throws {
        guard joinedPairRows[id] != nil else { throw OffloadError.missing(id) }
        joinedPairRows.removeAll { $0.id == id }
    }

    package mutating func insert(_ handover: Handover) throws {
        guard handoverRows[handover.id] == nil else { throw there("hand-over \(handover.id)") }
        guard taskRows[handover.taskID] != nil else { throw OffloadError.missing(handover.taskID) }
        guard ideaRows[handover.ideaID] != nil else { throw OffloadError.missing(handover.ideaID) }
        guard devicePairRows[handover.pairID] != nil else { throw OffloadError.missing(handover.pairID) }
        try refuseImpossible(handover)
        handoverRows.set(handover, for: handover.id)
    }

    package mutating func update(_ handover: Handover) throws {
        guard var stored = handoverRows[handover.id] else { throw OffloadError.missing(handover.id) }
        (stored.attempt, stored.status, stored.cursor) = (handover.attempt, handover.status, handover.cursor)
        (stored.syncedAt, stored.completedAt, stored.summary) = (
            handover.syncedAt, handover.completedAt, handover.summary
        )
        try refuseImpossible(stored)
        handoverRows.set(stored, for: stored.id)
    }

    private func refuseImpossible(_ handover: Handover) throws {
        let others = handoverRows.all.filter { $0.id != handover.id && $0.taskID == handover.taskID }
        if let number = handover.attempt {
            guard !others.contains(where: { $0.attempt == number }) else {
                throw there("the hand-over of \(handover.taskID)/\(number)")
            }
        } else if !handover.status.isFinal {
            guard !others.contains(where: { $0.attempt == nil && !$0.status.isFinal }) else {
                throw there("a waiting hand-over of \(handover.taskID)")
            }
        }
        let isPossible =
            handover.cursor >= 0 && (handover.attempt?.value ?? 1) >= 1
            && (handover.attempt != nil || handover.status == .pending || handover.status == .cancelled)
            && (handover.completedAt != nil) == handover.status.isFinal
        guard isPossible || fault == .takesImpossibleStates else { throw impossible("hand-over \(handover.id)") }
    }

    package mutating func insert(_ result: TaskResult) throws {
        guard resultRows[result.key] == nil else { throw there("the result of \(result.key)") }
        guard taskRows[result.key.task] != nil else { throw OffloadError.missing(result.key.task) }
        try refuseImpossible(result)
        resultRows.set(result, for: result.key)
        note(.result(from: nil, to: result))
    }

    package mutating func update(_ result: TaskResult) throws {
        guard let stored = resultRows[result.key] else {
            throw OffloadError(.notFound, "task \(result.key.task) has no result")
        }
        try refuseImpossible(result)
        let changed = TaskResult(
            key: stored.key, projectID: stored.projectID, ideaID: stored.ideaID, title: stored.title,
            pairID: stored.pairID, state: result.state, storage: result.storage, branch: result.branch,
            extent: result.extent, sensitivePaths: result.sensitivePaths, notes: result.notes,
            integration: result.integration, createdAt: stored.createdAt, updatedAt: result.updatedAt)
        resultRows.set(changed, for: stored.key)
        note(.result(from: stored, to: changed))
    }

    private func refuseImpossible(_ result: TaskResult) throws {
        let mayBeAway: [TaskResult.State] = [.uploading, .refused, .discarded]
        let isIntegrated: [TaskResult.State] = [.merging, .merged, .unmerging]
        let isPossible =
            (result.storage != nil || mayBeAway.contains(result.state))
            && (result.state != .uploading || result.pairID != nil)
            && (result.integration != nil) == isIntegrated.contains(result.state)
            && (result.integration.map { ($0.move == nil) == ($0.mode == .files) } ?? true)
        guard isPossible || fault == .takesImpossibleStates else { throw impossible("result of \(result.key)") }
    }

    package mutating func insert(_ entry: InboxEntry) throws {
        guard inboxRows[entry.key] == nil else { throw there("attempt \(entry.key)") }
        guard joinedPairRows[entry.pairID] != nil else { throw OffloadError.missing(entry.pairID) }
        inboxRows.set(entry, for: entry.key)
    }

    package mutating func update(_ entry: InboxEntry) throws {
        guard var stored = inboxRows[entry.key] else {
            throw OffloadError(.notFound, "there is no attempt \(entry.key)")
        }
        (stored.sequence, stored.state, stored.owesResult) = (entry.sequence, entry.state, entry.owesResult)
        inboxRows.set(stored, for: stored.key)
    }

    package mutating func send(_ report: StatusReport, through pair: PairID) throws {
        guard inboxRows[report.key]?.pairID == pair else {
            throw OffloadError(.notFound, "there is no attempt \(report.key)")
        }
        guard !outbox.contains(where: { $0.report.key == report.key && $0.report.sequence == report.sequence }) else {
            throw there("report \(report.sequence) of \(report.key)")
        }
        newestReport += 1
        outbox.append(StoredReport(position: newestReport, pairID: pair, report: report))
    }

    package mutating func removeFromOutbox(_ messages: [OutboxMessage]) throws {
        outbox.removeAll { stored in
            messages.contains { $0.key == stored.report.key && $0.sequence == stored.report.sequence }
        }
    }

    package mutating func removeOutbox(of key: AttemptKey) throws { outbox.removeAll { $0.report.key == key } }

    package mutating func setNote(_ key: DeviceNote, to value: String) throws { noteRows.set(value, for: key) }

    private func there(_ what: String) -> OffloadError {
        OffloadError(.conflict, "this is there already, or would stand beside what excludes it: \(what)")
    }

    private func impossible(_ what: String) -> OffloadError {
        OffloadError(.device, "a state that cannot be was refused: \(what)")
    }
}

extension OffloadTask {
    /// A lane holds what is for lanes, another device what is for devices.
    fileprivate var isHeldWhereItBelongs: Bool {
        switch state.holder {
        case nil: true
        case .batch: !isOffloaded
        case .device: isOffloaded
        }
    }
}
