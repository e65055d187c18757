package import OffloadDomain

/// `POST /api/bridge/offload/commit`, between devices: the result of a completed attempt, before any of it is sent.
///
/// `devicePairId`, `ideaId`, `branchName` and `commitMessage` are the specification's. The source builds names by itself and
/// believes none; they are for people who look at the traffic.
package struct CommitRequest: Codable, Sendable, Equatable {
    package var devicePairId: String?
    package var ideaId: String
    package var taskId: String
    package var attempt: Int
    package var branchName: String?
    package var commitMessage: String?
    /// The commit that was given out, and the one that was made on it; both are missing for a project without git.
    package var base: String?
    package var tip: String?
    /// Bytes of what follows.
    package var size: Int64
    package var sha256: String
    package var files: Int
    package var insertions: Int
    package var deletions: Int

    private static let figureLimit = 1 << 40

    package init(_ announcement: ResultAnnouncement, of idea: IdeaID, through pair: PairID? = nil) {
        devicePairId = pair?.rawValue
        ideaId = idea.rawValue
        taskId = announcement.key.task.rawValue
        attempt = announcement.key.number.value
        branchName = "offload/\(idea)"
        if case .commit(let commit, let origin) = announcement.content { (base, tip) = (origin.hex, commit.hex) }
        size = announcement.size
        sha256 = announcement.digest
        files = min(announcement.extent.files, Self.figureLimit)
        insertions = min(announcement.extent.insertions, Self.figureLimit)
        deletions = min(announcement.extent.deletions, Self.figureLimit)
    }

    private func content() throws(OffloadError) -> ResultAnnouncement.Content {
        guard base != nil || tip != nil else { return .changeSet }
        guard let base = base.flatMap(CommitHash.init), let tip = tip.flatMap(CommitHash.init),
            base.hex.utf8.count == tip.hex.utf8.count, base != tip
        else { throw .invalid("base and tip", "two different commits") }
        return .commit(tip, base: base)
    }

    /// What another device says, checked.
    /// - Throws: `OffloadError` of kind `invalidRequest` when a field is not what it has to be, `tooLarge` beyond the limit.
    package func announcement() throws(OffloadError) -> ResultAnnouncement {
        let content = try content()
        let isDigest =
            sha256.utf8.count == 64
            && sha256.utf8.allSatisfy { (48...57).contains($0) || (97...102).contains($0) }
        guard isDigest else { throw .invalid("sha256", "64 lower-case hexadecimal digits") }
        guard size > 0 else { throw .invalid("size", "1 or more") }
        guard size <= ResultAnnouncement.sizeLimit else {
            throw OffloadError(.tooLarge, "a result has at most \(ResultAnnouncement.sizeLimit) bytes")
        }
        guard [files, insertions, deletions].allSatisfy({ (0...Self.figureLimit).contains($0) }) else {
            throw .invalid("files", "a figure is out of its bounds")
        }
        return ResultAnnouncement(
            key: AttemptKey(task: try TaskID(parsing: taskId), number: try AttemptNumber(checked: attempt)),
            content: content, size: size, digest: sha256,
            extent: TaskResult.Extent(files: files, insertions: insertions, deletions: deletions))
    }
}

/// What a source says to an announced or sent result.
package struct ReceiptView: Codable, Sendable, Equatable {
    /// Whether the source has it, or wants nothing of it.
    package var done: Bool
    /// Where the next part is to begin.
    package var next: Int64?

    package init(_ receipt: ResultReceipt) {
        switch receipt {
        case .done: (done, next) = (true, nil)
        case .wanted(let offset): (done, next) = (false, offset)
        }
    }

    /// - Throws: `OffloadError` of kind `invalidRequest` when it is not understood.
    package func receipt() throws(OffloadError) -> ResultReceipt {
        if done { return .done }
        guard let next, next >= 0 else { throw .invalid("next", "0 or more") }
        return .wanted(from: next)
    }
}
