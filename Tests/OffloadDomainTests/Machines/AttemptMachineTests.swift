import OffloadDomain
import OffloadTesting
import Testing

/// Everything that can happen to an attempt.
enum AttemptEvent: String, CaseIterable, Sendable {
    case agentStarted = "agent started"
    case seal
    case endCompleted = "end completed"
    case endFailed = "end failed"
    case endCancelled = "end cancelled"
    case endByShutdown = "end by shutdown"
    case endByCrash = "end by crash"

    static let report = RunReport(summary: "Fixed it.", turns: 3)
    static let result = AttemptResult(storage: .empty, filesChanged: 0, insertions: 0, deletions: 0)

    /// - Returns: whether anything changed.
    func happen(to machine: inout AttemptMachine, at time: Timestamp) -> Bool {
        switch self {
        case .agentStarted: machine.agentStarted(at: time)
        case .seal: machine.seal(report: Self.report, result: Self.result, at: time)
        case .endCompleted: end(&machine, .completed, at: time)
        case .endFailed: end(&machine, .failed(TaskEvent.failure), at: time)
        case .endCancelled: end(&machine, .cancelled, at: time)
        case .endByShutdown: end(&machine, .interrupted(orderly: true), at: time)
        case .endByCrash: end(&machine, .interrupted(orderly: false), at: time)
        }
    }

    private func end(_ machine: inout AttemptMachine, _ outcome: Attempt.Outcome, at time: Timestamp) -> Bool {
        machine.end(outcome, report: Self.report, result: Self.result, at: time) != nil
    }
}

@Suite struct AttemptMachineTests {
    static let transcript = Transcript(
        """
        starting
          agent started      changes    → running
          seal               nothing
          end completed      changes    → completed
          end failed         changes    → failed
          end cancelled      changes    → cancelled
          end by shutdown    changes    → interrupted
          end by crash       changes    → interrupted
        running
          agent started      nothing
          seal               changes    → sealed
          end completed      changes    → completed
          end failed         changes    → failed
          end cancelled      changes    → cancelled
          end by shutdown    changes    → interrupted
          end by crash       changes    → interrupted
        sealed
          agent started      nothing
          seal               nothing
          end completed      changes    → completed
          end failed         changes    → failed
          end cancelled      changes    → cancelled
          end by shutdown    changes    → interrupted
          end by crash       changes    → interrupted
        completed
          agent started      nothing
          seal               nothing
          end completed      nothing
          end failed         nothing
          end cancelled      nothing
          end by shutdown    nothing
          end by crash       nothing
        failed
          agent started      nothing
          seal               nothing
          end completed      nothing
          end failed         nothing
          end cancelled      nothing
          end by shutdown    nothing
          end by crash       nothing
        cancelled
          agent started      nothing
          seal               nothing
          end completed      nothing
          end failed         nothing
          end cancelled      nothing
          end by shutdown    nothing
          end by crash       nothing
        interrupted
          agent started      nothing
          seal               nothing
          end completed      nothing
          end failed         nothing
          end cancelled      nothing
          end by shutdown    nothing
          end by crash       nothing
        """)

    @Test func everyPairOfStateAndEventIsListed() {
        let gaps = Self.transcript.gaps(
            states: Attempt.Status.allCases.map(\.rawValue), events: AttemptEvent.allCases.map(\.rawValue))
        #expect(gaps == [])
    }

    @Test func answersAsListed() throws {
        for line in Self.transcript.lines {
            let status = try #require(Attempt.Status(rawValue: line.state))
            let event = try #require(AttemptEvent(rawValue: line.event))
            let before = Self.attempt(status)
            #expect(before.status == status)
            var machine = AttemptMachine(before)
            let changed = event.happen(to: &machine, at: Samples.time(500))
            #expect(changed == (line.answer == "changes"), "\(line)")
            #expect((line.next != nil) == changed, "\(line)")
            if let next = line.next {
                #expect(machine.attempt.status.rawValue == next, "\(line)")
            } else {
                #expect(machine.attempt == before, "\(line)")
            }
            #expect(machine.attempt.key == before.key, "\(line)")
        }
    }

    static func attempt(_ status: Attempt.Status) -> Attempt {
        let key = AttemptKey(task: TaskID(unchecked: "t-1"), number: AttemptNumber(value: 3))
        let state: Attempt.State =
            switch status {
            case .starting: .starting
            case .running: .running(startedAt: Samples.time(1))
            case .sealed: .sealed(Samples.ending(.completed))
            case .completed: .ended(Samples.ending(.completed))
            case .failed: .ended(Samples.ending(.failed(TaskEvent.failure)))
            case .cancelled: .ended(Samples.ending(.cancelled))
            case .interrupted: .ended(Samples.ending(.interrupted(orderly: false)))
            }
        return Attempt(key: key, batch: Samples.batch(1), createdAt: Samples.time(), state: state)
    }

    // MARK: - What the transcript does not say

    @Test func anEndRemembersWhenTheAgentStarted() {
        var machine = AttemptMachine(Self.attempt(.starting))
        #expect(machine.startedAt == nil)
        let started = machine.agentStarted(at: Samples.time(10))
        #expect(started)
        #expect(machine.startedAt == Samples.time(10))
        let sealed = machine.seal(report: AttemptEvent.report, result: AttemptEvent.result, at: Samples.time(20))
        #expect(sealed)
        #expect(machine.startedAt == Samples.time(10))
        var published = AttemptEvent.result
        published.branch = "offload/fix-it"
        let ending = machine.end(.completed, report: AttemptEvent.report, result: published, at: Samples.time(30))
        let expected = Attempt.Ending(
            outcome: .completed, startedAt: Samples.time(10), endedAt: Samples.time(30), report: AttemptEvent.report,
            result: published)
        #expect(ending == expected)
        #expect(machine.attempt.state == .ended(expected))
    }

    @Test func anAttemptThatNeverStartedAnAgentHasNoStart() {
        var machine = AttemptMachine(Self.attempt(.starting))
        let ending = machine.end(.cancelled, report: RunReport(), result: nil, at: Samples.time(30))
        #expect(ending?.startedAt == nil)
        #expect(ending?.endedAt == Samples.time(30))
    }
}
