import OffloadDomain
import OffloadTesting
import Testing

@Suite struct PairingWindowTests {
    private static func opened(lasting: Duration = .seconds(300)) -> PairingWindow {
        PairingWindow(openedAt: .seconds(1_000), lasting: lasting)
    }

    private func begin(_ window: inout PairingWindow, at time: Duration = .seconds(1_000)) throws -> PairingWindow.Run {
        guard case .begun(let run) = window.begin(at: time) else { throw Refused() }
        return run
    }

    private struct Refused: Error {}

    @Test func aRightConfirmationTakesTheCodeOnce() throws {
        var window = Self.opened()
        let (first, second) = (try begin(&window), try begin(&window))
        #expect(window.confirm(first, isRight: true, at: .seconds(1_001)) == .taken)
        #expect(window.state == .taken)
        #expect(window.confirm(second, isRight: true, at: .seconds(1_001)) == .refused(.over(.taken)))
        #expect(window.confirm(first, isRight: true, at: .seconds(1_001)) == .refused(.over(.taken)))
        #expect(window.begin(at: .seconds(1_001)) == .refused(.over(.taken)))
    }

    @Test func threeWrongConfirmationsBurnTheCode() throws {
        var window = Self.opened()
        for left in [2, 1] {
            let run = try begin(&window)
            #expect(window.confirm(run, isRight: false, at: .seconds(1_001)) == .wrong(left: left))
            #expect(window.confirm(run, isRight: true, at: .seconds(1_001)) == .refused(.unknownRun), "one each")
        }
        let last = try begin(&window)
        #expect(window.confirm(last, isRight: false, at: .seconds(1_001)) == .burned)
        #expect(window.begin(at: .seconds(1_001)) == .refused(.over(.burned)))
    }

    @Test func twoAreAtItAtOnceAndSlowOnesMakeRoom() throws {
        var window = Self.opened()
        let slow = try begin(&window)
        let other = try begin(&window)
        #expect(window.begin(at: .seconds(1_000)) == .refused(.busy))
        window.abandon(other)
        _ = try begin(&window)
        #expect(window.begin(at: .seconds(1_014)) == .refused(.busy))
        #expect(window.isRunning(slow, at: .seconds(1_014)))
        let late = try begin(&window, at: .seconds(1_015))
        #expect(!window.isRunning(slow, at: .seconds(1_015)))
        #expect(window.confirm(slow, isRight: true, at: .seconds(1_015)) == .refused(.unknownRun))
        #expect(window.confirm(late, isRight: true, at: .seconds(1_015)) == .taken)
    }

    @Test func tenRunsAreAllThatACodeIsGoodFor() throws {
        var window = Self.opened()
        for _ in 1...9 { window.abandon(try begin(&window)) }
        let last = try begin(&window)
        #expect(window.begin(at: .seconds(1_001)) == .refused(.busy), "the tenth may still be right")
        #expect(window.state == .open)
        var other = window
        #expect(window.confirm(last, isRight: true, at: .seconds(1_001)) == .taken)
        other.abandon(last)
        #expect(other.begin(at: .seconds(1_001)) == .refused(.over(.burned)))
    }

    @Test func timeEndsIt() throws {
        var window = Self.opened()
        let run = try begin(&window, at: .seconds(1_299))
        #expect(window.isRunning(run, at: .seconds(1_299)))
        var justInTime = window
        #expect(justInTime.confirm(run, isRight: true, at: .milliseconds(1_299_999)) == .taken)
        #expect(window.confirm(run, isRight: true, at: .seconds(1_300)) == .refused(.over(.expired)))
        #expect(window.begin(at: .seconds(1_200)) == .refused(.over(.expired)), "and it stays ended")
    }

    @Test func aPersonEndsIt() throws {
        var window = Self.opened()
        let run = try begin(&window)
        window.cancel(at: .seconds(1_001))
        #expect(window.confirm(run, isRight: true, at: .seconds(1_001)) == .refused(.over(.cancelled)))
        var taken = Self.opened()
        _ = taken.confirm(try begin(&taken), isRight: true, at: .seconds(1_001))
        taken.cancel(at: .seconds(1_002))
        #expect(taken.state == .taken)
    }

    @Test func whatCouldNotBeRecordedIsNotTriedAgain() throws {
        var window = Self.opened()
        _ = window.confirm(try begin(&window), isRight: true, at: .seconds(1_001))
        window.spoil()
        #expect(window.begin(at: .seconds(1_002)) == .refused(.over(.spoiled)))
        var open = Self.opened()
        open.spoil()
        #expect(open.state == .open)
    }

    /// Whatever happens in whatever order: at most one is taken, at most three guesses count, ten runs begin, two at once.
    @Test(arguments: 1...200 as ClosedRange<UInt64>) func noOrderOfEventsBreaksTheRules(_ seed: UInt64) {
        var dice = SplitMix64(seed: seed)
        var window = Self.opened()
        var now = Duration.seconds(1_000)
        var runs: [PairingWindow.Run] = []
        var (taken, guesses) = (0, 0)
        for _ in 0..<60 {
            now += .milliseconds(Int.random(in: 0...8_000, using: &dice))
            switch Int.random(in: 0..<10, using: &dice) {
            case 0...4:
                if case .begun(let run) = window.begin(at: now) { runs.append(run) }
            case 5...7:
                guard let run = runs.randomElement(using: &dice) else { continue }
                switch window.confirm(run, isRight: Int.random(in: 0..<6, using: &dice) == 0, at: now) {
                case .taken: taken += 1
                case .wrong, .burned: guesses += 1
                case .refused: break
                }
            case 8:
                if let run = runs.randomElement(using: &dice) { window.abandon(run) }
            default: if Int.random(in: 0..<8, using: &dice) == 0 { window.cancel(at: now) }
            }
            #expect(runs.count { window.isRunning($0, at: now) } <= 2)
        }
        #expect(taken <= 1 && guesses <= 3 && runs.count <= 10)
        #expect(Set(runs).count == runs.count)
        #expect((taken == 1) == (window.state == .taken))
    }
}
