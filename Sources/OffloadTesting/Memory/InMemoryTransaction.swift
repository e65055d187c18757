import OffloadDomain
import OffloadWire

/// Changes of the state, with the refusals that the real ledger's tables make.
extension InMemoryState: LedgerTransaction {
    mutating func insert(_ project: Project) throws {
        guard projectTable[project.id] == nil else { throw there("project \(project.id)") }
        try refuseTakenPath(of: project)
        projectTable[project.id] = project
    }

    mutating func update(_ project: Project) throws {
        guard var stored = projectTable[project.id] else { throw OffloadError.missing(project.id) }
        try refuseTakenPath(of: project)
        (stored.name, stored.path, stored.versionControl) = (project.name, project.path, project.versionControl)
        projectTable[project.id] = stored
    }

    private func refuseTakenPath(of project: Project) throws {
        guard !projectTable.contains({ $0.id != project.id && $0.path.hasBytes(of: project.path) }) else {
            throw there("a project at \(project.path)")
        }
    }

    mutating func removeProject(_ id: ProjectID) throws {
        guard projectTable[id] != nil else { throw OffloadError.missing(id) }
        projectTable[id] = nil
        guard fault != .leavesOrphans else { return }
        ideaTable.removeAll { $0.projectID == id }
        requirementTable.removeAll { $0.projectID == id }
        removeTasks { $0.projectID == id }
        devicePairTable.removeAll { $0.projectID == id }
        joinedPairTable.removeAll { $0.projectID == id }
    }

    private mutating func removeTasks(where condition: (OffloadTask) -> Bool) {
        taskTable.removeAll(where: condition)
        attemptTable.removeAll { [taskTable] in taskTable[$0.key.task] == nil }
    }

    mutating func insert(_ idea: Idea) throws {
        guard ideaTable[idea.id] == nil else { throw there("idea \(idea.id)") }
        guard projectTable[idea.projectID] != nil else { throw OffloadError.missing(idea.projectID) }
        ideaTable[idea.id] = cutAtNUL(idea)
    }

    mutating func update(_ idea: Idea) throws {
        guard let stored = ideaTable[idea.id] else { throw OffloadError.missing(idea.id) }
        ideaTable[idea.id] = cutAtNUL(
            Idea(
                id: stored.id, projectID: stored.projectID, title: idea.title, description: idea.description,
                status: idea.status, priority: idea.priority, check: idea.check, expectedPaths: idea.expectedPaths,
                createdAt: stored.createdAt, updatedAt: idea.updatedAt))
    }

    private func cutAtNUL(_ idea: Idea) -> Idea {
        guard fault == .endsTextsAtNUL else { return idea }
        var cut = idea
        cut.title = String(idea.title.prefix { $0 != "\0" })
        return cut
    }

    mutating func removeIdea(_ id: IdeaID) throws {
        guard ideaTable[id] != nil else { throw OffloadError.missing(id) }
        ideaTable[id] = nil
        requirementTable.removeAll { $0.requirement.ideaID == id }
        removeTasks { $0.ideaID == id }
    }

    mutating func insert(_ requirement: Requirement, of project: ProjectID) throws {
        guard requirementTable[requirement.id] == nil else { throw there("requirement \(requirement.id)") }
        guard try !requirementExists(fileName: requirement.fileName, in: project) else {
            throw there("the file \(requirement.fileName)")
        }
        guard projectTable[project] != nil else { throw OffloadError.missing(project) }
        guard ideaTable[requirement.ideaID] != nil else { throw OffloadError.missing(requirement.ideaID) }
        requirementTable[requirement.id] = StoredRequirement(requirement: requirement, projectID: project)
    }

    mutating func nextTaskPosition() throws -> Int64 { (taskTable.all.map(\.position).max() ?? 0) + 1 }

    mutating func insert(_ task: OffloadTask) throws {
        guard taskTable[task.id] == nil else { throw there("task \(task.id)") }
        try refuseImpossible(task)
        guard projectTable[task.projectID] != nil else { throw OffloadError.missing(task.projectID) }
        guard ideaTable[task.ideaID] != nil else { throw OffloadError.missing(task.ideaID) }
        guard requirementTable[task.requirementID] != nil else { throw OffloadError.missing(task.requirementID) }
        taskTable[task.id] = task
    }

    mutating func update(_ task: OffloadTask, from old: OffloadTask) throws {
        guard task.id == old.id else { throw OffloadError(.device, "\(old.id) cannot become \(task.id)") }
        guard var stored = taskTable[old.id] else { throw OffloadError.missing(old.id) }
        let isCurrent =
            stored.attempt == old.attempt && stored.state.status == old.state.status
            && stored.lane == old.lane && stored.position == old.position
            && stored.state.holding?.phase == old.state.holding?.phase
        guard isCurrent || fault == .ignoresTheFence else {
            throw OffloadError(.stale, "task \(old.id) is \(stored.state.status.rawValue) in attempt \(stored.attempt)")
        }
        (stored.lane, stored.position, stored.attempt) = (task.lane, task.position, task.attempt)
        (stored.interruptions, stored.state, stored.updatedAt) = (task.interruptions, task.state, task.updatedAt)
        try refuseImpossible(stored)
        taskTable[old.id] = stored
    }

