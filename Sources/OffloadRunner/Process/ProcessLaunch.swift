package import OffloadDomain

/// One program to be started in a session of its own.
package struct ProcessLaunch: Sendable {
    /// What becomes of the two output streams.
    package enum Streams: Sendable, Equatable {
        /// Standard output and standard error share one pipe, so that what the program wrote keeps its order.
        case merged
        case separate
    }

    /// Absolute path of the program.
    package var program: String
    /// Without the program's own name.
    package var arguments: [String]
    /// All that the program gets; the attempt's marker is added by the session.
    package var environment: [EnvironmentVariable]
    /// The folder to start in; nil means the device's own.
    package var folder: String?
    /// What the program can read from standard input; empty means `/dev/null`.
    package var input: [UInt8]
    package var streams: Streams
    package var limits: ProcessLimits

    package init(
        program: String, arguments: [String] = [], environment: [EnvironmentVariable] = [], folder: String? = nil,
        input: [UInt8] = [], streams: Streams = .merged, limits: ProcessLimits = ProcessLimits()
    ) {
        self.program = program
        self.arguments = arguments
        self.environment = environment
        self.folder = folder
        self.input = input
        self.streams = streams
        self.limits = limits
    }
}

/// A variable in the form in which a new process takes it, made once and used for many.
package struct EnvironmentVariable: Sendable, Hashable {
    /// `NAME=value` and the zero byte that ends it: without that, what lies behind it in memory would become part of
    /// it.
    let row: [UInt8]

    /// What follows a zero byte in the value is dropped, because no environment can hold it.
    package init(_ name: String, _ value: String) {
        row = Array("\(name)=\(value)".utf8.prefix { $0 != 0 }) + [0]
    }
}

/// How long things may take, all on `ContinuousClock`, which goes on counting while the machine sleeps.
package struct ProcessLimits: Sendable, Equatable {
    /// The program is ended after this long without output; nil means never.
    package var silence: Duration?
    /// The program is ended after this long in all; nil means never.
    package var total: Duration?
    /// From TERM to KILL.
    package var grace: Duration
    /// How long output is still read after the program and everything that it started have ended.
    package var drain: Duration

    package init(
        silence: Duration? = nil, total: Duration? = nil, grace: Duration = .seconds(10), drain: Duration = .seconds(5)
    ) {
        self.silence = silence
        self.total = total
        self.grace = grace
        self.drain = drain
    }
}

/// Which of the program's streams a piece of output came from. Merged streams are `output`.
package enum OutputChannel: Sendable, Equatable {
    case output
    case error
}

/// Why we ended a program that had not ended by itself.
package enum EndingCause: Sendable, Equatable {
    case stopped(StopReason)
    /// The surrounding task was cancelled.
    case abandoned
    case silent
    case timeLimit
    /// It had said that it was done and was still there.
    case lingered
}

/// How a program ended.
package struct ProcessExit: Sendable, Equatable {
    package enum Status: Sendable, Equatable {
        case exited(Int32)
        case signalled(Int32)
        /// The system did not tell.
        case unknown
    }

    package let status: Status
    /// nil when it ended by itself.
    package let cause: EndingCause?
    package let leftovers: Leftovers
    /// False when something still held the output open after the drain limit, so that output may be missing.
    package let isOutputComplete: Bool
}

extension ProcessExit {
    /// With what was ended later for the same reason.
    func adding(_ more: Leftovers) -> ProcessExit {
        var leftovers = leftovers
        leftovers.ended += more.ended
        leftovers.remaining = max(0, leftovers.remaining - more.ended) + more.remaining
        return ProcessExit(status: status, cause: cause, leftovers: leftovers, isOutputComplete: isOutputComplete)
    }
}

/// What was still there after a program had ended.
package struct Leftovers: Sendable, Equatable {
    /// Processes beyond the program itself that had to be ended.
    package var ended: Int
    /// Processes that outlived KILL, or that nobody can say belong to this attempt while older attempts are running.
    package var remaining: Int

    package static let none = Leftovers(ended: 0, remaining: 0)
}

/// Why a program could not be started.
package enum LaunchFailure: Error, Sendable, Equatable {
    case programMissing(String)
    case folderMissing(String)
    /// No room for the input of a program.
    case diskFull
    case refused(String)
}
