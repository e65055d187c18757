package import OffloadDomain
internal import Synchronization

/// The logs of all attempts: where they are, and who wants to know when one grows.
package final class AttemptLogs: Sendable {
    package enum Name: String, Sendable, Hashable, CaseIterable {
        /// What a person reads.
        case log
        /// What an agent with a protocol wrote, as it wrote it.
        case transcript
    }

    private struct Followed: Hashable {
        let attempt: AttemptKey
        let name: Name
    }

    private struct State {
        var followers: [Followed: [UInt64: AsyncStream<Void>.Continuation]] = [:]
        var next: UInt64 = 0
        /// Copies of logs that are written elsewhere, the latest used last.
        var copies: [(attempt: AttemptKey, log: CappedLog)] = []
    }

    private let folder: @Sendable (AttemptKey) -> String
    private let limits: CappedLog.Limits
    private let state = Mutex(State())

    /// - Parameter folder: where the files of an attempt go; one folder per attempt.
    package init(limits: CappedLog.Limits = .standard, folder: @escaping @Sendable (AttemptKey) -> String) {
        self.folder = folder
        self.limits = limits
    }

    /// A log to write to. One writer at a time for each.
    func writer(_ name: Name, of attempt: AttemptKey) -> CappedLog {
        CappedLog(folder: folder(attempt), name: name.rawValue, limits: limits) { [weak self] in
            self?.grown(Followed(attempt: attempt, name: name))
        }
    }

    /// How many copies are kept open.
    private static let openCopies = 16

    /// The copy of a log that another device writes.
    func copy(of attempt: AttemptKey) -> CappedLog {
        state.withLock { state in
            let known = state.copies.firstIndex { $0.attempt == attempt }.map { state.copies.remove(at: $0).log }
            let log = known ?? writer(.log, of: attempt)
            state.copies.append((attempt, log))
            if state.copies.count > Self.openCopies { state.copies.removeFirst() }
            return log
        }
    }

    package func reader(_ name: Name, of attempt: AttemptKey) -> LogReader {
        LogReader(folder: folder(attempt), name: name.rawValue)
    }

    /// Tells when a log has grown, beginning at once; several growths may be told as one. Ends when `finish` is
    /// called for the attempt or the reading task is cancelled.
    ///
    /// Ask for this first and read then: so nothing is missed.
    package func growth(_ name: Name, of attempt: AttemptKey) -> AsyncStream<Void> {
        let followed = Followed(attempt: attempt, name: name)
        let (stream, continuation) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
        let id = state.withLock { state in
            state.next += 1
            state.followers[followed, default: [:]][state.next] = continuation
            return state.next
        }
        continuation.onTermination = { [weak self] _ in
            self?.state.withLock { state in
                state.followers[followed]?[id] = nil
                if state.followers[followed]?.isEmpty == true { state.followers[followed] = nil }
            }
        }
        continuation.yield()
        return stream
    }

    /// The attempt has ended: its logs grow no more.
    package func finish(_ attempt: AttemptKey) {
        let ended = state.withLock { state in
            state.copies.removeAll { $0.attempt == attempt }
            return Name.allCases.flatMap { name in
                state.followers.removeValue(forKey: Followed(attempt: attempt, name: name)).map { Array($0.values) }
                    ?? []
            }
        }
        for continuation in ended { continuation.finish() }
    }

    private func grown(_ followed: Followed) {
        let followers = state.withLock { state in state.followers[followed].map { Array($0.values) } ?? [] }
        for follower in followers { follower.yield() }
    }
}
