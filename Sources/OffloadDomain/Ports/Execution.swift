/// What an attempt needs to know, gathered before it starts.
package struct AttemptOrder: Sendable, Equatable {
    package let key: AttemptKey
    package let batch: BatchID
    package let project: Project
    package let settings: ProjectSettings
    package let requirement: Requirement
    package let title: String
    /// The check to run: the idea's own, else the project's.
    package let check: String?
    /// The pair through which the task came; nil for this device's own.
    package let origin: PairID?

    package init(
        key: AttemptKey, batch: BatchID, project: Project, settings: ProjectSettings, requirement: Requirement,
        title: String, check: String?, origin: PairID? = nil
    ) {
        self.key = key
        self.batch = batch
        self.project = project
        self.settings = settings
        self.requirement = requirement
        self.title = title
        self.check = check
        self.origin = origin
    }
}

/// Looks at project folders.
package protocol ProjectFolders: Sendable {
    /// Resolves and judges a folder that a person named.
    /// - Throws: `OffloadError` of kind `unprocessable` with advice when no agent can work there.
    func inspect(path: String) async throws -> (path: String, versionControl: Project.VersionControl)

    /// The project's `offload.yml`; defaults where there is none.
    /// - Throws: `OffloadError` of kind `unprocessable` naming the file and the value that cannot be taken.
    func settings(of project: Project) async throws -> ProjectSettings

    /// The requirement template that the project brings, if its settings name one.
    func template(of project: Project, settings: ProjectSettings) async throws -> String?

    /// The commit on which work that is assigned now starts, kept safe from garbage collection; nil without git.
    /// - Throws: `OffloadError` of kind `unprocessable` when the repository has no commit.
    func pinBase(of project: Project) async throws -> CommitHash?

    /// Writes the requirement file into the project's own `.claude/requirements`, durably.
    func write(_ requirement: Requirement, into project: Project) async throws
}

/// Places for attempts to work in, and what comes out of them.
package protocol Workspaces: Sendable {
    /// Makes the attempt's workspace: exactly the base commit, the allow-listed ignored files and the requirement file.
    /// - Throws: `OffloadError` saying what is wrong; nothing is left behind then.
    func prepare(_ order: AttemptOrder) async throws -> Workspace

    /// Keeps everything that the attempt changed, before anything is cleaned up. Idempotent.
    func snapshot(_ workspace: Workspace, of order: AttemptOrder, message: String) async throws -> AttemptResult

    /// Writes the branch `offload/<slug>` (`-2` … when taken) that points at the result into the user's repository and
    /// returns its name; nil where there is no git or nothing was changed. Called again for the same attempt, it finds the
    /// branch of the first call.
    func publish(_ result: AttemptResult, of order: AttemptOrder) async throws -> String?

    /// Removes the workspace. What `snapshot` kept stays.
    func remove(_ workspace: Workspace) async

    /// The workspace that an earlier process left for this attempt, if any.
    func leftover(_ order: AttemptOrder) async -> Workspace?

    /// Every attempt of which something lies around still.
    func leftovers() async -> [AttemptKey]

    /// Removes whatever lies around of an attempt.
    func remove(_ key: AttemptKey) async
}

/// A folder for one attempt.
package struct Workspace: Sendable, Equatable {
    package let key: AttemptKey
    package let path: String
    /// The requirement file inside it; nil for `workspace: none`.
    package let requirementPath: String?

    package init(key: AttemptKey, path: String, requirementPath: String?) {
        self.key = key
        self.path = path
        self.requirementPath = requirementPath
    }
}

/// Why an agent is to end before it says so itself.
package enum StopReason: Sendable, Equatable {
    case cancelled
    /// The device is shutting down.
    case shutdown
}

/// What the world saw of an agent's run.
package struct AgentRun: Sendable, Equatable {
    package enum Ending: Sendable, Equatable {
        case succeeded
        case failed(Failure)
        case stopped(StopReason)
    }

    package let ending: Ending
    package let report: RunReport

    package init(ending: Ending, report: RunReport) {
        self.ending = ending
        self.report = report
    }
}

/// Starts agents and commands, and leaves no process behind.
package protocol AgentRunner: Sendable {
    /// Runs the agent and returns when it and every process that it started have ended.
    ///
    /// - Parameters:
    ///   - stop: the first reason that arrives ends the agent: TERM, ten seconds, KILL.
    ///   - started: called with the agent's name once the process exists, before its output is looked at.
    ///   - observe: called with each event, in order.
    /// - Returns: how it went; an agent that cannot be started is a failed run, not an error.
    func runAgent(
        _ order: AttemptOrder, in workspace: Workspace, stop: AsyncStream<StopReason>,
        started: @escaping @Sendable (_ agent: String) async -> Void, observe: @escaping @Sendable (AgentEvent) -> Void
    ) async -> AgentRun

    /// Runs a shell command of the project's own (`setup`, `check`) in the workspace, under the same rules.
    func runCommand(
        _ command: String, name: String, of order: AttemptOrder, in workspace: Workspace,
        stop: AsyncStream<StopReason>
    ) async -> AgentRun

    /// Ends every process that an earlier run of this device left behind.
    /// - Returns: how many were ended.
    func endSurvivors() async -> Int

    /// Whether the agent of this name can be started, and if not, what to do about it.
    func problem(withAgent name: String, settings: ProjectSettings) async -> String?
}

/// What attempts wrote, kept outside the ledger: it may be many megabytes.
package protocol LogLibrary: Sendable {
    /// A part of the log.
    /// - Parameters:
    ///   - offset: position in everything that was ever written, dropped parts included.
    ///   - limit: most bytes to return.
    func read(_ key: AttemptKey, from offset: Int64, limit: Int) async throws -> LogPart

    /// Adds a part of a log that another device writes. What is here already is passed over.
    /// - Returns: where the next part is to begin.
    func append(_ bytes: [UInt8], at offset: Int64, to key: AttemptKey) async throws -> Int64

    /// Tells when there may be more to read; ends when `finish` is called for the attempt. Ask for this first and read
    /// then, so that nothing is missed.
    func growth(of key: AttemptKey) -> AsyncStream<Void>

    /// The attempt has ended and writes no more.
    func finish(_ key: AttemptKey)
}

/// Some bytes of a log.
package struct LogPart: Sendable, Equatable {
    package let bytes: [UInt8]
    /// Where `bytes` begin; later than asked for when what was asked for is not kept.
    package let offset: Int64
    /// Everything that was ever written.
    package let total: Int64

    package var nextOffset: Int64 { offset + Int64(bytes.count) }

    package init(bytes: [UInt8], offset: Int64, total: Int64) {
        self.bytes = bytes
        self.offset = offset
        self.total = total
    }
}
