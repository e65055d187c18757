import OffloadDomain
import OffloadTesting

/// The ledger of one device of a fleet: what its transactions have written, and what a crash leaves of it.
struct FleetStore: Sendable {
    private(set) var durable = LedgerState()
    private(set) var written = LedgerState()
    /// What happens when `written` is durable, in order.
    private var effects: [FleetEffect] = []
    /// An older durable state, for the fault that sets a device back.
    private var backup = LedgerState()

    var isIdle: Bool { effects.isEmpty }

    mutating func transact<Value>(
        _ body: (inout any LedgerTransaction) throws -> Value, then effects: (Value) -> [FleetEffect]
    ) throws -> Value {
        var before = written
        before.forgetChanges()
        var transaction: any LedgerTransaction = before
        let value = try body(&transaction)
        if let after = transaction as? LedgerState { written = after }
        self.effects += effects(value)
        return value
    }

    mutating func takeEffects() -> [FleetEffect] {
        defer { effects = [] }
        return effects
    }

    /// - Parameter isFlushed: whether it reaches the disk.
    mutating func commit(isFlushed: Bool) -> [FleetEffect] {
        if isFlushed { durable = written }
        return takeEffects()
    }

    mutating func keepBackup() { backup = durable }

    mutating func crash(isSetBack: Bool) {
        if isSetBack { durable = backup }
        written = durable
        effects = []
    }

    /// Writes past all transactions: the first content.
    mutating func prepare(_ body: (inout LedgerState) throws -> Void) rethrows {
        try body(&durable)
        durable.forgetChanges()
        written = durable
        backup = durable
    }
}

/// What a transaction brings about once it is durable.
enum FleetEffect: Sendable {
    case answer(FleetParcel)
    /// A person was told that these tasks are queued.
    case queued([TaskID])
    /// A person was told that the task is cancelled, or will be.
    case cancelled(AttemptKey)
    case lease(FleetLease)
    case start([HandedOut])
    /// A report was acknowledged to the device that sent it.
    case forgotten([OutboxMessage])
}

enum FleetLease: Sendable {
    case claimed([AttemptKey], PairID)
    case heard(AttemptKey, PairID)
    case ended(AttemptKey)
}

/// A request on its way to the source, or its answer on the way back.
struct FleetParcel: Sendable {
    enum Content: Sendable {
        case pull(slots: Int)
        /// With the pair that the body names.
        case report([OutboxMessage], [StatusReport], named: PairID)
        case heartbeat([AttemptKey])
        case offers([Offer])
        case acknowledgements([OutboxMessage], [Acknowledgement])
        case wishes(AttemptWishes)
    }

    let number: Int
    /// The target that sent it, or that it goes to.
    let target: Int
    /// Of that target's starts; an answer to an earlier one is nobody's.
    let start: Int
    let content: Content

    var isAnswer: Bool {
        switch content {
        case .pull, .report, .heartbeat: false
        case .offers, .acknowledgements, .wishes: true
        }
    }
}