    private func refuseImpossible(_ task: OffloadTask) throws {
        let status = task.state.status
        guard
            fault == .takesImpossibleStates
                || (task.attempt.value >= 0 && task.interruptions >= 0
                    && (task.attempt.value >= 1 || status == .pending || status == .cancelled))
        else { throw impossible("task \(task.id) that is \(status.rawValue) in attempt \(task.attempt)") }
        if !status.isFinal, fault != .allowsTwoOpenTasks, let open = try openTask(of: task.ideaID), open.id != task.id {
            throw there("the open task \(open.id) of idea \(task.ideaID)")
        }
        if let batch = task.state.holding?.batch, fault != .allowsTwoHeldTasksPerBatch,
            taskTable.contains({ $0.id != task.id && $0.state.holding?.batch == batch })
        {
            throw there("a task in \(batch)")
        }
    }

    mutating func insert(_ attempt: Attempt) throws {
        guard attemptTable[attempt.key] == nil else { throw there("attempt \(attempt.key)") }
        try refuseImpossible(attempt)
        guard taskTable[attempt.key.task] != nil else { throw OffloadError.missing(attempt.key.task) }
        attemptTable[attempt.key] = attempt
    }

    mutating func update(_ attempt: Attempt) throws {
        guard var stored = attemptTable[attempt.key] else {
            throw OffloadError(.notFound, "there is no attempt \(attempt.key)")
        }
        guard !stored.hasEnded || fault == .ignoresTheFence else {
            throw OffloadError(.stale, "attempt \(attempt.key) has ended already")
        }
        try refuseImpossible(attempt)
        stored.state = attempt.state
        attemptTable[attempt.key] = stored
    }

    private func refuseImpossible(_ attempt: Attempt) throws {
        guard fault != .takesImpossibleStates else { return }
        var numbers: [Int64] = [Int64(attempt.key.number.value) - 1]
        switch attempt.state {
        case .starting, .running:
            break
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

    mutating func save(_ batch: Batch) throws {
        guard batch.finished >= 0 || fault == .takesImpossibleStates else { throw impossible("\(batch.id)") }
        batchTable[batch.id] = batch
    }

    mutating func record(_ event: BridgeEvent, at time: Timestamp) throws -> Int64 {
        let payload = try EventEncoding.encode(event, at: time)
        newestPosition += 1
        events.append(
            StoredEvent(
                event: RecordedEvent(
                    position: newestPosition, name: event.name, projectID: event.projectID, payload: payload),
                time: time))
        return newestPosition
    }

    mutating func pruneEvents(keeping limit: Int) throws -> Int {
        let firstKept = newestPosition + 1 - Int64(max(1, limit))
        let before = events.count
        events.removeAll { $0.event.position < firstKept }
        if fault == .reusesPositions { newestPosition = Int64(events.count) }
        return before - events.count
    }

    mutating func insert(_ pair: DevicePair) throws {
        guard devicePairTable[pair.id] == nil, !devicePairTable.all.contains(where: { $0.keyDigest == pair.keyDigest })
        else {
            throw there("pair \(pair.id)")
        }
        guard projectTable[pair.projectID] != nil else { throw OffloadError.missing(pair.projectID) }
        devicePairTable[pair.id] = pair
    }

    mutating func update(_ pair: DevicePair) throws {
        guard var stored = devicePairTable[pair.id] else { throw OffloadError.missing(pair.id) }
        (stored.status, stored.lastSyncAt) = (pair.status, pair.lastSyncAt)
        devicePairTable[stored.id] = stored
    }

    mutating func removeDevicePair(_ id: PairID) throws {
        guard devicePairTable[id] != nil else { throw OffloadError.missing(id) }
        devicePairTable[id] = nil
    }

    mutating func insert(_ pair: JoinedPair) throws {
        guard joinedPairTable[pair.id] == nil else { throw there("pair \(pair.id)") }
        guard projectTable[pair.projectID] != nil else { throw OffloadError.missing(pair.projectID) }
        joinedPairTable[pair.id] = pair
    }

    mutating func update(_ pair: JoinedPair) throws {
        guard var stored = joinedPairTable[pair.id] else { throw OffloadError.missing(pair.id) }
        (stored.status, stored.addresses) = (pair.status, pair.addresses)
        joinedPairTable[stored.id] = stored
    }

    mutating func removeJoinedPair(_ id: PairID) throws {
        guard joinedPairTable[id] != nil else { throw OffloadError.missing(id) }
        joinedPairTable[id] = nil
    }

    mutating func setNote(_ key: DeviceNote, to value: String) throws { noteTable[key] = value }

    private func there(_ what: String) -> OffloadError {
        OffloadError(.conflict, "this is there already, or would stand beside what excludes it: \(what)")
    }

    private func impossible(_ what: String) -> OffloadError {
        OffloadError(.device, "a state that cannot be was refused: \(what)")
    }
}
