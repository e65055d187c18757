import OffloadDomain
import OffloadTesting
import Testing

@Suite struct TaskMachineTests {
    /// For a task in its third attempt; reports speak of the third. What a report of another attempt does is the same
    /// everywhere and stands in `reportsOfOtherAttemptsChangeNothing`.
    static let transcript = Transcript(
        """
        pending
          hand out             handed out           → synced
          agent started        stale
          seal                 stale
          ended completed      stale
          ended failed         stale
          ended cancelled      stale
          ended by shutdown    stale
          ended by crash       stale
          cancel               cancelled            → cancelled
          retry                refused, pending
        synced
          hand out             refused, synced
          agent started        applied              → running
          seal                 stale
          ended completed      ended completed      → completed
          ended failed         ended failed         → failed
          ended cancelled      ended cancelled      → cancelled
          ended by shutdown    again                → pending
          ended by crash       again                → pending, once cut off
          cancel               stop                 → synced cancelling
          retry                refused, synced
        synced cancelling
          hand out             refused, synced
          agent started        applied              → running cancelling
          seal                 stale
          ended completed      ended cancelled      → cancelled
          ended failed         ended cancelled      → cancelled
          ended cancelled      ended cancelled      → cancelled
          ended by shutdown    ended cancelled      → cancelled
          ended by crash       ended cancelled      → cancelled
          cancel               stop
          retry                refused, synced
        synced sealed
          hand out             refused, synced
          agent started        applied              → running sealed
          seal                 stale
          ended completed      ended completed      → completed
          ended failed         ended completed      → completed
          ended cancelled      ended completed      → completed
          ended by shutdown    ended completed      → completed
          ended by crash       ended completed      → completed
          cancel               refused, completed
          retry                refused, synced
        running
          hand out             refused, running
          agent started        repeated
          seal                 sealed               → running sealed
          ended completed      ended completed      → completed
          ended failed         ended failed         → failed
          ended cancelled      ended cancelled      → cancelled
          ended by shutdown    again                → pending
          ended by crash       again                → pending, once cut off
          cancel               stop                 → running cancelling
          retry                refused, running
        running cancelling
          hand out             refused, running
          agent started        repeated
          seal                 cancelled
          ended completed      ended cancelled      → cancelled
          ended failed         ended cancelled      → cancelled
          ended cancelled      ended cancelled      → cancelled
          ended by shutdown    ended cancelled      → cancelled
          ended by crash       ended cancelled      → cancelled
          cancel               stop
          retry                refused, running
        running sealed
          hand out             refused, running
          agent started        repeated
          seal                 sealed
          ended completed      ended completed      → completed
          ended failed         ended completed      → completed
          ended cancelled      ended completed      → completed
          ended by shutdown    ended completed      → completed
          ended by crash       ended completed      → completed
          cancel               refused, completed
          retry                refused, running
        completed
          hand out             refused, completed
          agent started        stale
          seal                 stale
          ended completed      stale
          ended failed         stale
          ended cancelled      stale
          ended by shutdown    stale
          ended by crash       stale
          cancel               refused, completed
          retry                waiting              → pending
        failed
          hand out             refused, failed
          agent started        stale
          seal                 stale
          ended completed      stale
          ended failed         stale
          ended cancelled      stale
          ended by shutdown    stale
          ended by crash       stale
          cancel               refused, failed
          retry                waiting              → pending
        cancelled
          hand out             refused, cancelled
          agent started        stale
          seal                 stale
          ended completed      stale
          ended failed         stale
          ended cancelled      stale
          ended by shutdown    stale
          ended by crash       stale
          cancel               refused, cancelled
          retry                waiting              → pending
        """)

    @Test func everyPairOfStateAndEventIsListed() {
        let states = TaskPlace.all.filter { !$0.wasCutOff }.map(\.name)
        #expect(states.count == 10)
        #expect(Self.transcript.gaps(states: states, events: TaskEvent.allCases.map(\.rawValue)) == [])
    }

    @Test func answersAsListed() throws {
        for line in Self.transcript.lines {
            let place = try #require(TaskPlace.all.first { $0.description == line.state })
            try expect(line.answer, then: line.next, when: line.event, happensTo: place)
        }
    }

    /// One crash is forgiven. After it everything goes on as listed, except that the next crash ends the task; a retry
    /// forgets what was.
    @Test func answersAsListedAfterACrashAndGivesUpAtTheNext() throws {
        for line in Self.transcript.lines {
            let place = try #require(TaskPlace.all.first { $0.name == line.state && $0.wasCutOff })
            if line.event == TaskEvent.endedByCrash.rawValue, line.answer == "again" {
                try expect("ended failed", then: "failed, once cut off", when: line.event, happensTo: place)
            } else {
                let isForgotten = line.event == TaskEvent.retry.rawValue
                let next = line.next.map { isForgotten ? $0 : "\($0), once cut off" }
                try expect(line.answer, then: next, when: line.event, happensTo: place)
            }
        }
    }

    private func expect(
        _ answer: String, then next: String?, when eventName: String, happensTo place: TaskPlace
    ) throws {
        let event = try #require(TaskEvent(rawValue: eventName))
        let story: Comment = "\(place) | \(eventName)"
        let before = place.task
        var machine = TaskMachine(before)
        let time = Samples.time(500)
        let given = event.happen(to: &machine, number: before.attempt, lane: Samples.batch(3), at: time)
        #expect(given.description == answer, story)
        guard let next else {
            #expect(machine.task == before, story)
            return
        }
        #expect(TaskPlace(of: machine.task).description == next, story)
        #expect(machine.task.updatedAt == time, story)
        var isHandedOut = false
        if case .handedOut = given { isHandedOut = true }
        #expect(machine.task.attempt == (isHandedOut ? before.attempt.next : before.attempt), story)
    }

