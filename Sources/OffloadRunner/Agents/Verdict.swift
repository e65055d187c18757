internal import OffloadDomain

/// Decides how a run went, from what the agent said and what the system saw.
struct Verdict: Sendable {
    let findings: RunRecorder.Findings
    let exit: ProcessExit
    let limits: ProcessLimits
    /// What people call the program.
    let subject: String
    /// Whether only the agent's own last word counts.
    let needsLastWord: Bool
    /// Said in addition when the agent ended without a last word.
    var hint: String?
    /// What a bad exit status means.
    var exitFailure = Failure.Kind.agent

    var run: AgentRun {
        var report = findings.end?.report ?? findings.report
        report.processesEnded = exit.leftovers.ended
        if let lost = findings.lostLog { report.summary += report.summary.isEmpty ? "[\(lost)]" : "\n[\(lost)]" }
        if report.sessionID == nil { report.sessionID = findings.report.sessionID }
        if report.model == nil { report.model = findings.report.model }
        return AgentRun(ending: ending, report: report)
    }

    private var ending: AgentRun.Ending {
        // A last word that came before any reason to end the run leaves `lingered` or nothing here.
        switch exit.cause {
        case .stopped(let reason): return .stopped(reason)
        case .abandoned: return .stopped(.shutdown)
        case .silent:
            return .failed(
                Failure(.silent, "\(subject) wrote nothing for \(limits.silence.inWords) and was ended.\(after)"))
        case .timeLimit:
            return .failed(Failure(.timeLimit, "\(subject) ran for more than \(limits.total.inWords) and was ended."))
        case .lingered, nil: break
        }
        if let end = findings.end { return end.failure.map(AgentRun.Ending.failed) ?? .succeeded }
        if needsLastWord {
            let advice = hint.map { " \($0)" } ?? ""
            let what = "\(subject) \(exit.status.inWords) without saying how it went."
            return .failed(Failure(.agentEndedEarly, what + advice + after))
        }
        if exit.status == .exited(0) { return .succeeded }
        return .failed(Failure(exitFailure, "\(subject) \(exit.status.inWords).\(after)"))
    }

    private var after: String {
        findings.lastLines.isEmpty ? "" : " Its last lines:\n\(findings.lastLines.cut(to: 2_000))"
    }
}

extension ProcessExit.Status {
    fileprivate var inWords: String {
        switch self {
        case .exited(let code): "ended with exit status \(code)"
        case .signalled(let signal): "was ended by signal \(signal)"
        case .unknown: "ended in a way that the system did not tell"
        }
    }
}

extension Duration? {
    fileprivate var inWords: String {
        guard let self else { return "longer than allowed" }
        let seconds = Double(self.components.seconds) + Double(self.components.attoseconds) / 1e18
        switch seconds {
        case 7_200...: return "\(Int(seconds / 3_600)) hours"
        case 120...: return "\(Int(seconds / 60)) minutes"
        case 2...: return "\(Int(seconds)) seconds"
        default: return "\((seconds * 10).rounded() / 10) seconds"
        }
    }
}
