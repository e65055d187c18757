/// One execution of a task: at most one agent process is ever started for it.
package struct Attempt: Sendable, Equatable {
    package let key: AttemptKey
    package let holder: OffloadTask.Holder
    package let createdAt: Timestamp
    /// The name of the agent that was started; nil before, and when the device that executes the attempt did not say.
    package var agent: String?
    package var state: State

    /// The most bytes of an agent's name.
    package static let agentLimit = 64

    package enum State: Sendable, Equatable {
        /// Durable before anything is done for it. After a crash in this state nobody knows whether an agent was started, so
        /// it is never started again. Next: running, ended.
        case starting
        /// The agent's process exists. Next: sealed, ended.
        case running(startedAt: Timestamp)
        /// Succeeded and kept; its branch is being written. A crash here loses nothing: the next start goes on. Next: ended.
        case sealed(Ending)
        case ended(Ending)
    }

    /// How an attempt ended and what it left.
    package struct Ending: Sendable, Equatable {
        package let outcome: Outcome
        package let startedAt: Timestamp?
        package let endedAt: Timestamp
        package let report: RunReport
        package let result: AttemptResult?

        package init(
            outcome: Outcome, startedAt: Timestamp?, endedAt: Timestamp, report: RunReport, result: AttemptResult?
        ) {
            self.outcome = outcome
            self.startedAt = startedAt
            self.endedAt = endedAt
            self.report = report
            self.result = result
        }
    }

    package enum Outcome: Sendable, Equatable {
        case completed
        case failed(Failure)
        case cancelled
        /// The device went away in the middle (`orderly`: it was asked to stop).
        case interrupted(orderly: Bool)
    }

    package enum Status: String, Sendable, CaseIterable {
        case starting, running, sealed, completed, failed, cancelled, interrupted
    }

    package var status: Status {
        switch state {
        case .starting: .starting
        case .running: .running
        case .sealed: .sealed
        case .ended(let ending):
            switch ending.outcome {
            case .completed: .completed
            case .failed: .failed
            case .cancelled: .cancelled
            case .interrupted: .interrupted
            }
        }
    }

    package init(
        key: AttemptKey, holder: OffloadTask.Holder, createdAt: Timestamp, agent: String? = nil,
        state: State = .starting
    ) {
        self.key = key
        self.holder = holder
        self.createdAt = createdAt
        self.agent = agent
        self.state = state
    }

    package init(
        key: AttemptKey, batch: BatchID, createdAt: Timestamp, agent: String? = nil, state: State = .starting
    ) {
        self.init(key: key, holder: .batch(batch), createdAt: createdAt, agent: agent, state: state)
    }

    /// How it went, once that is certain.
    package var ending: Ending? {
        switch state {
        case .starting, .running: nil
        case .sealed(let ending), .ended(let ending): ending
        }
    }

    package var hasEnded: Bool {
        if case .ended = state { true } else { false }
    }
}

/// What an agent's run told about itself.
package struct RunReport: Sendable, Equatable {
    /// The agent's own closing words, cut at 4,000 bytes.
    package var summary: String
    package var turns: Int?
    package var cost: Cost
    package var sessionID: String?
    package var model: String?
    /// How many processes had to be ended by us at the end of the attempt.
    package var processesEnded: Int

    package static let summaryLimit = 4_000

    package init(
        summary: String = "", turns: Int? = nil, cost: Cost = .unknown, sessionID: String? = nil, model: String? = nil,
        processesEnded: Int = 0
    ) {
        self.summary = summary
        self.turns = turns
        self.cost = cost
        self.sessionID = sessionID
        self.model = model
        self.processesEnded = processesEnded
    }
}

/// What a run cost, as far as its agent says. Three-valued on purpose: no figure is made up.
package enum Cost: Sendable, Equatable {
    case unknown
    case tokens(Tokens)
    /// In millionths of a US dollar.
    case money(microdollars: Int64, tokens: Tokens)

    package struct Tokens: Sendable, Equatable {
        package var input: Int64
        package var output: Int64

        package init(input: Int64, output: Int64) {
            self.input = input
            self.output = output
        }
    }
}

/// The work that an attempt left behind.
package struct AttemptResult: Sendable, Equatable {
    /// Where the work is kept.
    package enum Storage: Sendable, Equatable {
        /// A commit under `refs/offload/<task>/<attempt>` of our own repository.
        case commit(CommitHash, base: CommitHash)
        /// A change set in the data folder, for projects without git.
        case changeSet
        /// Nothing was changed.
        case empty
        /// On the device that did the work.
        case elsewhere
    }

    package var storage: Storage
    /// The branch in the user's repository; nil until one was written.
    package var branch: String?
    package var filesChanged: Int
    package var insertions: Int
    package var deletions: Int
    /// The first of the changed paths, for people.
    package var paths: [String]
    /// What a person should know about the result, such as a nested repository that was left out.
    package var notes: [String]

    /// Whether this device keeps work that can be sent to another.
    package var isKept: Bool {
        switch storage {
        case .commit, .changeSet: true
        case .empty, .elsewhere: false
        }
    }

    /// How many changed paths are kept.
    package static let pathLimit = 100

    package init(
        storage: Storage, branch: String? = nil, filesChanged: Int, insertions: Int, deletions: Int,
        paths: [String] = [], notes: [String] = []
    ) {
        self.storage = storage
        self.branch = branch
        self.filesChanged = filesChanged
        self.insertions = insertions
        self.deletions = deletions
        self.paths = paths
        self.notes = notes
    }
}
