/// Why a change of a result cannot simply be taken.
package enum FolderConflict: String, Sendable, CaseIterable {
    case bothChanged = "both_changed"
    case changedHereDeletedThere = "changed_here_deleted_there"
    case deletedHereChangedThere = "deleted_here_changed_there"
    case bothAdded = "both_added"
    /// A folder where a file would have to be, a file where a folder, or a name that differs only in case.
    case somethingInTheWay = "something_in_the_way"

    /// In words that follow on the path.
    package var words: String {
        switch self {
        case .bothChanged: "changed here and there"
        case .changedHereDeletedThere: "changed here, deleted there"
        case .deletedHereChangedThere: "deleted here, changed there"
        case .bothAdded: "added differently here and there"
        case .somethingInTheWay: "something else has its place here"
        }
    }
}

/// What a change of a result means for the project as it is now.
package enum Comparison: Sendable, Equatable {
    /// The project is like the result already.
    case unchanged
    /// The project is as the attempt found it, so that the change can be made.
    case take
    case conflict(FolderConflict)

    /// Compares the three sides of one path. Pure.
    static func of(_ change: CheckedChange, with standing: Standing) -> Comparison {
        switch (change.theirs, standing) {
        case (nil, .nothing), (nil, .taken): .unchanged
        case (nil, .content(let ours)): change.isBase(ours) ? .take : .conflict(.changedHereDeletedThere)
        case (.some, .taken): .conflict(.somethingInTheWay)
        case (.some, .nothing): change.base == nil ? .take : .conflict(.deletedHereChangedThere)
        case (.some(let theirs), .content(let ours)):
            if theirs == ours {
                .unchanged
            } else if change.base == nil {
                .conflict(.bothAdded)
            } else {
                change.isBase(ours) ? .take : .conflict(.bothChanged)
            }
        }
    }
}
