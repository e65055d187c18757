import GRDB
import OffloadDomain

private enum AttemptSQL {
    static let columns = """
        task_id, number, batch, pair_id, created_at, agent, status, started_at, ended_at, orderly, failure_kind, failure_message, \
        summary, turns, cost_kind, microdollars, input_tokens, output_tokens, session, model, processes_ended, \
        result_kind, result_commit, result_base, branch, files_changed, insertions, deletions, paths, notes
        """

    static let unfinished = "status IN ('starting', 'running', 'sealed')"
    static let inLanes = "\(unfinished) AND batch IS NOT NULL"
}

extension SQLiteReading {
    package func attempt(_ key: AttemptKey) throws -> Attempt? {
        try connection.first(
            "SELECT \(AttemptSQL.columns) FROM attempts WHERE task_id = ? AND number = ?",
            [key.task.rawValue, key.number.value], Attempt.init)
    }

    package func attempts(of task: TaskID) throws -> [Attempt] {
        try connection.all(
            "SELECT \(AttemptSQL.columns) FROM attempts WHERE task_id = ? ORDER BY number", [task.rawValue],
            Attempt.init)
    }

    package func unfinishedAttempts() throws -> [Attempt] {
        try connection.all(
            """
            SELECT \(AttemptSQL.columns) FROM attempts INDEXED BY attempts_unfinished WHERE \(AttemptSQL.inLanes)
            ORDER BY sequence
            """, [], Attempt.init)
    }
}

extension SQLiteTransaction {
    package func insert(_ attempt: Attempt) throws {
        let record = try AttemptRecord(attempt)
        try connection.write(
            """
            INSERT INTO attempts (\(AttemptSQL.columns))
            VALUES (?, ?, ?, ?, ?, CAST(? AS TEXT), ?, ?, ?, ?, ?, CAST(? AS TEXT), CAST(? AS TEXT), ?, ?, ?, ?, ?, CAST(? AS TEXT),
                    CAST(? AS TEXT), ?, ?, ?, ?, CAST(? AS TEXT), ?, ?, ?, ?, ?)
            """,
            [
                attempt.key.task.rawValue, attempt.key.number.value, attempt.holder.batch?.number,
                attempt.holder.device?.rawValue, attempt.createdAt.milliseconds,
            ] + record.arguments)
    }

    package func update(_ attempt: Attempt) throws {
        let record = try AttemptRecord(attempt)
        let changed = try connection.write(
            """
            UPDATE attempts
            SET agent = CAST(? AS TEXT), status = ?, started_at = ?, ended_at = ?, orderly = ?, failure_kind = ?,
                failure_message = CAST(? AS TEXT), summary = CAST(? AS TEXT), turns = ?, cost_kind = ?,
                microdollars = ?, input_tokens = ?, output_tokens = ?, session = CAST(? AS TEXT),
                model = CAST(? AS TEXT), processes_ended = ?, result_kind = ?, result_commit = ?, result_base = ?,
                branch = CAST(? AS TEXT), files_changed = ?, insertions = ?, deletions = ?, paths = ?,
                notes = ?
            WHERE task_id = ? AND number = ? AND \(AttemptSQL.unfinished)
            """,
            record.arguments + [attempt.key.task.rawValue, attempt.key.number.value])
        guard changed == 0 else { return }
        guard try self.attempt(attempt.key) != nil else {
            throw OffloadError(.notFound, "there is no attempt \(attempt.key)")
        }
        throw OffloadError(.stale, "attempt \(attempt.key) has ended already")
    }
}

/// The columns of an attempt from `agent` on, in the order of `AttemptSQL.columns`.
private struct AttemptRecord {
    let arguments: StatementArguments

    init(_ attempt: Attempt) throws {
        let (agent, status) = (AnyText(attempt.agent), attempt.status.rawValue)
        switch attempt.state {
        case .starting:
            arguments = [agent, status] + Self.empty(23)
        case .running(let startedAt):
            arguments = [agent, status, startedAt.milliseconds] + Self.empty(22)
        case .sealed(let ending), .ended(let ending):
            if case .sealed = attempt.state, ending.outcome != .completed {
                throw OffloadError(.device, "attempt \(attempt.key) cannot be sealed with another end than success")
            }
            let (failure, orderly): (Failure?, Bool?) =
                switch ending.outcome {
                case .completed, .cancelled: (nil, nil)
                case .failed(let failure): (failure, nil)
                case .interrupted(let orderly): (nil, orderly)
                }
            arguments =
                [
                    agent, status, ending.startedAt?.milliseconds, ending.endedAt.milliseconds, orderly,
                    failure?.kind.rawValue, AnyText(failure?.message),
                ] + Self.report(ending.report) + (try Self.result(ending.result))
        }
    }

    private static func empty(_ count: Int) -> StatementArguments {
        StatementArguments([(any DatabaseValueConvertible)?](repeating: nil, count: count))
    }