    @Test(arguments: TaskPlace.all) func reportsOfOtherAttemptsChangeNothing(_ place: TaskPlace) {
        let before = place.task
        for event in TaskEvent.allCases where event.carriesNumber {
            for number in [0, 1, 2, 4, 5, -1, .max].map(AttemptNumber.init(value:)) {
                var machine = TaskMachine(before)
                let answer = event.happen(to: &machine, number: number, lane: Samples.batch(3), at: Samples.time(500))
                #expect(answer == .stale, "\(place) | \(event.rawValue) of attempt \(number)")
                #expect(machine.task == before, "\(place) | \(event.rawValue) of attempt \(number)")
            }
        }
    }

    @Test(arguments: [OffloadTask.Status.completed, .failed, .cancelled])
    func finalStatesAbsorbEverythingButARetry(_ status: OffloadTask.Status) {
        #expect(status.isFinal)
        let before = TaskPlace(status: status, phase: nil, wasCutOff: false).task
        var machine = TaskMachine(before)
        for event in TaskEvent.allCases where event != .retry {
            for number in 0...5 {
                _ = event.happen(
                    to: &machine, number: AttemptNumber(value: number), lane: Samples.batch(3), at: Samples.time(500))
                #expect(machine.task == before, "\(event.rawValue) of attempt \(number)")
            }
        }
        #expect(machine.retry(position: 8, destination: .lane(nil), at: Samples.time(501)) == .waiting)
        #expect(machine.task.state == .pending)
    }

    // MARK: - What the transcript does not say

    @Test func aHandOutNamesTheNewAttemptAndTheLane() {
        var machine = TaskMachine(Samples.task(1))
        #expect(machine.task.attempt == .none)
        let first = AttemptKey(task: TaskID(unchecked: "t-1"), number: AttemptNumber(value: 1))
        #expect(machine.handOut(to: Samples.batch(4), at: Samples.time(1)) == .handedOut(first))
        #expect(machine.task.state == .synced(OffloadTask.Holding(batch: Samples.batch(4), phase: .working)))
        #expect(machine.task.attemptKey == first)
    }

    @Test func aLaneStaysWithItsTaskUntilTheAttemptEnds() {
        var machine = TaskMachine(Samples.task(1))
        _ = machine.handOut(to: Samples.batch(4), at: Samples.time(1))
        let number = machine.task.attempt
        _ = machine.agentStarted(number, at: Samples.time(2))
        #expect(machine.task.state.holding?.batch == Samples.batch(4))
        #expect(machine.cancel(at: Samples.time(3)) == .stop(machine.task.attemptKey))
        #expect(machine.task.state.holding == OffloadTask.Holding(batch: Samples.batch(4), phase: .cancelling))
        _ = machine.attemptEnded(number, .cancelled, at: Samples.time(4))
        #expect(machine.task.state.holding == nil)
    }

    @Test func aFailureIsKeptAsItWasReported() {
        var machine = TaskMachine(TaskPlace(status: .running, phase: .working, wasCutOff: false).task)
        let failure = Failure(.timeLimit, "It ran for two hours.")
        #expect(
            machine.attemptEnded(machine.task.attempt, .failed(failure), at: Samples.time(1))
                == .ended(.failed(failure)))
        #expect(machine.task.state == .failed(failure))
    }

    @Test func theSecondCrashSaysWhatHappened() throws {
        var machine = TaskMachine(Samples.task(1))
        for crash in 1...2 {
            guard case .handedOut(let key) = machine.handOut(to: Samples.batch(1), at: Samples.time(1)) else {
                Issue.record("crash \(crash): not handed out")
                return
            }
            #expect(key.number.value == crash)
            _ = machine.attemptEnded(key.number, .interrupted(orderly: false), at: Samples.time(2))
            #expect(machine.task.interruptions == crash)
        }
        guard case .failed(let failure) = machine.task.state else {
            Issue.record("the task is \(machine.task.state)")
            return
        }
        #expect(failure.kind == .interrupted)
        #expect(failure.message.contains("2 times"))
    }

    @Test func orderlyShutdownsNeverUseUpATask() {
        var machine = TaskMachine(Samples.task(1))
        for round in 1...20 {
            _ = machine.handOut(to: Samples.batch(1), at: Samples.time(1))
            let number = AttemptNumber(value: round)
            #expect(machine.attemptEnded(number, .interrupted(orderly: true), at: Samples.time(2)) == .again)
        }
        #expect(machine.task.interruptions == 0)
        #expect(machine.task.attempt.value == 20)
    }

    @Test func aRetryTakesItsNewPlaceAndKeepsTheNumber() {
        var machine = TaskMachine(TaskPlace(status: .failed, phase: nil, wasCutOff: true).task)
        #expect(machine.retry(position: 99, destination: .lane(Samples.batch(3)), at: Samples.time(1)) == .waiting)
        #expect(machine.task.position == 99)
        #expect(machine.task.lane == Samples.batch(3))
        #expect(machine.task.interruptions == 0)
        #expect(machine.task.attempt.value == 3)
        guard case .handedOut(let key) = machine.handOut(to: Samples.batch(3), at: Samples.time(2)) else {
            Issue.record("not handed out")
            return
        }
        #expect(key.number.value == 4)
    }
}
