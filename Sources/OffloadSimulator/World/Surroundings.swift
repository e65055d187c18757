import OffloadDomain

/// What is neither in the ledger nor in the device's memory and survives both: processes, folders and branches.
struct Surroundings: Sendable {
    var folders: [ProjectFolder] = []
    var processes: [SimulatedProcess] = []
    var workspaces: [AttemptKey] = []
    /// Attempts whose result has a branch in the user's repository.
    var branches: [AttemptKey] = []

    /// A project's folder with its `offload.yml`.
    struct ProjectFolder: Sendable {
        let project: Project
        var settings: ProjectSettings
        /// Its settings can't be read.
        var isBroken = false
    }

    func folder(of project: ProjectID) -> ProjectFolder? { folders.first { $0.project.id == project } }

    func leader(of key: AttemptKey) -> SimulatedProcess? { processes.first { $0.key == key && $0.isLeader } }

    /// - Returns: how many were ended.
    mutating func endProcesses(of key: AttemptKey) -> Int {
        let before = processes.count
        processes.removeAll { $0.key == key }
        return before - processes.count
    }
}

/// A process with the marker of an attempt. It lives until it ends by itself or is ended; the end of the device that
/// started it changes nothing.
struct SimulatedProcess: Sendable {
    enum Exit: Sendable {
        case success, failure
        /// Gone without a word on how it went.
        case vanished
    }

    let key: AttemptKey
    let name: String
    /// What the attempt waits for; others are processes that it left behind.
    let isLeader: Bool
    /// When it ends by itself, in milliseconds of the simulation; nil for never.
    let endsAt: Int64?
    let exit: Exit
    /// Says nothing, so that the silence limit ends it.
    let isSilent: Bool
    /// Has to be killed: ten seconds after it was asked to end.
    let isStubborn: Bool
    /// Leaves a process behind that nobody waits for.
    let leavesChild: Bool
    let startedAt: Int64
    var askedToEndAt: Int64?
    var hasExited = false
}
