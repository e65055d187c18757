import OffloadDomain
import OffloadTesting
import Testing

/// A source and a target, each with a ledger in memory, and nothing between them.
private struct Crossing {
    let source = InMemoryLedger()
    let target = InMemoryLedger()
    let identifiers = CountingIdentifiers()
    let queue = QueueDecisions(lanes: LaneFilling(slots: 0))
    let handovers = HandoverDecisions()
    let inbox = InboxDecisions(lanes: LaneFilling(slots: 2))
    let attempts = AttemptDecisions(lanes: LaneFilling(slots: 2))
    let now = Samples.time(5)

    init(running lanes: Int = 2) throws {
        try source.changeNow { transaction in
            try transaction.insert(Samples.project(1))
            for number in 1...2 { try transaction.insert(Self.active(Samples.devicePair(number))) }
        }
        try target.changeNow { transaction in
            try transaction.insert(Samples.project(1))
            try transaction.insert(Samples.joinedPair(1))
            for lane in 0..<lanes { try transaction.save(Batch(id: Samples.batch(lane + 1), state: .running)) }
        }
    }

    static func active(_ pair: DevicePair) -> DevicePair {
        var pair = pair
        pair.status = .active
        return pair
    }

    @discardableResult
    func queue(_ number: Int, for destination: OffloadTask.Destination = .device(nil)) throws -> OffloadTask {
        try source.changeNow { transaction in
            if try transaction.idea(Samples.idea(number).id) == nil { try transaction.insert(Samples.idea(number)) }
            let plan = QueueDecisions.Plan.ready(Samples.project(1), .defaults, try RequirementTemplate(), base: nil)
            return try queue.take(
                Samples.idea(number).id, for: destination, plan: plan, identifiers: identifiers, at: now,
                in: &transaction
            ).task
        }
    }

    func claim(by number: Int = 1, slots: Int = 4) throws -> [Offer] {
        try source.changeNow { transaction in
            try handovers.claim(
                by: Self.active(Samples.devicePair(number)), slots: slots, identifiers: identifiers, at: now,
                in: &transaction)
        }
    }

    func accept(_ offer: Offer, through pair: JoinedPair = Samples.joinedPair(1)) throws -> InboxDecisions.Acceptance {
        try target.changeNow { transaction in
            try inbox.accept(
                offer, as: "task-\(offer.key.task).md", through: pair, identifiers: identifiers, limits: ProjectSlots(),
                at: now, in: &transaction)
        }
    }

    func apply(
        _ sequence: Int64, _ change: StatusReport.Change, to offer: Offer, from number: Int = 1
    ) throws -> Acknowledgement {
        let report = StatusReport(key: offer.key, ideaID: offer.ideaID, sequence: sequence, change: change)
        return try source.changeNow { transaction in
            try handovers.apply(report, from: Samples.devicePair(number).id, at: now, in: &transaction)
        }
    }

    func task(_ id: TaskID) throws -> OffloadTask? { try source.snapshot().task(id) }
    func copy(_ id: TaskID) throws -> OffloadTask? { try target.snapshot().task(id) }

    /// What waits in the outbox: attempts and sequences.
    func outbox() throws -> [String] {
        try target.snapshot().outbox(through: Samples.joinedPair(1).id, limit: 99).map { "\($0.key)#\($0.sequence)" }
    }
}

@Suite struct CrossingTests {
    @Test func aClaimCountsUpOnceAndComesAgain() throws {
        let crossing = try Crossing()
        for number in 1...3 { try crossing.queue(number) }
        let first = try crossing.claim(slots: 2)
        #expect(first.map(\.key.number.value) == [1, 1])
        #expect(try crossing.claim(slots: 2) == first)
        #expect(try crossing.claim(by: 2).map(\.title) == ["Idea 3"])
        #expect(try crossing.apply(1, .synced, to: first[0]) == .accepted)
        #expect(try crossing.claim().map(\.key) == [first[1].key])
    }

    @Test func whatIsForOneDeviceGoesToNoOther() throws {
        let crossing = try Crossing()
        let task = try crossing.queue(1, for: .device(Samples.devicePair(1).id))
        #expect(try crossing.source.snapshot().waitingHandover(of: task.id) != nil)
        #expect(try crossing.claim(by: 2).isEmpty)
        #expect(try crossing.claim(by: 1).count == 1)
        #expect(try crossing.source.snapshot().waitingHandover(of: task.id) == nil)
    }

