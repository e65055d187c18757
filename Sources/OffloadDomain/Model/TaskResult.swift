/// The work of a completed attempt on its way into the user's project. Kept by the device that owns the task, whoever did it.
package struct TaskResult: Sendable, Equatable {
    package enum State: String, Sendable, CaseIterable {
        /// On the device that did the work, or on its way from there. Next: ready, conflict, refused, discarded.
        case uploading
        /// What arrived was not taken over; the work is still on the device that did it. Next: discarded.
        case refused
        /// Here, and it goes with what the project has now. Next: conflict, merging, discarded.
        case ready
        /// Here, and the project has changed the same places since. Next: ready, discarded.
        case conflict
        /// It is being brought into the project; after a crash the project says whether it was. Next: merged, ready.
        case merging
        /// In the project. Next: unmerging.
        case merged
        /// It is being taken out of the project again. Next: ready, merged.
        case unmerging
        /// Thrown away by a person; kept for `TaskResult.recoverable`. Next: ready, conflict, uploading.
        case discarded

        /// Whether a person has yet to decide about it.
        package var isOpen: Bool {
            switch self {
            case .uploading, .ready, .conflict: true
            case .refused, .merging, .merged, .unmerging, .discarded: false
            }
        }
    }

    /// Where the work lies on this device.
    package enum Storage: Sendable, Equatable {
        /// A commit under `refs/offload/<task>/<attempt>` of our own repository, made directly on `base`.
        case commit(CommitHash, base: CommitHash)
        /// A change set in the data folder, for projects without git.
        case changeSet

        /// The commit that it was made on; nil without git.
        package var base: CommitHash? {
            if case .commit(_, let base) = self { base } else { nil }
        }
    }

    /// How many files and lines it changes.
    package struct Extent: Sendable, Equatable {
        package var files: Int
        package var insertions: Int
        package var deletions: Int

        package init(files: Int, insertions: Int, deletions: Int) {
            self.files = files
            self.insertions = insertions
            self.deletions = deletions
        }
    }

    package let key: AttemptKey
    package let projectID: ProjectID
    package let ideaID: IdeaID
    package let title: String
    /// The pair of the device that did the work; nil for this one.
    package let pairID: PairID?
    package var state: State
    /// nil until it has arrived.
    package var storage: Storage?
    /// The branch in the user's repository; nil until one was written, and without git.
    package var branch: String?
    package var extent: Extent
    /// Changed paths that can make programs run, such as agent settings and hooks: to be looked at before a merge.
    package var sensitivePaths: [String]
    /// What a person should know about the result, or why it was refused.
    package var notes: [String]
    /// What a merge does or did; nil in every other state.
    package var integration: Integration?
    package let createdAt: Timestamp
    package var updatedAt: Timestamp

    /// How long a discarded result can be brought back.
    package static let recoverable = Duration.seconds(30 * 24 * 60 * 60)
    /// How many sensitive paths and notes are kept.
    package static let listLimit = 100

    package init(
        key: AttemptKey, projectID: ProjectID, ideaID: IdeaID, title: String, pairID: PairID?, state: State,
        storage: Storage? = nil, branch: String? = nil, extent: Extent, sensitivePaths: [String] = [],
        notes: [String] = [], integration: Integration? = nil, createdAt: Timestamp, updatedAt: Timestamp
    ) {
        self.key = key
        self.projectID = projectID
        self.ideaID = ideaID
        self.title = title
        self.pairID = pairID
        self.state = state
        self.storage = storage
        self.branch = branch
        self.extent = extent
        self.sensitivePaths = sensitivePaths
        self.notes = notes
        self.integration = integration
        self.createdAt = createdAt
        self.updatedAt = updatedAt
    }
}

/// Which results a list shows.
package struct ResultFilter: Sendable, Equatable {
    package var projectID: ProjectID?
    package var state: TaskResult.State?

    package init(projectID: ProjectID? = nil, state: TaskResult.State? = nil) {
        self.projectID = projectID
        self.state = state
    }
}

