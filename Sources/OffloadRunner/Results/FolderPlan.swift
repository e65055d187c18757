package import OffloadDomain

/// What a result would change in a project without git, as it stood when the plan was made.
package struct FolderPlan: Sendable {
    /// One change of the result.
    package struct Item: Sendable {
        package let comparison: Comparison
        let change: CheckedChange
        let seen: Standing

        /// Relative to the project. It may come from another device: show it as text of others.
        package var path: String { change.path.text }
    }

    package let key: AttemptKey
    package let items: [Item]
    let projectPath: String

    /// What cannot simply be taken.
    package var conflicts: [Item] {
        items.filter { if case .conflict = $0.comparison { true } else { false } }
    }
}

extension FolderPlan {
    /// Compares all changes with the project. What the result deletes is looked at first, since it may make room for the rest.
    static func make(
        _ key: AttemptKey, _ changes: [CheckedChange], projectPath: String, tree: ProjectTree
    ) throws -> FolderPlan {
        var items: [Item] = []
        for change in changes where change.theirs == nil {
            items.append(try item(change, tree))
        }
        tree.vanishing = Set(items.filter { $0.comparison == .take }.map(\.change.path.exact))
        for change in changes where change.theirs != nil {
            items.append(try item(change, tree))
        }
        items.sort { $0.path.utf8.lexicographicallyPrecedes($1.path.utf8) }
        return FolderPlan(key: key, items: items, projectPath: projectPath)
    }

    private static func item(_ change: CheckedChange, _ tree: ProjectTree) throws -> Item {
        let standing = try tree.standing(at: change.path)
        return Item(comparison: .of(change, with: standing), change: change, seen: standing)
    }
}
