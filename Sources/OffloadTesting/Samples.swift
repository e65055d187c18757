package import OffloadDomain

/// Values for tests, told apart by a number.
package enum Samples {
    /// An hour of 2026, and so many milliseconds.
    package static func time(_ milliseconds: Int64 = 0) -> Timestamp {
        Timestamp(milliseconds: 1_790_000_000_000 + milliseconds)
    }

    package static func project(_ number: Int, path: String? = nil) -> Project {
        Project(
            id: ProjectID(unchecked: "p-\(number)"), name: "Project \(number)", path: path ?? "/projects/\(number)",
            versionControl: .git, createdAt: time())
    }

    package static func idea(
        _ number: Int, of project: Int = 1, title: String? = nil, description: String = "Do it well.",
        status: Idea.Status = .accepted, priority: Int = 0
    ) -> Idea {
        Idea(
            id: IdeaID(unchecked: "i-\(number)"), projectID: ProjectID(unchecked: "p-\(project)"),
            title: title ?? "Idea \(number)", description: description, status: status, priority: priority,
            createdAt: time(), updatedAt: time())
    }

    package static func requirement(_ number: Int, idea: Int? = nil, fileName: String? = nil) -> Requirement {
        Requirement(
            id: RequirementID(unchecked: "r-\(number)"), ideaID: IdeaID(unchecked: "i-\(idea ?? number)"),
            fileName: fileName ?? "idea-\(number).md", content: "# Idea \(number)\n", base: nil, createdAt: time())
    }

    /// The task of the idea and the requirement of the same number.
    package static func task(
        _ number: Int, of project: Int = 1, idea: Int? = nil, lane: BatchID? = nil, priority: Int = 0,
        position: Int64? = nil, attempt: Int = 0, state: OffloadTask.State = .pending
    ) -> OffloadTask {
        OffloadTask(
            id: TaskID(unchecked: "t-\(number)"), projectID: ProjectID(unchecked: "p-\(project)"),
            ideaID: IdeaID(unchecked: "i-\(idea ?? number)"),
            requirementID: RequirementID(unchecked: "r-\(idea ?? number)"), title: "Idea \(idea ?? number)",
            destination: .lane(lane),
            priority: priority, position: position ?? Int64(number), attempt: AttemptNumber(value: attempt),
            state: state, createdAt: time(), updatedAt: time())
    }

    /// A task that goes elsewhere, or came from there.
    package static func offloaded(
        _ number: Int, idea: Int? = nil, requirement: Int? = nil, from origin: PairID? = nil,
        for destination: OffloadTask.Destination = .lane(nil), priority: Int = 0, attempt: Int = 0,
        state: OffloadTask.State = .pending
    ) -> OffloadTask {
        OffloadTask(
            id: TaskID(unchecked: "t-\(number)"), projectID: ProjectID(unchecked: "p-1"),
            ideaID: IdeaID(unchecked: "i-\(idea ?? number)"),
            requirementID: RequirementID(unchecked: "r-\(requirement ?? idea ?? number)"),
            title: "Idea \(idea ?? number)", origin: origin, destination: destination, priority: priority,
            position: Int64(number), attempt: AttemptNumber(value: attempt), state: state, createdAt: time(),
            updatedAt: time())
    }

    /// The hand-over of a task to device 2.
    package static func handover(_ number: Int, of task: Int) -> Handover {
        Handover(
            id: HandoverID(unchecked: "h-\(number)"), pairID: devicePair(1).id, taskID: TaskID(unchecked: "t-\(task)"),
            ideaID: IdeaID(unchecked: "i-\(task)"), content: "# Idea \(task)\u{0}\n")
    }

    package static func result(
        _ number: Int, attempt: Int = 1, state: TaskResult.State = .ready, through pair: PairID? = nil
    ) -> TaskResult {
        TaskResult(
            key: AttemptKey(task: task(number).id, number: AttemptNumber(value: attempt)), projectID: project(1).id,
            ideaID: idea(number).id, title: "Idea \(number)", pairID: pair, state: state,
            storage: state == .uploading ? nil : .commit(commit(number), base: commit(0)),
            extent: TaskResult.Extent(files: 1, insertions: 2, deletions: 3), integration: integration(of: state),
            createdAt: time(), updatedAt: time())
    }

    /// What a merge does or did, in a state that has such a thing.
    package static func integration(of state: TaskResult.State) -> Integration? {
        switch state {
        case .merging, .merged, .unmerging:
            Integration(
                mode: .merge, target: "refs/heads/main", move: Integration.Move(before: commit(8), after: commit(9)))
        case .uploading, .refused, .ready, .conflict, .discarded: nil
        }
    }

    package static func inboxEntry(_ task: Int, through pair: Int) -> InboxEntry {
        InboxEntry(
            key: AttemptKey(task: TaskID(unchecked: "t-\(task)"), number: AttemptNumber(value: 1)),
            pairID: joinedPair(pair).id, ideaID: IdeaID(unchecked: "i-\(task)"), receivedAt: time())
    }

    package static func report(
        _ task: Int, sequence: Int64, _ change: StatusReport.Change = .synced
    ) -> StatusReport {
        StatusReport(
            key: inboxEntry(task, through: 1).key, ideaID: IdeaID(unchecked: "i-\(task)"), sequence: sequence,
            change: change)
    }

    /// Lanes 1 to 64; another number gives the nearest of them.
    package static func batch(_ number: Int) -> BatchID {
        let clamped = min(max(number, 1), BatchID.limit)
        guard let batch = BatchID(number: clamped) else { preconditionFailure("\(clamped) is a lane") }
        return batch
    }

    /// A commit whose 40 digits are all the same.
    package static func commit(_ digit: Int) -> CommitHash {
        let text = String(repeating: String(abs(digit) % 16, radix: 16), count: 40)
        guard let commit = CommitHash(text) else { preconditionFailure("\(text) is a commit") }
        return commit
    }

    /// A device that takes work from device 1.
    package static func devicePair(
        _ number: Int, of project: Int = 1, status: PairStatus = .active, targetPath: String = "/home/ada/shop"
    ) -> DevicePair {
        DevicePair(
            id: PairID(unchecked: "x-\(number)"), sourceDeviceID: DeviceID(unchecked: "d-1"),
            targetDeviceID: DeviceID(unchecked: "d-\(number + 1)"), targetName: "Laptop \(number)",
            projectID: ProjectID(unchecked: "p-\(project)"), targetPath: targetPath, keyDigest: digest(number),
            status: status, createdAt: time())
    }

    /// A device that gives work to device 1.
    package static func joinedPair(
        _ number: Int, of project: Int = 1, status: PairStatus = .active
    ) -> JoinedPair {
        JoinedPair(
            id: PairID(unchecked: "x-\(number)"), sourceDeviceID: DeviceID(unchecked: "d-\(number + 1)"),
            sourceName: "PC \(number)", sourceProject: "shop", projectID: ProjectID(unchecked: "p-\(project)"),
            fingerprint: digest(number + 100), key: PairKey(digest(number + 200)),
            addresses: [PeerAddress(host: "192.168.1.\(number)", port: 4748)], status: status, createdAt: time())
    }

    /// 64 hexadecimal digits.
    package static func digest(_ number: Int) -> String {
        let digits = String(abs(number), radix: 16)
        return String(repeating: "0", count: max(0, 64 - digits.utf8.count)) + digits
    }

    package static func ending(
        _ outcome: Attempt.Outcome = .completed, report: RunReport = RunReport(summary: "Done."),
        result: AttemptResult? = nil
    ) -> Attempt.Ending {
        Attempt.Ending(outcome: outcome, startedAt: time(1), endedAt: time(2), report: report, result: result)
    }
}

extension LedgerTransaction {
    /// Inserts an idea, its requirement and its task.
    package mutating func insertWork(_ task: OffloadTask) throws {
        guard let number = Int(task.ideaID.rawValue.dropFirst(2)),
            let project = Int(task.projectID.rawValue.dropFirst(2))
        else { throw OffloadError(.invalidRequest, "\(task.id) is no sample") }
        if try idea(task.ideaID) == nil {
            try insert(Samples.idea(number, of: project))
            try insert(Samples.requirement(number), of: task.projectID)
        }
        try insert(task)
    }
}
