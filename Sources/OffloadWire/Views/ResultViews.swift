package import OffloadDomain

/// The work of a completed task on its way into the project.
package struct ResultView: Codable, Sendable, Equatable {
    package struct Conflict: Codable, Sendable, Equatable {
        package var path: String
        /// `content`, `modify/delete`, `add/add`, `rename`, `mode`, `binary`, `submodule`, `file/folder` or `unrelated history`.
        package var kind: String
    }

    package struct Merged: Codable, Sendable, Equatable {
        package var mode: String
        /// The branch, or the folder without git.
        package var target: String
        package var before: String?
        package var commit: String?
    }

    package var taskId: String
    package var ideaId: String
    package var projectId: String
    package var title: String
    package var attempt: Int
    /// `uploading`, `refused`, `ready`, `conflict`, `merging`, `merged`, `unmerging` or `discarded`.
    package var state: String
    package var branch: String?
    package var base: String?
    package var commit: String?
    package var devicePairId: String?
    /// The device that did the work; left out for this one.
    package var deviceName: String?
    package var filesChanged: Int
    package var insertions: Int
    package var deletions: Int
    /// Where it clashes with what the project has now.
    package var conflicts: [Conflict]
    /// Tasks with results that it clashes with.
    package var conflictsWith: [String]
    /// Changed files that can make programs run; a merge wants `confirm` for them.
    package var needsConfirmation: [String]
    package var notes: [String]
    package var merged: Merged?
    package var createdAt: String
    package var updatedAt: String

    package init(_ result: TaskResult, forecast: Forecast.Item? = nil, deviceName: String? = nil) {
        taskId = result.key.task.rawValue
        ideaId = result.ideaID.rawValue
        projectId = result.projectID.rawValue
        title = result.title
        attempt = result.key.number.value
        state = result.state.rawValue
        branch = result.branch
        if case .commit(let commit, let base) = result.storage { (self.commit, self.base) = (commit.hex, base.hex) }
        devicePairId = result.pairID?.rawValue
        self.deviceName = deviceName
        filesChanged = result.extent.files
        insertions = result.extent.insertions
        deletions = result.extent.deletions
        conflicts = (forecast?.clashes ?? []).map { Conflict(path: $0.path, kind: $0.kind.rawValue) }
        conflictsWith = (forecast?.rivals ?? []).map(\.task.rawValue)
        needsConfirmation = result.sensitivePaths
        notes = result.notes
        merged = result.state == .merged ? result.integration.map(Merged.init) : nil
        createdAt = result.createdAt.iso8601
        updatedAt = result.updatedAt.iso8601
    }
}

extension ResultView.Merged {
    fileprivate init(_ integration: Integration) {
        mode = integration.mode.rawValue
        target = integration.target
        before = integration.move?.before.hex
        commit = integration.move?.after.hex
    }
}

/// Answers `GET /api/bridge/offload/results`, newest first.
package struct ResultList: Codable, Sendable {
    package var results: [ResultView]
    package var total: Int
    package var limit: Int
    package var offset: Int

    package init(_ results: [ResultView], total: Int, page: Page) {
        self.results = results
        self.total = total
        limit = page.limit
        offset = page.offset
    }
}

/// Answers `GET /api/bridge/offload/results/{taskId}`: the result, what its agent said, and a page of its changed files.
package struct ResultDetail: Codable, Sendable {
    package struct File: Codable, Sendable, Equatable {
        package var path: String
        /// `added`, `modified`, `deleted` or `type_changed`.
        package var change: String
        /// Lines; left out for files that are no text.
        package var insertions: Int?
        package var deletions: Int?
    }

    package var result: ResultView
    package var summary: String
    package var cost: CostView?
    package var turns: Int?
    package var model: String?
    package var files: [File]
    package var total: Int
    package var limit: Int
    package var offset: Int

    package init(
        _ result: ResultView, report: RunReport?, changes: [ResultChange], total: Int, page: Page
    ) {
        self.result = result
        summary = report?.summary ?? ""
        cost = report.map { CostView($0.cost) }
        turns = report?.turns
        model = report?.model
        files = changes.map {
            File(path: $0.path, change: $0.kind.rawValue, insertions: $0.insertions, deletions: $0.deletions)
        }
        self.total = total
        limit = page.limit
        offset = page.offset
    }
}

/// Answers `GET /api/bridge/offload/results/{taskId}/diff`.
package struct PatchView: Codable, Sendable {
    /// What is no UTF-8 in it is replaced.
    package var patch: String
    /// Whether there is more than this.
    package var truncated: Bool
    /// Where to go on; nil at the end, and where nobody goes on.
    package var nextOffset: Int?

    package init(_ text: some Collection<UInt8>, isCut: Bool, nextOffset: Int? = nil) {
        patch = String(decoding: text, as: UTF8.self)
        truncated = isCut
        self.nextOffset = nextOffset
    }
}

/// `POST /api/bridge/offload/results/{taskId}/merge`
package struct MergeRequest: Codable, Sendable {
    /// `merge` (the default) or `squash`.
    package var mode: String?
    package var message: String?
    /// That a person has looked at the files that can make programs run.
    package var confirm: Bool?
    /// The commit that a person has looked at, or at least its first seven digits; nil for whichever is there.
    package var commit: String?
    /// The attempt whose result a person has looked at, which says the same without git; nil for whichever is there.
    package var attempt: Int?

    package init(
        mode: String? = nil, message: String? = nil, confirm: Bool? = nil, commit: String? = nil, attempt: Int? = nil
    ) {
        self.mode = mode
        self.message = message
        self.confirm = confirm
        self.commit = commit
        self.attempt = attempt
    }
}
