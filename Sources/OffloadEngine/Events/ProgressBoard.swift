package import OffloadDomain
import Synchronization

/// What each running agent did last. It is worth nothing tomorrow, so it is not recorded; watchers see the newest state of
/// each task and may miss states in between.
package final class ProgressBoard: Sendable {
    package struct Entry: Sendable, Equatable {
        package let taskID: TaskID
        /// One line for people, such as the tool and file that the agent works with.
        package let action: String
        package let tokens: Cost.Tokens?
        /// Whether it runs on another device.
        package let isElsewhere: Bool
        let version: Int
    }

    private struct State {
        var entries: [TaskID: Entry] = [:]
        var version = 0
        var toldAt: [TaskID: ContinuousClock.Instant] = [:]
    }

    private let state = Mutex(State())
    private let changed: @Sendable () -> Void

    /// Watchers are told about one task at most this often.
    private static let pace = Duration.milliseconds(200)
    package static let actionLimit = 200

    /// - Parameter changed: called after an entry has changed; must return at once.
    package init(changed: @escaping @Sendable () -> Void) { self.changed = changed }

    package func observe(_ event: AgentEvent, of task: TaskID) {
        note(Self.action(event), Self.tokens(event), of: task)
    }

    /// What an agent on another device does.
    package func show(_ action: String, tokens: Cost.Tokens?, of task: TaskID) {
        note(action, tokens, of: task, isElsewhere: true)
    }

    private func note(_ action: String?, _ tokens: Cost.Tokens?, of task: TaskID, isElsewhere: Bool = false) {
        let now = ContinuousClock.now
        let told = state.withLock { state -> Bool in
            let old = state.entries[task]
            guard let action = action ?? old?.action else { return false }
            // From another device the same comes with every part of the log.
            guard !isElsewhere || action != old?.action || tokens != old?.tokens else { return false }
            state.version += 1
            state.entries[task] = Entry(
                taskID: task, action: action, tokens: tokens ?? old?.tokens, isElsewhere: isElsewhere,
                version: state.version)
            if let last = state.toldAt[task], now - last < Self.pace { return false }
            state.toldAt[task] = now
            return true
        }
        if told { changed() }
    }

    package func forget(_ task: TaskID) {
        state.withLock { state in
            state.entries[task] = nil
            state.toldAt[task] = nil
        }
    }

    package func current(_ task: TaskID) -> Entry? { state.withLock { $0.entries[task] } }

    /// Entries newer than `version`, oldest change first, and the version to ask with next time.
    package func changes(since version: Int) -> (entries: [Entry], version: Int) {
        state.withLock { state in
            guard state.version > version else { return ([], version) }
            let entries = state.entries.values.filter { $0.version > version }.sorted { $0.version < $1.version }
            return (entries, state.version)
        }
    }

    private static func action(_ event: AgentEvent) -> String? {
        switch event {
        case .text(let text): firstLine(text)
        case .toolCall(let name, let target): firstLine(target.map { "\(name) \($0)" } ?? name)
        case .fileChange(let path): firstLine("changed \(path)")
        case .rateLimit(let text): firstLine(text)
        case .started, .toolResult, .usage, .ended, .unknown: nil
        }
    }

    private static func firstLine(_ text: String) -> String? {
        let line = text.split(whereSeparator: \.isNewline).first.map(String.init) ?? ""
        let trimmed = PlainText.trimmed(line)
        return trimmed.isEmpty ? nil : PlainText.prefix(trimmed, bytes: actionLimit)
    }

    private static func tokens(_ event: AgentEvent) -> Cost.Tokens? {
        if case .usage(let tokens) = event { tokens } else { nil }
    }
}
