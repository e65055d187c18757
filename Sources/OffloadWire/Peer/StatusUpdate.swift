package import OffloadDomain

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// One element of `POST /api/bridge/offload/status`, between devices: what happened to an attempt on the target.
///
/// `ideaId`, `status`, `summary`, `filesChanged` and `error` are the specification's; attempt and sequence are the fence and
/// the order.
package struct StatusUpdate: Codable, Sendable, Equatable {
    package enum Status: String, Codable, Sendable, CaseIterable {
        case synced, running, completed, failed, cancelled, interrupted
    }

    /// What the attempt left on the device that did it.
    package struct Result: Codable, Sendable, Equatable {
        package var isEmpty: Bool
        package var files: Int
        package var insertions: Int
        package var deletions: Int
        package var notes: [String]
    }

    /// Ignored but for a check: whose message it is, its key says.
    package var devicePairId: String?
    package var taskId: String
    package var attempt: Int
    package var sequence: Int64
    package var ideaId: String
    package var status: Status
    /// Its name, with `running`.
    package var agent: String?
    package var summary: String?
    /// The first of the changed paths.
    package var filesChanged: [String]?
    /// Why it failed, in words.
    package var error: String?
    package var errorKind: String?
    package var turns: Int?
    package var microdollars: Int64?
    package var inputTokens: Int64?
    package var outputTokens: Int64?
    package var sessionId: String?
    package var model: String?
    package var processesEnded: Int?
    /// Whether the device was asked to stop; with `interrupted`.
    package var orderly: Bool?
    package var result: Result?

    private enum Limits {
        static let text = 4_096
        static let line = 512
        static let notes = 100
        static let count = 1 << 40
    }
}

extension StatusUpdate {
    package init(_ report: StatusReport) {
        taskId = report.key.task.rawValue
        attempt = report.key.number.value
        sequence = report.sequence
        ideaId = report.ideaID.rawValue
        switch report.change {
        case .synced: status = .synced
        case .running(let agent):
            status = .running
            self.agent = agent.map { PlainText.prefix($0, bytes: Attempt.agentLimit) }
        case .ended(let outcome, let run, let left):
            switch outcome {
            case .completed: status = .completed
            case .failed(let failure):
                status = .failed
                (errorKind, error) = (failure.kind.rawValue, PlainText.prefix(failure.message, bytes: Limits.text))
            case .cancelled: status = .cancelled
            case .interrupted(let orderly):
                status = .interrupted
                self.orderly = orderly
            }
            describe(run)
            if let left { describe(left) }
        }
    }

    private mutating func describe(_ run: RunReport) {
        summary = PlainText.prefix(run.summary, bytes: RunReport.summaryLimit)
        turns = run.turns.map(Self.bounded)
        sessionId = run.sessionID.map { PlainText.prefix($0, bytes: Limits.text) }
        model = run.model.map { PlainText.prefix($0, bytes: Limits.text) }
        processesEnded = Self.bounded(run.processesEnded)
        switch run.cost {
        case .unknown: break
        case .tokens(let tokens): describe(tokens)
        case .money(let microdollars, let tokens):
            self.microdollars = Self.bounded(microdollars)
            describe(tokens)
        }
    }

    private mutating func describe(_ tokens: Cost.Tokens) {
        (inputTokens, outputTokens) = (Self.bounded(tokens.input), Self.bounded(tokens.output))
    }

    /// Figures come from agents, and one that nobody takes would keep all reports behind it from being taken.
    private static func bounded<Figure: BinaryInteger>(_ figure: Figure) -> Figure {
        min(max(figure, 0), Figure(clamping: Limits.count))
    }

    private mutating func describe(_ left: AttemptResult) {
        filesChanged = left.paths.prefix(AttemptResult.pathLimit).map { PlainText.prefix($0, bytes: Limits.line) }
        result = Result(
            isEmpty: left.storage == .empty, files: Self.bounded(left.filesChanged),
            insertions: Self.bounded(left.insertions), deletions: Self.bounded(left.deletions),
            notes: left.notes.prefix(Limits.notes).map { PlainText.prefix($0, bytes: Limits.line) })
    }

