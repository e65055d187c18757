package import OffloadDomain

#if canImport(FoundationEssentials)
package import FoundationEssentials
#else
package import Foundation
#endif

/// `GET /api/bridge/offload/pull`, between devices: what the target has claimed.
package struct PullView: Codable, Sendable, Equatable {
    package struct Requirement: Codable, Sendable, Equatable {
        /// The hand-over.
        package var id: String
        package var ideaId: String
        package var content: String
        package var filename: String
        package var taskId: String
        package var attempt: Int
        package var title: String
        package var priority: Int
        /// The commit on which the work starts.
        package var base: String?
    }

    package var requirements: [Requirement]

    package init(_ offers: [Offer]) {
        requirements = offers.map { offer in
            Requirement(
                id: offer.handoverID.rawValue, ideaId: offer.ideaID.rawValue, content: offer.content,
                filename: offer.fileName, taskId: offer.key.task.rawValue, attempt: offer.key.number.value,
                title: offer.title, priority: offer.priority, base: offer.base?.hex)
        }
    }

    /// What the source says, checked.
    /// - Throws: `OffloadError` of kind `invalidRequest` when a field is not what it has to be.
    package func offers() throws(OffloadError) -> [Offer] {
        guard requirements.count <= Offer.limit else { throw .invalid("requirements", "at most \(Offer.limit)") }
        var offers: [Offer] = []
        for requirement in requirements { offers.append(try requirement.offer()) }
        return offers
    }
}

extension PullView.Requirement {
    fileprivate func offer() throws(OffloadError) -> Offer {
        guard content.utf8.count <= Offer.contentLimit else {
            throw .invalid("content", "at most \(Offer.contentLimit) bytes")
        }
        guard (1...Idea.Limits.title).contains(title.utf8.count), PlainText.isOneLine(title),
            filename.utf8.count <= 256, Idea.Limits.priority.contains(priority)
        else { throw .invalid("requirement", "a field is out of its bounds") }
        let commit = base.map(CommitHash.init)
        if case .some(nil) = commit { throw .invalid("base", "a commit") }
        return Offer(
            handoverID: try HandoverID(parsing: id),
            key: AttemptKey(task: try TaskID(parsing: taskId), number: try AttemptNumber(checked: attempt)),
            ideaID: try IdeaID(parsing: ideaId), title: title, priority: priority, fileName: filename, content: content,
            base: commit ?? nil)
    }
}

/// `POST /api/bridge/offload/status`, between devices: one update by itself, or several in `updates`.
package struct StatusRequest: Decodable, Sendable {
    package let updates: [StatusUpdate]
    /// Whether the body was one update by itself, which is answered by the status of the response.
    package let isSingle: Bool

    /// The most updates in one request.
    package static let limit = 100

    private enum Key: CodingKey { case updates }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: Key.self)
        if let several = try container.decodeIfPresent([StatusUpdate].self, forKey: .updates) {
            (updates, isSingle) = (several, false)
        } else {
            (updates, isSingle) = ([try StatusUpdate(from: decoder)], true)
        }
    }

    /// The body that sends these messages, in their own bytes.
    package static func body(of messages: [OutboxMessage]) -> [UInt8] {
        var body = Array("{\"updates\":[".utf8)
        for (index, message) in messages.enumerated() {
            if index > 0 { body.append(UInt8(ascii: ",")) }
            body += message.payload
        }
        return body + Array("]}".utf8)
    }
}

/// What the source says to each update, in their order.
package struct AcknowledgementView: Codable, Sendable, Equatable {
    package struct Item: Codable, Sendable, Equatable {
        package var taskId: String
        package var attempt: Int
        package var sequence: Int64
        /// `accepted`, `stale` or `missing`.
        package var outcome: String
        /// With `missing`: from where on reports are to be sent again.
        package var from: Int64?
    }

    package var acknowledgements: [Item]

    package init(_ answers: [(report: StatusReport, answer: Acknowledgement)]) {
        acknowledgements = answers.map { report, answer in
            let (outcome, from): (String, Int64?) =
                switch answer {
                case .accepted: ("accepted", nil)
                case .stale: ("stale", nil)
                case .missing(let from): ("missing", from)
                }
            return Item(
                taskId: report.key.task.rawValue, attempt: report.key.number.value, sequence: report.sequence,
                outcome: outcome, from: from)
        }
    }

    /// What the source says to these messages; nil when it says something else.
    package func answers(to messages: [OutboxMessage]) -> [Acknowledgement]? {
        guard acknowledgements.count == messages.count else { return nil }
        var answers: [Acknowledgement] = []
        for (item, message) in zip(acknowledgements, messages) {
            guard item.taskId == message.key.task.rawValue, item.attempt == message.key.number.value,
                item.sequence == message.sequence
            else { return nil }
            switch (item.outcome, item.from) {
            case ("accepted", _): answers.append(.accepted)
            case ("stale", _): answers.append(.stale)
            case ("missing", let from?): answers.append(.missing(from: from))
            default: return nil
            }
        }
        return answers
    }
}