/// What a merge does to the user's project. Recorded before it is done, so that after a crash the project can be asked.
package struct Integration: Sendable, Equatable {
    package enum Mode: String, Sendable, CaseIterable {
        /// A commit with two parents: the project's and the result's.
        case merge
        /// One commit on top of the project's.
        case squash
        /// Files without git.
        case files
    }

    package let mode: Mode
    /// The full name of the ref that moves, or the folder's path.
    package let target: String
    /// What the ref points at before and after; nil without git.
    package let move: Move?

    package struct Move: Sendable, Equatable {
        package let before: CommitHash
        package let after: CommitHash

        package init(before: CommitHash, after: CommitHash) {
            self.before = before
            self.after = after
        }
    }

    package init(mode: Mode, target: String, move: Move?) {
        self.mode = mode
        self.target = target
        self.move = move
    }
}

/// A result as the device that did the work announces it, before any of it is sent.
package struct ResultAnnouncement: Sendable, Equatable {
    /// What is sent.
    package enum Content: Sendable, Equatable {
        /// A bundle of one commit, made directly on `base`.
        case commit(CommitHash, base: CommitHash)
        /// A list of changes with the contents of files, of a project without git.
        case changeSet
    }

    package let key: AttemptKey
    package let content: Content
    /// Bytes of what is sent.
    package let size: Int64
    /// SHA-256 of what is sent, in lower-case hexadecimal digits.
    package let digest: String
    package let extent: TaskResult.Extent

    /// The most bytes.
    package static let sizeLimit: Int64 = 4 << 30

    package init(
        key: AttemptKey, content: Content, size: Int64, digest: String, extent: TaskResult.Extent
    ) {
        self.key = key
        self.content = content
        self.size = size
        self.digest = digest
        self.extent = extent
    }
}

/// What a source says to an announced or sent result.
package enum ResultReceipt: Sendable, Equatable {
    /// It has so many bytes; the next part is to begin there.
    case wanted(from: Int64)
    /// It is safe there, or nothing of it is wanted.
    case done
}

/// Whether and where a result and something else change the same places.
package struct Clash: Sendable, Equatable {
    package enum Kind: String, Sendable, CaseIterable {
        case content
        case deletedAndModified = "modify/delete"
        case bothAdded = "add/add"
        case renamed = "rename"
        case mode
        case binary
        case submodule
        case kind = "file/folder"
        /// The result and what is checked out have no history in common.
        case history = "unrelated history"
    }

    package let path: String
    package let kind: Kind

    package init(path: String, kind: Kind) {
        self.path = path
        self.kind = kind
    }
}

/// How the open results of a project go with what the project has now, and with each other.
package struct Forecast: Sendable, Equatable {
    package struct Item: Sendable, Equatable {
        package let key: AttemptKey
        /// Where it clashes with the project as it is; empty when it can be merged.
        package var clashes: [Clash]
        /// Other results that it clashes with.
        package var rivals: [AttemptKey]
        /// Whether it is in the project already: somebody merged its branch by hand.
        package var isInProject = false

        package init(_ key: AttemptKey, clashes: [Clash] = [], rivals: [AttemptKey] = []) {
            self.key = key
            self.clashes = clashes
            self.rivals = rivals
        }
    }

    /// What the project had when it was made.
    package let position: ProjectPosition
    package var items: [Item]

    package init(position: ProjectPosition, items: [Item]) {
        self.position = position
        self.items = items
    }

    package func item(_ key: AttemptKey) -> Item? { items.first { $0.key == key } }
}

/// What a merge would start from.
package struct ProjectPosition: Sendable, Equatable {
    /// The full name of the branch that is checked out; nil when there is none.
    package let branch: String?
    /// nil without git.
    package let commit: CommitHash?

    package init(branch: String?, commit: CommitHash?) {
        self.branch = branch
        self.commit = commit
    }
}

/// One changed path of a result.
package struct ResultChange: Sendable, Equatable {
    package enum Kind: String, Sendable, CaseIterable {
        case added, modified, deleted
        /// File, link or the bit that makes it a program.
        case typeChanged = "type_changed"
    }

    package let path: String
    package let kind: Kind
    /// Lines; nil for files that are no text.
    package let insertions: Int?
    package let deletions: Int?

    package init(path: String, kind: Kind, insertions: Int?, deletions: Int?) {
        self.path = path
        self.kind = kind
        self.insertions = insertions
        self.deletions = deletions
    }
}