    /// What another device says, checked.
    /// - Throws: `OffloadError` of kind `invalidRequest` when a field is not what it has to be.
    package func report() throws(OffloadError) -> StatusReport {
        let number = try AttemptNumber(checked: attempt)
        guard sequence >= 1, sequence < Int64(Limits.count) else { throw .invalid("sequence", "1 or more") }
        return StatusReport(
            key: AttemptKey(task: try TaskID(parsing: taskId), number: number), ideaID: try IdeaID(parsing: ideaId),
            sequence: sequence, change: try change())
    }

    private func change() throws(OffloadError) -> StatusReport.Change {
        switch status {
        case .synced: .synced
        case .running: .running(agent: agent.map { PlainText.prefix($0, bytes: Attempt.agentLimit) })
        case .completed: .ended(.completed, try run(), try left())
        case .failed: .ended(.failed(failure), try run(), try left())
        case .cancelled: .ended(.cancelled, try run(), try left())
        case .interrupted: .ended(.interrupted(orderly: orderly ?? false), try run(), try left())
        }
    }

    private var failure: Failure {
        let words = PlainText.prefix(error ?? "the other device did not say why", bytes: Limits.text)
        // A newer device may know kinds that this one does not.
        return Failure(errorKind.flatMap(Failure.Kind.init) ?? .device, words)
    }

    private func run() throws(OffloadError) -> RunReport {
        let counts = [
            Int64(turns ?? 0), microdollars ?? 0, inputTokens ?? 0, outputTokens ?? 0, Int64(processesEnded ?? 0),
        ]
        guard counts.allSatisfy({ (0...Int64(Limits.count)).contains($0) }) else {
            throw .invalid("status", "a figure is out of its bounds")
        }
        let tokens = Cost.Tokens(input: inputTokens ?? 0, output: outputTokens ?? 0)
        let cost: Cost =
            if let microdollars { .money(microdollars: microdollars, tokens: tokens) } else {
                inputTokens == nil && outputTokens == nil ? .unknown : .tokens(tokens)
            }
        return RunReport(
            summary: PlainText.prefix(summary ?? "", bytes: RunReport.summaryLimit), turns: turns, cost: cost,
            sessionID: sessionId.map { PlainText.prefix($0, bytes: Limits.text) },
            model: model.map { PlainText.prefix($0, bytes: Limits.text) }, processesEnded: processesEnded ?? 0)
    }

    private func left() throws(OffloadError) -> AttemptResult? {
        guard let result else { return nil }
        guard [result.files, result.insertions, result.deletions].allSatisfy({ (0...Limits.count).contains($0) }) else {
            throw .invalid("result", "a figure is out of its bounds")
        }
        return AttemptResult(
            storage: result.isEmpty ? .empty : .elsewhere, filesChanged: result.files, insertions: result.insertions,
            deletions: result.deletions,
            paths: (filesChanged ?? []).prefix(AttemptResult.pathLimit).map {
                PlainText.prefix($0, bytes: Limits.text)
            },
            notes: result.notes.prefix(Limits.notes).map { PlainText.prefix($0, bytes: Limits.text) })
    }
}

extension AttemptNumber {
    /// The number of an attempt as another device names it.
    /// - Throws: `OffloadError` of kind `invalidRequest` when there can be no such attempt.
    package init(checked value: Int) throws(OffloadError) {
        guard (1...1_000_000).contains(value) else { throw .invalid("attempt", "1 or more") }
        self.init(value: value)
    }
}

/// A report as the bytes that are stored once, in the transaction that made it, and sent verbatim ever after.
package enum ReportEncoding {
    /// - Throws: `OffloadError` of kind `device` when the value cannot be written as JSON.
    package static func encode(_ report: StatusReport) throws(OffloadError) -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        do {
            return [UInt8](try encoder.encode(StatusUpdate(report)))
        } catch {
            throw OffloadError(.device, "a report about \(report.key) cannot be written as JSON: \(error)")
        }
    }
}
