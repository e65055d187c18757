/// What an agent does, in one vocabulary for all agents.
package enum AgentEvent: Sendable, Equatable {
    case started(sessionID: String?, model: String?)
    case text(String)
    case toolCall(name: String, target: String?)
    case toolResult(isError: Bool, excerpt: String)
    case fileChange(path: String)
    case usage(Cost.Tokens)
    case rateLimit(String)
    case ended(End)
    /// A line that the agent's protocol does not explain; kept, never an error.
    case unknown(String)

    /// The terminal event: the agent's own word on how it went.
    package struct End: Sendable, Equatable {
        package let failure: Failure?
        package let report: RunReport

        package init(failure: Failure?, report: RunReport) {
            self.failure = failure
            self.report = report
        }
    }
}