    private static func report(_ report: RunReport) -> StatementArguments {
        let (kind, money, tokens): (String, Int64?, Cost.Tokens?) =
            switch report.cost {
            case .unknown: ("unknown", nil, nil)
            case .tokens(let tokens): ("tokens", nil, tokens)
            case .money(let microdollars, let tokens): ("money", microdollars, tokens)
            }
        return [
            AnyText(report.summary), report.turns, kind, money, tokens?.input, tokens?.output,
            AnyText(report.sessionID), AnyText(report.model), report.processesEnded,
        ]
    }

    private static func result(_ result: AttemptResult?) throws -> StatementArguments {
        guard let result else { return empty(9) }
        let (kind, commit, base): (String, CommitHash?, CommitHash?) =
            switch result.storage {
            case .commit(let commit, let base): ("commit", commit, base)
            case .changeSet: ("change_set", nil, nil)
            case .empty: ("empty", nil, nil)
            case .elsewhere: ("elsewhere", nil, nil)
            }
        return [
            kind, commit?.hex, base?.hex, AnyText(result.branch), result.filesChanged, result.insertions,
            result.deletions, try TextList.encode(result.paths), try TextList.encode(result.notes),
        ]
    }
}

extension Attempt {
    fileprivate init(_ fields: inout Fields) throws {
        let key = try fields.attemptKey()
        let (batch, pair, createdAt) = (try fields.optionalBatch(), try fields.optionalPair(), try fields.time())
        guard let holder = batch.map(OffloadTask.Holder.batch) ?? pair.map(OffloadTask.Holder.device) else {
            throw fields.damaged("an attempt that nobody executes")
        }
        self.init(
            key: key, holder: holder, createdAt: createdAt, agent: try fields.optionalText(), state: try State(&fields))
    }
}

extension Attempt.State {
    fileprivate init(_ fields: inout Fields) throws {
        let status = try fields.name(Attempt.Status.self)
        let (startedAt, endedAt) = (try fields.optionalTime(), try fields.optionalTime())
        let orderly = try fields.optionalNumber().map { $0 != 0 }
        let failure = try Failure(&fields)
        let outcome: Attempt.Outcome
        switch (status, startedAt, orderly, failure) {
        case (.starting, nil, nil, nil):
            self = .starting
            return
        case (.running, let startedAt?, nil, nil):
            self = .running(startedAt: startedAt)
            return
        case (.sealed, _, nil, nil), (.completed, _, nil, nil): outcome = .completed
        case (.failed, _, nil, let failure?): outcome = .failed(failure)
        case (.cancelled, _, nil, nil): outcome = .cancelled
        case (.interrupted, _, let orderly?, nil): outcome = .interrupted(orderly: orderly)
        default: throw fields.damaged("an attempt that is \(status.rawValue) with the marks of another state")
        }
        guard let endedAt else { throw fields.damaged("an attempt that ended at no time") }
        let ending = Attempt.Ending(
            outcome: outcome, startedAt: startedAt, endedAt: endedAt, report: try RunReport(&fields),
            result: try AttemptResult(&fields))
        self = status == .sealed ? .sealed(ending) : .ended(ending)
    }
}

extension RunReport {
    fileprivate init(_ fields: inout Fields) throws {
        let (summary, turns) = (try fields.text(), try fields.optionalInteger())
        let cost = try Cost(&fields)
        self.init(
            summary: summary, turns: turns, cost: cost, sessionID: try fields.optionalText(),
            model: try fields.optionalText(), processesEnded: try fields.integer())
    }
}

extension Cost {
    fileprivate init(_ fields: inout Fields) throws {
        let (kind, microdollars) = (try fields.text(), try fields.optionalNumber())
        let (input, output) = (try fields.optionalNumber(), try fields.optionalNumber())
        switch (kind, microdollars, input, output) {
        case ("unknown", nil, nil, nil):
            self = .unknown
        case ("tokens", nil, let input?, let output?):
            self = .tokens(Tokens(input: input, output: output))
        case ("money", let microdollars?, let input?, let output?):
            self = .money(microdollars: microdollars, tokens: Tokens(input: input, output: output))
        default:
            throw fields.damaged("\"\(kind)\" with the figures of another kind of cost")
        }
    }
}

extension AttemptResult {
    fileprivate init?(_ fields: inout Fields) throws {
        guard let kind = try fields.optionalText() else { return nil }
        let (commit, base) = (try fields.optionalCommit(), try fields.optionalCommit())
        let storage: Storage
        switch (kind, commit, base) {
        case ("commit", let commit?, let base?): storage = .commit(commit, base: base)
        case ("change_set", nil, nil): storage = .changeSet
        case ("empty", nil, nil): storage = .empty
        case ("elsewhere", nil, nil): storage = .elsewhere
        default: throw fields.damaged("\"\(kind)\" with the marks of another kind of result")
        }
        self.init(
            storage: storage, branch: try fields.optionalText(), filesChanged: try fields.integer(),
            insertions: try fields.integer(), deletions: try fields.integer(),
            paths: try fields.texts(), notes: try fields.texts())
    }
}