/// An attempt as messages between devices name it.
package struct AttemptName: Codable, Sendable, Equatable {
    package var taskId: String
    package var attempt: Int

    package init(_ key: AttemptKey) {
        taskId = key.task.rawValue
        attempt = key.number.value
    }

    /// - Throws: `OffloadError` of kind `invalidRequest` when it names none.
    package func key() throws(OffloadError) -> AttemptKey {
        AttemptKey(task: try TaskID(parsing: taskId), number: try AttemptNumber(checked: attempt))
    }
}

/// `POST /api/bridge/offload/base/files`, between devices: which contents of files an attempt still needs, without git.
package struct FilesRequest: Codable, Sendable, Equatable {
    package var taskId: String
    package var attempt: Int
    /// SHA-256 of each, in lower-case hexadecimal digits.
    package var digests: [String]

    package init(_ digests: [String], of key: AttemptKey) {
        taskId = key.task.rawValue
        attempt = key.number.value
        self.digests = digests
    }

    /// - Throws: `OffloadError` of kind `invalidRequest` when a field is not what it has to be.
    package func key() throws(OffloadError) -> AttemptKey {
        guard (1...FolderLimits.digestsAtOnce).contains(digests.count), digests.allSatisfy({ $0.utf8.count == 64 })
        else { throw .invalid("digests", "1 to \(FolderLimits.digestsAtOnce) of 64 hexadecimal digits") }
        return AttemptKey(task: try TaskID(parsing: taskId), number: try AttemptNumber(checked: attempt))
    }
}

/// What a source answers to a heartbeat.
package struct HeartbeatAnswer: Codable, Sendable, Equatable {
    /// Attempts that a person cancelled.
    package var cancel: [AttemptName]
    /// Attempts that are not the current ones any more.
    package var stale: [AttemptName]

    package init(_ wishes: AttemptWishes) {
        cancel = wishes.cancel.map(AttemptName.init)
        stale = wishes.stale.map(AttemptName.init)
    }

    /// - Throws: `OffloadError` of kind `invalidRequest` when it is not understood.
    package func wishes() throws(OffloadError) -> AttemptWishes {
        guard cancel.count + stale.count <= AttemptWishes.limit else { throw .invalid("cancel", "too many") }
        var wishes = AttemptWishes()
        for name in cancel { wishes.cancel.append(try name.key()) }
        for name in stale { wishes.stale.append(try name.key()) }
        return wishes
    }
}

/// `POST /api/bridge/offload/log`, between devices: a part of an attempt's log.
package struct LogChunk: Codable, Sendable, Equatable {
    package var taskId: String
    package var attempt: Int
    /// Where `data` begins in everything that was ever written.
    package var offset: Int64
    package var data: Data
    /// What the agent does at the moment.
    package var action: String?
    package var inputTokens: Int64?
    package var outputTokens: Int64?
    /// Whether nothing comes after it.
    package var isLast: Bool?

    package init(_ part: LogShipment) {
        taskId = part.key.task.rawValue
        attempt = part.key.number.value
        offset = part.offset
        data = Data(part.bytes)
        action = part.action
        inputTokens = part.tokens?.input
        outputTokens = part.tokens?.output
        isLast = part.isLast
    }

    /// What another device says, checked.
    /// - Throws: `OffloadError` of kind `invalidRequest` when a field is not what it has to be.
    package func shipment() throws(OffloadError) -> LogShipment {
        guard data.count <= LogShipment.limit, (0...Self.longest).contains(offset) else {
            throw .invalid("data", "at most \(LogShipment.limit) bytes at a position from 0 on")
        }
        var tokens: Cost.Tokens?
        if let inputTokens, let outputTokens, inputTokens >= 0, outputTokens >= 0 {
            tokens = Cost.Tokens(input: inputTokens, output: outputTokens)
        }
        let line = action.map { PlainText.prefix($0, bytes: 200) }.flatMap { PlainText.isOneLine($0) ? $0 : nil }
        return LogShipment(
            key: AttemptKey(task: try TaskID(parsing: taskId), number: try AttemptNumber(checked: attempt)),
            offset: offset, bytes: Array(data), action: line, tokens: tokens, isLast: isLast ?? false)
    }

    /// No log is longer than this.
    private static let longest: Int64 = 1 << 50
}

/// What the source has of a log.
package struct LogPosition: Codable, Sendable, Equatable {
    /// Where it wants the next part to begin.
    package var next: Int64

    package init(next: Int64) { self.next = next }
}
