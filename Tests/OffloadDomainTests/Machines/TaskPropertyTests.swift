import OffloadDomain
import OffloadTesting
import Testing

/// Random histories: whatever happens in whatever order, the invariants hold at each step.
@Suite struct TaskPropertyTests {
    private static let seeds = UInt64(0)..<10_000
    private static let length = 50

    @Test func noHistoryBreaksAnInvariant() {
        var visited: Set<TaskPlace> = []
        var handOuts = 0
        for seed in Self.seeds {
            let history = Self.play(TaskMachine(Samples.task(1)), seed: seed)
            if let violation = history.violation {
                Issue.record("seed \(seed): \(violation)")
                return
            }
            visited.formUnion(history.visited)
            handOuts += history.handOuts
        }
        // Histories that never leave the first state would prove nothing. A task is sealed only while it runs.
        #expect(visited == Set(TaskPlace.all.filter { ($0.status, $0.phase) != (.synced, .sealed) }))
        #expect(handOuts > Self.seeds.count)
    }

    @Test(arguments: FlawedTaskMachine.Flaw.allCases) func aFlawIsFound(_ flaw: FlawedTaskMachine.Flaw) {
        let found = Self.seeds.lazy.compactMap { seed in
            Self.play(FlawedTaskMachine(Samples.task(1), flaw: flaw), seed: seed).violation
        }.first
        #expect(found != nil, "\(flaw.rawValue) goes unnoticed")
    }

    @Test func theSameSeedGivesTheSameHistory() {
        for seed in [UInt64(1), 77, 4_711] {
            let first = Self.play(TaskMachine(Samples.task(1)), seed: seed)
            let second = Self.play(TaskMachine(Samples.task(1)), seed: seed)
            #expect(first.last == second.last)
        }
    }

    // MARK: - Playing

    private struct History {
        var violation: String?
        var visited: Set<TaskPlace> = []
        var handOuts = 0
        var last: OffloadTask
    }

    private static func play<Rules: TaskRules>(_ start: Rules, seed: UInt64) -> History {
        var dice = SplitMix64(seed: seed)
        var rules = start
        var invariants = TaskInvariants()
        var history = History(last: rules.task)
        for step in 1...length {
            let event = TaskEvent.allCases[Int.random(in: TaskEvent.allCases.indices, using: &dice)]
            let number = Self.number(near: rules.task.attempt, using: &dice)
            let lane = Samples.batch(Int.random(in: 1...4, using: &dice))
            let time = Samples.time(Int64(step))
            let before = rules.task
            history.visited.insert(TaskPlace(of: before))
            let answer = event.happen(to: &rules, number: number, lane: lane, at: time)
            if case .handedOut = answer { history.handOuts += 1 }
            let taken = TaskInvariants.Step(
                event: event, number: number, before: before, answer: answer, after: rules.task, time: time)
            if let violation = invariants.violation(in: taken) {
                history.violation = "step \(step), \(violation): \(taken)"
                return history
            }
        }
        history.last = rules.task
        return history
    }

    /// Mostly the attempt that is current; else one that was, or one that never was.
    private static func number(near current: AttemptNumber, using dice: inout SplitMix64) -> AttemptNumber {
        switch Int.random(in: 0..<10, using: &dice) {
        case 0..<7: current
        case 7, 8: AttemptNumber(value: current.value - Int.random(in: 1...3, using: &dice))
        default: current.next
        }
    }
}
