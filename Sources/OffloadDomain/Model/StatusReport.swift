/// What a target tells its source about one attempt. Written in the transaction that it tells of, sent again until it is
/// acknowledged, applied once.
package struct StatusReport: Sendable, Equatable {
    package enum Change: Sendable, Equatable {
        /// Stored durably.
        case synced
        /// The agent's process exists. Its name is nil when the target is of a version that does not say.
        case running(agent: String?)
        case ended(Attempt.Outcome, RunReport, AttemptResult?)
    }

    package let key: AttemptKey
    package let ideaID: IdeaID
    /// 1 for the first report of its attempt, then one more each time.
    package let sequence: Int64
    package let change: Change

    package init(key: AttemptKey, ideaID: IdeaID, sequence: Int64, change: Change) {
        self.key = key
        self.ideaID = ideaID
        self.sequence = sequence
        self.change = change
    }
}

/// A report that waits for its acknowledgement, as it is sent, byte for byte.
package struct OutboxMessage: Sendable, Equatable {
    /// Order in which messages were written.
    package let position: Int64
    package let key: AttemptKey
    package let sequence: Int64
    /// UTF-8 JSON.
    package let payload: [UInt8]

    package init(position: Int64, key: AttemptKey, sequence: Int64, payload: [UInt8]) {
        self.position = position
        self.key = key
        self.sequence = sequence
        self.payload = payload
    }
}

/// What a source says to a report.
package enum Acknowledgement: Sendable, Equatable {
    /// It is durable there, now or since an earlier time.
    case accepted
    /// It speaks of an attempt that is not the current one any more: nothing of it counts.
    case stale
    /// Reports before it are missing there; they are to be sent again, from this sequence on.
    case missing(from: Int64)
}

/// An attempt that a target has taken over, and how much of it the source knows.
package struct InboxEntry: Sendable, Equatable {
    package enum State: String, Sendable, CaseIterable {
        /// Not ended here. Next: over.
        case held
        /// Its last report is written; reports or parts of the log may still have to be sent. Next: delivered.
        case over
        /// The source has every report and the log, or wants nothing of it any more.
        case delivered
    }

    package let key: AttemptKey
    package let pairID: PairID
    package let ideaID: IdeaID
    /// Sequence of the latest report.
    package var sequence: Int64
    package var state: State
    /// Whether there is a result that the source does not have.
    package var owesResult: Bool
    package let receivedAt: Timestamp

    package init(
        key: AttemptKey, pairID: PairID, ideaID: IdeaID, sequence: Int64 = 0, state: State = .held,
        owesResult: Bool = false, receivedAt: Timestamp
    ) {
        self.key = key
        self.pairID = pairID
        self.ideaID = ideaID
        self.sequence = sequence
        self.state = state
        self.owesResult = owesResult
        self.receivedAt = receivedAt
    }
}

/// A part of an attempt's log on its way to the source, with what the agent does at the moment.
package struct LogShipment: Sendable, Equatable {
    package let key: AttemptKey
    /// Where the bytes begin in everything that was ever written.
    package let offset: Int64
    package let bytes: [UInt8]
    package let action: String?
    package let tokens: Cost.Tokens?
    /// Whether nothing comes after it.
    package let isLast: Bool

    /// The most bytes in one part.
    package static let limit = 64 * 1024

    package init(
        key: AttemptKey, offset: Int64, bytes: [UInt8], action: String? = nil, tokens: Cost.Tokens? = nil,
        isLast: Bool = false
    ) {
        self.key = key
        self.offset = offset
        self.bytes = bytes
        self.action = action
        self.tokens = tokens
        self.isLast = isLast
    }
}

/// What a source wants of attempts that a target says it has.
package struct AttemptWishes: Sendable, Equatable {
    /// A person cancelled them.
    package var cancel: [AttemptKey] = []
    /// They are not the current ones any more: nothing of them counts.
    package var stale: [AttemptKey] = []

    /// The most attempts that a heartbeat may name, or its answer.
    package static let limit = 1_000

    package init() {}
}