    @Test func reportsAreAppliedOnceAndInOrder() throws {
        let crossing = try Crossing()
        try crossing.queue(1)
        let offer = try #require(try crossing.claim().first)
        #expect(try crossing.apply(2, .running(agent: "claude"), to: offer) == .missing(from: 1))
        #expect(try crossing.apply(1, .synced, to: offer, from: 2) == .stale)
        #expect(try crossing.apply(1, .synced, to: offer) == .accepted)
        #expect(try crossing.apply(1, .synced, to: offer) == .accepted)
        #expect(try crossing.apply(2, .running(agent: "claude"), to: offer) == .accepted)
        #expect(try crossing.source.snapshot().attempt(offer.key)?.agent == "claude")
        let end = StatusReport.Change.ended(.completed, RunReport(summary: "Done."), nil)
        #expect(try crossing.apply(3, end, to: offer) == .accepted)
        #expect(try crossing.apply(3, end, to: offer) == .accepted)
        #expect(try crossing.apply(4, end, to: offer) == .stale)
        #expect(try crossing.task(offer.key.task)?.state == .completed)
        let names = try crossing.source.snapshot().events(after: 0, limit: 99).map(\.name)
        #expect(
            names == [
                "offload_task_queued", "offload_task_synced", "offload_task_started", "offload_task_completed",
            ])
    }

    @Test func whatIsTakenBackIsStaleFromThenOn() throws {
        let crossing = try Crossing()
        let task = try crossing.queue(1, for: .device(Samples.devicePair(1).id))
        let offer = try #require(try crossing.claim().first)
        _ = try crossing.apply(1, .synced, to: offer)
        try crossing.source.changeNow {
            _ = try crossing.handovers.takeBack(offer.key, orderly: false, at: crossing.now, in: &$0)
        }
        #expect(try crossing.task(task.id)?.destination == .device(nil))
        #expect(try crossing.apply(2, .running(agent: "claude"), to: offer) == .stale)
        let second = try #require(try crossing.claim(by: 2).first)
        #expect(second.key.number.value == 2)
        // The second time in a row is once too often.
        try crossing.source.changeNow {
            _ = try crossing.handovers.takeBack(second.key, orderly: false, at: crossing.now, in: &$0)
        }
        guard case .failed(let failure) = try crossing.task(task.id)?.state else {
            Issue.record("it is not failed")
            return
        }
        #expect(failure.kind == .interrupted)
    }

    @Test func aCancelOfAClaimIsFinalAtOnce() throws {
        let crossing = try Crossing()
        let task = try crossing.queue(1)
        let offer = try #require(try crossing.claim().first)
        try crossing.source.changeNow { _ = try crossing.queue.cancel(task.id, at: crossing.now, in: &$0) }
        #expect(try crossing.task(task.id)?.state == .cancelled)
        #expect(try crossing.apply(1, .synced, to: offer) == .stale)
        #expect(try crossing.source.snapshot().handover(offer.key)?.status == .cancelled)
        #expect(try crossing.source.snapshot().attempt(offer.key)?.hasEnded == true)
    }

    @Test func aTaskIsTakenOverOnceAndReported() throws {
        let crossing = try Crossing()
        try crossing.queue(1)
        let offer = try #require(try crossing.claim().first)
        guard case .accepted(let task, let started) = try crossing.accept(offer) else {
            Issue.record("not accepted")
            return
        }
        #expect(task.attemptKey == offer.key && started.map(\.key) == [offer.key])
        #expect(try crossing.accept(offer) == .known)
        #expect(try crossing.outbox() == ["\(offer.key)#1"])
    }

    @Test func aNewerAttemptEndsTheOlderOneFirst() throws {
        let crossing = try Crossing()
        try crossing.queue(1)
        let offer = try #require(try crossing.claim().first)
        _ = try crossing.accept(offer)
        let newer = Offer(
            handoverID: offer.handoverID, key: AttemptKey(task: offer.key.task, number: AttemptNumber(value: 3)),
            ideaID: offer.ideaID, title: offer.title, priority: 0, fileName: offer.fileName, content: offer.content,
            base: nil)
        #expect(try crossing.accept(newer) == .busy(stop: offer.key))
        try crossing.target.changeNow { transaction in
            _ = try crossing.attempts.end(
                offer.key, .cancelled, report: RunReport(), result: nil, limits: ProjectSlots(), at: crossing.now,
                in: &transaction)
        }
        guard case .accepted(let task, _) = try crossing.accept(newer) else {
            Issue.record("not accepted")
            return
        }
        #expect(task.attempt.value == 3)
        #expect(try crossing.outbox() == ["\(newer.key)#1"], "the source wants nothing of the older one")
    }

    /// Found when devices were paired anew: the task of the old pair was taken for somebody else's.
    @Test func aSourceThatWasPairedAnewIsTheSame() throws {
        let crossing = try Crossing()
        try crossing.queue(1)
        let offer = try #require(try crossing.claim().first)
        _ = try crossing.accept(offer)
        try crossing.target.changeNow { transaction in
            _ = try crossing.attempts.end(
                offer.key, .cancelled, report: RunReport(), result: nil, limits: ProjectSlots(), at: crossing.now,
                in: &transaction)
            try transaction.insert(Self.pair(2, like: 1))
            try transaction.insert(Self.pair(3, like: 3))
        }
        let newer = Offer(
            handoverID: offer.handoverID, key: AttemptKey(task: offer.key.task, number: AttemptNumber(value: 2)),
            ideaID: offer.ideaID, title: offer.title, priority: 0, fileName: offer.fileName, content: offer.content,
            base: nil)
        #expect(try crossing.accept(newer, through: Self.pair(3, like: 3)) == .foreign)
        guard case .accepted(let task, _) = try crossing.accept(newer, through: Self.pair(2, like: 1)) else {
            Issue.record("not accepted")
            return
        }
        #expect(task.origin == Samples.joinedPair(2).id)
    }

    private static func pair(_ number: Int, like other: Int) -> JoinedPair {
        let (pair, source) = (Samples.joinedPair(number), Samples.joinedPair(other))
        return JoinedPair(
            id: pair.id, sourceDeviceID: source.sourceDeviceID, sourceName: source.sourceName,
            sourceProject: source.sourceProject, projectID: pair.projectID, fingerprint: source.fingerprint,
            key: pair.key, addresses: [], status: .active, createdAt: pair.createdAt)
    }

    @Test func aDeviceThatWasStoppedLeavesTheNextAttemptToTheSource() throws {
        let crossing = try Crossing()
        try crossing.queue(1)
        let offer = try #require(try crossing.claim().first)
        _ = try crossing.accept(offer)
        try crossing.target.changeNow { transaction in
            _ = try crossing.attempts.end(
                offer.key, .interrupted(orderly: true), report: RunReport(), result: nil, limits: ProjectSlots(),
                at: crossing.now, in: &transaction)
        }
        #expect(try crossing.copy(offer.key.task)?.state.status == .failed)
        #expect(try crossing.outbox() == ["\(offer.key)#1", "\(offer.key)#2"])
        _ = try crossing.apply(1, .synced, to: offer)
        let end = StatusReport.Change.ended(.interrupted(orderly: true), RunReport(), nil)
        #expect(try crossing.apply(2, end, to: offer) == .accepted)
        #expect(try crossing.task(offer.key.task)?.state == .pending)
        #expect(try crossing.claim().map(\.key.number.value) == [2])
    }

    @Test func whatIsCancelledOverThereIsToldHere() throws {
        let crossing = try Crossing(running: 0)
        try crossing.queue(1)
        let offer = try #require(try crossing.claim().first)
        _ = try crossing.accept(offer)
        try crossing.target.changeNow { transaction in
            _ = try crossing.queue.cancel(offer.key.task, at: crossing.now, in: &transaction)
        }
        #expect(try crossing.outbox() == ["\(offer.key)#1", "\(offer.key)#2"])
        #expect(
            refusal {
                _ = try crossing.target.changeNow { transaction in
                    try crossing.queue.retry(offer.key.task, limits: ProjectSlots(), at: crossing.now, in: &transaction)
                        .task
                }
            } == .conflict)
    }

    @Test func aWaitingTaskGoesToTheOtherQueueAndBack() throws {
        let crossing = try Crossing()
        let task = try crossing.queue(1, for: .lane(nil))
        #expect(try crossing.queue(1).id == task.id)
        #expect(try crossing.task(task.id)?.destination == .device(nil))
        #expect(try crossing.queue(1, for: .lane(Samples.batch(1))).destination == .lane(Samples.batch(1)))
        #expect(try crossing.claim().isEmpty)
        try crossing.queue(1)
        #expect(try crossing.claim().count == 1)
        #expect(refusal { try crossing.queue(1, for: .lane(nil)) } == .conflict)
    }
}
