import OffloadDomain
import OffloadTesting

/// A ledger on a disk: what is durable, what a commit would make durable, and who waits for an answer.
///
/// Transactions that wait at the same time share one commit, as in the real store: they run one after another on what
/// the ones before them wrote, and nobody is answered before the commit. A crash leaves nothing but `durable`.
struct SimulatedStore: Sendable {
    /// A state, and the slot limits that were known when lanes were last filled in it.
    struct Image: Sendable {
        var ledger = LedgerState()
        var limits = ProjectSlots()
    }

    struct Submission: Sendable {
        /// Counts all submissions of a simulation.
        let number: Int
        let command: LedgerCommand
        let caller: Caller
        let time: Timestamp
    }

    /// A transaction that ran, with what it wrote.
    struct Written: Sendable {
        let submission: Submission
        let answer: LedgerAnswer
        let changes: [LedgerChange]
    }

    private(set) var durable = Image() { didSet { revision += 1 } }
    /// Grows whenever `durable` changes.
    private(set) var revision = 0
    /// With what the transactions of `group` wrote.
    private(set) var written = Image()
    private(set) var waiting: [Submission] = []
    /// Ran, and waits for its commit.
    private(set) var group: [Written] = []
    /// On the way to their callers.
    private(set) var answers: [Written] = []

    var isIdle: Bool { waiting.isEmpty && group.isEmpty && answers.isEmpty }

    mutating func submit(_ submission: Submission) { waiting.append(submission) }

    mutating func takeNextWaiting() -> Submission? { waiting.isEmpty ? nil : waiting.removeFirst() }

    mutating func add(_ ran: Written, leaving image: Image) {
        written = image
        group.append(ran)
    }

    /// Makes durable what the group wrote; its callers are answered from now on.
    mutating func commit() -> [Written] {
        durable = written
        answers += group
        defer { group = [] }
        return group
    }

    /// The commit failed: nothing of the group was written, and that is what its callers hear.
    mutating func fail(with error: OffloadError) {
        written = durable
        answers += group.map { Written(submission: $0.submission, answer: .refused(error), changes: []) }
        group = []
    }

    mutating func takeAnswer(at index: Int) -> Written { answers.remove(at: index) }

    /// Answers, some or all, that are given although the group is not durable: only a fault does that.
    func answersBeforeCommit(where condition: (Caller) -> Bool) -> [Written] {
        group.filter { condition($0.submission.caller) }
    }

    /// The device dies: callers are gone, and so is what was not durable.
    mutating func crash() {
        written = durable
        waiting = []
        group = []
        answers = []
    }

    /// Writes past all transactions: the first content of a ledger, or a fault.
    mutating func overwrite(_ change: (inout LedgerState) throws -> Void) rethrows {
        try change(&durable.ledger)
        durable.ledger.forgetChanges()
        written = durable
    }
}

/// Who asked for a transaction and does something with its answer.
enum Caller: Sendable {
    case person
    /// A person who stopped a lane and is answered when everything that waited for it is given back.
    indirect case returning(BatchID, answer: LedgerAnswer)
    case attempt(AttemptKey)
    /// The start of the device, about an attempt that the last run left unfinished.
    case recovery
    /// The first filling of lanes after the start of the device.
    case opening
    /// Somebody delivers a report again.
    case messenger(first: Int)
    /// A device with a fault, by itself.
    case mistake

    var isPerson: Bool {
        switch self {
        case .person, .returning: true
        case .attempt, .recovery, .opening, .messenger, .mistake: false
        }
    }

    var word: String {
        switch self {
        case .person, .returning: "person"
        case .attempt(let key): "attempt \(key)"
        case .recovery: "recovery"
        case .opening: "opening"
        case .messenger: "messenger"
        case .mistake: "mistake"
        }
    }
}
