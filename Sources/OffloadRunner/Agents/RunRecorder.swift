internal import OffloadDomain
internal import Synchronization

/// Takes a program's output while it runs: writes the logs, understands the agent's protocol, and keeps what the
/// verdict needs.
final class RunRecorder: Sendable {
    /// What is known when the run is over.
    struct Findings: Sendable {
        /// The agent's own last word.
        var end: AgentEvent.End?
        /// Gathered from the events, for a run without a last word.
        var report = RunReport()
        var lastLines = ""
        /// What of the log could not be written, in words; nil when all was.
        var lostLog: String?
    }

    private struct State {
        var splitter = LineSplitter(limit: RunRecorder.lineLimit)
        var parser: ClaudeStreamParser?
        var recent = RecentOutput()
        var findings = Findings()
    }

    /// Agents put whole files into a line; a result that was cut could not be read.
    private static let lineLimit = 8 << 20

    private let log: CappedLog
    private let transcript: CappedLog?
    private let observe: @Sendable (AgentEvent) -> Void
    private let state: Mutex<State>

    /// - Parameters:
    ///   - parser: nil for a program whose output is its log.
    ///   - transcript: where the protocol is kept as it came.
    init(
        log: CappedLog, transcript: CappedLog? = nil, parser: ClaudeStreamParser? = nil,
        observe: @escaping @Sendable (AgentEvent) -> Void = { _ in }
    ) {
        self.log = log
        self.transcript = transcript
        self.observe = observe
        state = Mutex(State(parser: parser))
    }

    /// - Parameter lastWord: called when the agent has said its last word, before anybody else hears it.
    func receive(_ channel: OutputChannel, _ piece: UnsafeRawBufferPointer, lastWord: () -> Void) {
        state.withLock { state in
            guard channel == .output, state.parser != nil else {
                state.recent.append(piece)
                log.append(piece)
                return
            }
            transcript?.append(piece)
            var lines = state.splitter
            state.splitter = LineSplitter()
            lines.push(piece) { take($0, &state, lastWord) }
            state.splitter = lines
        }
    }

    /// The output has ended.
    func finish() -> Findings {
        state.withLock { state in
            var lines = state.splitter
            state.splitter = LineSplitter()
            lines.finish { take($0, &state) {} }
            state.findings.lastLines = state.recent.lastLines
            if let loss = log.loss {
                state.findings.lostLog = "\(loss.bytes) bytes of the log could not be written: \(loss.reason)"
            }
            return state.findings
        }
    }

    /// A remark of ours between the program's lines.
    func note(_ text: String) {
        log.append("[offload] \(text)\n")
    }

    private func take(_ line: LineSplitter.Line, _ state: inout State, _ lastWord: () -> Void) {
        for event in state.parser?.events(from: line) ?? [] {
            switch event {
            case .started(let session, let model):
                state.findings.report.sessionID = session
                state.findings.report.model = model
            case .usage(let tokens): state.findings.report.cost = .tokens(tokens)
            // The first one counts: what an agent does after its last word is not part of the run.
            case .ended(let end) where state.findings.end == nil:
                state.findings.end = end
                lastWord()
            // Words outside the protocol are how a program complains that cannot even begin.
            case .unknown(let text) where !text.hasPrefix("{"): state.recent.append(text + "\n")
            case .text, .toolCall, .toolResult, .fileChange, .rateLimit, .unknown, .ended: break
            }
            log.append(event.logText)
            observe(event)
        }
    }
}
