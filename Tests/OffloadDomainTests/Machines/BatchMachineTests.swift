import OffloadDomain
import OffloadTesting
import Testing

@Suite struct BatchMachineTests {
    static let transcript = Transcript(
        """
        idle
          start     fill                                     → running
          pause     refused, batch2 is not running
          resume    refused, batch2 is not paused; start it
          stop      empty
        running
          start     fill
          pause     hold                                     → paused
          resume    fill
          stop      empty                                    → idle
        paused
          start     fill                                     → running
          pause     hold
          resume    fill                                     → running
          stop      empty                                    → idle
        """)

    @Test func everyPairOfStateAndActionIsListed() {
        let gaps = Self.transcript.gaps(
            states: Batch.State.allCases.map(\.rawValue), events: BatchMachine.Action.allCases.map(\.rawValue))
        #expect(gaps == [])
    }

    @Test func answersAsListed() throws {
        for line in Self.transcript.lines {
            let state = try #require(Batch.State(rawValue: line.state))
            let action = try #require(BatchMachine.Action(rawValue: line.event))
            var machine = BatchMachine(Batch(id: Samples.batch(2), state: state, finished: 3))
            let answer = machine.apply(action)
            #expect(Self.words(answer) == line.answer, "\(line)")
            #expect(machine.batch.state.rawValue == line.next ?? line.state, "\(line)")
        }
    }

    /// A second click on the same button must not do anything else than the first.
    @Test(arguments: BatchMachine.Action.allCases, Batch.State.allCases)
    func doingItTwiceIsTheSameAsOnce(_ action: BatchMachine.Action, _ state: Batch.State) {
        var machine = BatchMachine(Batch(id: Samples.batch(1), state: state))
        let first = machine.apply(action)
        let after = machine
        #expect(machine.apply(action) == first)
        #expect(machine == after)
    }

    @Test func countsFromItsLastStartFromIdle() {
        var machine = BatchMachine(Batch(id: Samples.batch(1)))
        _ = machine.apply(.start)
        machine.taskEnded()
        machine.taskEnded()
        for action in [BatchMachine.Action.start, .pause, .start, .pause, .resume] {
            _ = machine.apply(action)
            #expect(machine.batch.finished == 2, "\(action.rawValue) is no new start")
        }
        _ = machine.apply(.stop)
        #expect(machine.batch.finished == 2, "what was done stays visible after a stop")
        _ = machine.apply(.start)
        #expect(machine.batch.finished == 0)
    }

    private static func words(_ answer: BatchMachine.Answer) -> String {
        switch answer {
        case .fill: "fill"
        case .hold: "hold"
        case .empty: "empty"
        case .refused(let reason): "refused, \(reason)"
        }
    }
}
