/// The time during which a code can be used: how often, by how many at once, and what ends it.
///
/// It knows nothing of the code or of cryptography: it is told whether a confirmation was right. Times are readings of a
/// monotonic clock, counted from wherever the caller likes.
/// Drawn from the code in `docs/state-machines.md`.
package struct PairingWindow: Sendable, Equatable {
    package struct Limits: Sendable, Equatable {
        /// Wrong confirmations that end the code. Three guesses at six digits are right three times in a million.
        package var guesses = 3
        /// Runs of the protocol that one code is good for, finished or not.
        package var runs = 10
        package var runsAtOnce = 2
        /// A run that takes longer gives its place to another.
        package var runLifetime = Duration.seconds(15)

        package init() {}
    }

    package enum State: Sendable, Equatable {
        /// Next: taken, burned, expired, cancelled.
        case open
        /// A device has proved that it knows the code. Next: spoiled, if that can't be recorded.
        case taken
        /// Final.
        case spoiled
        /// Wrong too often, or tried too often. Final.
        case burned
        /// Final.
        case expired
        /// By the person who opened it. Final.
        case cancelled
    }

    /// One run of the protocol under this code.
    package struct Run: Sendable, Hashable {
        package let number: Int

        package init(number: Int) { self.number = number }
    }

    package enum Refusal: Sendable, Equatable {
        /// The code is good for nothing any more.
        case over(State)
        /// Others are at it; try again in a moment.
        case busy
        /// Never begun, given up, or too slow.
        case unknownRun
    }

    package enum Beginning: Sendable, Equatable {
        case begun(Run)
        case refused(Refusal)
    }

    package enum Confirmation: Sendable, Equatable {
        /// The code is used up by this device.
        case taken
        /// This many guesses are left.
        case wrong(left: Int)
        /// That was the last guess.
        case burned
        case refused(Refusal)
    }

    package let expiresAt: Duration
    package let limits: Limits
    package private(set) var state = State.open
    package private(set) var wrongGuesses = 0
    package private(set) var runsBegun = 0
    /// In order of their beginning.
    private var running: [(run: Run, until: Duration)] = []

    package init(openedAt now: Duration, lasting: Duration, limits: Limits = Limits()) {
        expiresAt = now + lasting
        self.limits = limits
    }

    /// Somebody wants to prove that it knows the code.
    package mutating func begin(at now: Duration) -> Beginning {
        look(at: now)
        guard state == .open else { return .refused(.over(state)) }
        guard running.count < limits.runsAtOnce else { return .refused(.busy) }
        guard runsBegun < limits.runs else {
            // The last ones may still finish; only when they are done is the code known to be dead.
            if running.isEmpty { end(.burned) }
            return .refused(running.isEmpty ? .over(.burned) : .busy)
        }
        runsBegun += 1
        let run = Run(number: runsBegun)
        running.append((run, now + limits.runLifetime))
        return .begun(run)
    }

    /// Whether the run may go on to its next message.
    package func isRunning(_ run: Run, at now: Duration) -> Bool {
        state == .open && now < expiresAt && running.contains { $0.run == run && $0.until > now }
    }

    /// The run has come to the proof. Each run gives one.
    package mutating func confirm(_ run: Run, isRight: Bool, at now: Duration) -> Confirmation {
        look(at: now)
        guard state == .open else { return .refused(.over(state)) }
        guard let index = running.firstIndex(where: { $0.run == run }) else { return .refused(.unknownRun) }
        running.remove(at: index)
        if isRight {
            end(.taken)
            return .taken
        }
        wrongGuesses += 1
        guard wrongGuesses < limits.guesses else {
            end(.burned)
            return .burned
        }
        return .wrong(left: limits.guesses - wrongGuesses)
    }

    /// The other side went away.
    package mutating func abandon(_ run: Run) {
        running.removeAll { $0.run == run }
    }

    /// What could not be recorded must not be tried again under the same code.
    package mutating func spoil() {
        if state == .taken { end(.spoiled) }
    }

    package mutating func cancel(at now: Duration) {
        look(at: now)
        if state == .open { end(.cancelled) }
    }

    /// Notices that time has passed.
    package mutating func look(at now: Duration) {
        guard state == .open else { return }
        if now >= expiresAt { return end(.expired) }
        running.removeAll { $0.until <= now }
    }

    private mutating func end(_ state: State) {
        self.state = state
        running = []
    }

    package static func == (left: PairingWindow, right: PairingWindow) -> Bool {
        left.expiresAt == right.expiresAt && left.limits == right.limits && left.state == right.state
            && left.wrongGuesses == right.wrongGuesses && left.runsBegun == right.runsBegun
            && left.running.elementsEqual(right.running) { $0 == $1 }
    }
}
