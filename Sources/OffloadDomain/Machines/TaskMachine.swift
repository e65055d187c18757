/// What may happen to a task, and when. Every change of a task's state is one of these methods or it is not made.
///
/// The machine does no I/O and knows no clock: the caller loads the task, asks, and records the answer in one transaction.
/// Drawn from the code in `docs/state-machines.md`.
package struct TaskMachine: Sendable, Equatable {
    package private(set) var task: OffloadTask

    /// An attempt that was cut off is repeated this often without asking anybody.
    package static let interruptionsRepeated = 1

    package init(_ task: OffloadTask) { self.task = task }

    // MARK: - A lane takes the task

    package enum HandOut: Sendable, Equatable {
        /// The task now belongs to the lane, under this attempt.
        case handedOut(AttemptKey)
        /// It is not waiting.
        case refused(OffloadTask.Status)
    }

    package mutating func handOut(to batch: BatchID, at time: Timestamp) -> HandOut {
        switch task.state {
        case .pending where !task.isOffloaded:
            task.attempt = task.attempt.next
            move(to: .synced(OffloadTask.Holding(batch: batch)), at: time)
            return .handedOut(task.attemptKey)
        case .pending, .claimed, .synced, .running, .completed, .failed, .cancelled:
            return .refused(task.state.status)
        }
    }

    // MARK: - A paired device takes the task

    /// The device of `pair` asks for work.
    package mutating func claim(by pair: PairID, at time: Timestamp) -> HandOut {
        switch (task.state, task.destination) {
        case (.pending, .device(nil)), (.pending, .device(pair)):
            task.attempt = task.attempt.next
            move(to: .claimed(pair), at: time)
            return .handedOut(task.attemptKey)
        case (.pending, _), (.claimed, _), (.synced, _), (.running, _), (.completed, _), (.failed, _), (.cancelled, _):
            return .refused(task.state.status)
        }
    }

    /// The device that claimed attempt `number` has stored it durably.
    package mutating func acknowledged(_ number: AttemptNumber, at time: Timestamp) -> Report {
        guard number == task.attempt else { return .stale }
        switch task.state {
        case .claimed(let pair):
            move(to: .synced(OffloadTask.Holding(.device(pair))), at: time)
            return .applied
        case .synced, .running:
            return .repeated
        case .pending, .completed, .failed, .cancelled:
            return .stale
        }
    }

    /// Attempt `number` was never acknowledged: the task goes to whichever device asks first.
    package mutating func claimExpired(_ number: AttemptNumber, at time: Timestamp) -> Report {
        guard number == task.attempt, case .claimed = task.state else { return .stale }
        task.destination = .device(nil)
        move(to: .pending, at: time)
        return .applied
    }

    /// The device that holds attempt `number` was not heard of for too long, or takes no work any more: whatever it may
    /// still say about it is stale from now on, and the task goes to whichever device asks first.
    /// - Parameter orderly: whether it gave the task back, which is nobody's fault.
    package mutating func taken(back number: AttemptNumber, orderly: Bool, at time: Timestamp) -> End {
        guard number == task.attempt, task.state.holder?.device != nil else { return .stale }
        task.destination = .device(nil)
        return attemptEnded(number, .interrupted(orderly: orderly), at: time)
    }

    // MARK: - The attempt reports

    package enum Report: Sendable, Equatable {
        /// The task changed accordingly.
        case applied
        /// The same was reported before; nothing changed.
        case repeated
        /// The message speaks of an attempt that is not the current one, or of one that has ended; nothing changed.
        case stale
    }

    /// The agent's process of attempt `number` exists.
    package mutating func agentStarted(_ number: AttemptNumber, at time: Timestamp) -> Report {
        guard number == task.attempt else { return .stale }
        switch task.state {
        case .synced(let holding):
            move(to: .running(holding), at: time)
            return .applied
        case .running:
            return .repeated
        case .pending, .claimed, .completed, .failed, .cancelled:
            return .stale
        }
    }

    package enum Seal: Sendable, Equatable {
        /// From here on the attempt can only be completed.
        case sealed
        /// A person asked to cancel first: the attempt ends as cancelled.
        case cancelled
        case stale
    }

    /// Agent and check of attempt `number` succeeded and its result is kept; asked before a branch is written.
    package mutating func seal(_ number: AttemptNumber, at time: Timestamp) -> Seal {
        guard number == task.attempt, case .running(var holding) = task.state else { return .stale }
        switch holding.phase {
        case .working:
            holding.phase = .sealed
            move(to: .running(holding), at: time)
            return .sealed
        case .sealed:
            return .sealed
        case .cancelling:
            return .cancelled
        }
    }

    package enum End: Sendable, Equatable {
        /// What the attempt counts as: a success after a cancellation counts as cancelled.
        case ended(Attempt.Outcome)
        /// The attempt was cut off; the task waits for the next one.
        case again
        case stale
    }

    /// Attempt `number` is over.
    package mutating func attemptEnded(
        _ number: AttemptNumber, _ outcome: Attempt.Outcome, at time: Timestamp
    ) -> End {
        guard number == task.attempt, task.state.holder != nil else { return .stale }
        switch (task.state.holding?.phase ?? .working, outcome) {
        case (.cancelling, _):
            move(to: .cancelled, at: time)
            return .ended(.cancelled)
        case (.sealed, _):
            // What was sealed is kept whole: nothing that comes later can make it less than completed.
            move(to: .completed, at: time)
            return .ended(.completed)
        case (.working, .completed):
            move(to: .completed, at: time)
            return .ended(.completed)
        case (.working, .failed(let failure)):
            move(to: .failed(failure), at: time)
            return .ended(outcome)
        case (.working, .cancelled):
            move(to: .cancelled, at: time)
            return .ended(.cancelled)
        case (.working, .interrupted(let orderly)):
            return cutOff(orderly: orderly, at: time)
        }
    }

    private mutating func cutOff(orderly: Bool, at time: Timestamp) -> End {
        // Whether there is another attempt is for the device to say that gave the task.
        guard task.origin == nil else {
            let failure = Failure(
                .interrupted, "this device was stopped while the agent ran; the other device hands the task out again")
            move(to: .failed(failure), at: time)
            return .ended(.interrupted(orderly: orderly))
        }
        if !orderly { task.interruptions += 1 }
        guard task.interruptions <= Self.interruptionsRepeated else {
            let failure = Failure(
                .interrupted,
                "the device went away \(task.interruptions) times while the agent ran; look at the log, then retry")
            move(to: .failed(failure), at: time)
            return .ended(.failed(failure))
        }
        move(to: .pending, at: time)
        return .again
    }

    // MARK: - A person decides

    package enum Cancel: Sendable, Equatable {
        /// It was waiting and is cancelled now.
        case cancelled
        /// Whoever holds the attempt has to end it.
        case stop(AttemptKey)
        /// It is final or as good as final; nothing changed.
        case refused(OffloadTask.Status)
    }

    package mutating func cancel(at time: Timestamp) -> Cancel {
        switch task.state {
        // Nobody may have started a claimed one before it is acknowledged here, and from now on it can't be.
        case .pending, .claimed:
            move(to: .cancelled, at: time)
            return .cancelled
        case .synced(let holding):
            return requestStop(holding, at: time) { .synced($0) }
        case .running(let holding):
            return requestStop(holding, at: time) { .running($0) }
        case .completed, .failed, .cancelled:
            return .refused(task.state.status)
        }
    }

    private mutating func requestStop(
        _ holding: OffloadTask.Holding, at time: Timestamp, state: (OffloadTask.Holding) -> OffloadTask.State
    ) -> Cancel {
        switch holding.phase {
        case .working:
            move(to: state(OffloadTask.Holding(holding.holder, phase: .cancelling)), at: time)
            return .stop(task.attemptKey)
        case .cancelling:
            return .stop(task.attemptKey)
        case .sealed:
            return .refused(.completed)
        }
    }

    package enum Retry: Sendable, Equatable {
        /// It waits again; the next hand-out carries the next attempt number.
        case waiting
        /// It is not final.
        case refused(OffloadTask.Status)
    }

    /// - Parameters:
    ///   - position: the task's new place in the queue.
    ///   - destination: where it is to be done now.
    package mutating func retry(
        position: Int64, destination: OffloadTask.Destination, at time: Timestamp
    ) -> Retry {
        guard task.state.status.isFinal else { return .refused(task.state.status) }
        task.interruptions = 0
        task.position = position
        task.destination = destination
        move(to: .pending, at: time)
        return .waiting
    }

    /// Sends a task that waits elsewhere. Its place in the queue stays.
    /// - Returns: false when it does not wait.
    package mutating func redirect(to destination: OffloadTask.Destination, at time: Timestamp) -> Bool {
        guard task.state == .pending else { return false }
        task.destination = destination
        task.updatedAt = time
        return true
    }

    // MARK: - Another device offers the task

    /// The source hands out attempt `number` of a task that was here before, maybe through another pair.
    /// - Returns: false when this is not news, or an earlier attempt has not ended here.
    package mutating func offered(
        _ number: AttemptNumber, through pair: PairID, position: Int64, at time: Timestamp
    ) -> Bool {
        guard task.origin != nil, task.state.status.isFinal, number > task.attempt else { return false }
        // A lane counts on by one when it takes the task.
        task.attempt = AttemptNumber(value: number.value - 1)
        task.origin = pair
        task.interruptions = 0
        task.position = position
        task.destination = .lane(nil)
        move(to: .pending, at: time)
        return true
    }

    private mutating func move(to state: OffloadTask.State, at time: Timestamp) {
        task.state = state
        task.updatedAt = time
    }
}
