import OffloadDomain

/// The steps that a plan comes down to.
struct IntegrationDraft {
    private(set) var steps: [IntegrationStep] = []
    private(set) var beside: [Integrated.Beside] = []
    /// Beside names tried before giving up; each is a copy that is still there.
    private static let besideLimit = 99

    /// - Throws: `OffloadError` of kind `conflict` that names the files when there are conflicts and `keepBoth` is false.
    init(_ plan: FolderPlan, keepBoth: Bool, idea: IdeaID, tree: ProjectTree) throws {
        let conflicts = plan.conflicts
        guard keepBoth || conflicts.isEmpty else { throw Self.refusal(of: conflicts) }
        for item in plan.items where item.comparison == .take {
            var before: FileContent?
            if case .content(let content) = item.seen { before = content }
            steps.append(
                IntegrationStep(path: item.path, before: before, after: Self.after(item.change.theirs, before)))
        }
        tree.vanishing = Set(steps.filter { $0.after == nil }.map { ExactText($0.path) })
        var names = Set(plan.items.filter { $0.change.theirs != nil }.map(\.change.path.exact.folded))
        for item in conflicts {
            // What was deleted there and changed here stays, and there is nothing to keep beside it.
            guard let theirs = item.change.theirs else { continue }
            try keep(theirs, of: item, beside: idea, tree, &names)
        }
    }

    /// A file that takes the place of another is for the same people; whether it can be executed comes with the content.
    private static func after(_ theirs: FileContent?, _ before: FileContent?) -> FileContent? {
        guard var theirs, let before, before.kind != .link, let permissions = before.permissions else { return theirs }
        guard theirs.kind != .link else { return theirs }
        theirs.permissions =
            theirs.kind == .executable ? permissions | (permissions & 0o444) >> 2 | 0o100 : permissions & ~0o111
        return theirs
    }

    private mutating func keep(
        _ theirs: FileContent, of item: FolderPlan.Item, beside idea: IdeaID, _ tree: ProjectTree,
        _ names: inout Set<String>
    ) throws {
        var components = item.change.path.components
        var index = components.count - 1
        if case .taken(let component) = item.seen { index = component }
        let name = components[index]
        for number in 1...Self.besideLimit {
            let ending = ".offload-\(idea)" + (number == 1 ? "" : "-\(number)")
            components[index] = PlainText.prefix(name, bytes: ChangePath.nameLimit - ending.utf8.count) + ending
            let path = try ChangePath(components.joined(separator: "/"))
            guard !names.contains(path.exact.folded) else { continue }
            let standing = try tree.standing(at: path)
            guard standing == .nothing || standing == .content(theirs) else { continue }
            names.insert(path.exact.folded)
            beside.append(Integrated.Beside(path: item.path, writtenTo: path.text))
            if standing == .nothing {
                steps.append(IntegrationStep(path: path.text, before: nil, after: theirs))
            }
            return
        }
        throw OffloadError(.conflict, "there is no free name beside \(ShownPath.text(item.path))")
    }

    private static func refusal(of conflicts: [FolderPlan.Item]) -> OffloadError {
        let shown = conflicts.prefix(10).map { item in
            guard case .conflict(let conflict) = item.comparison else { return ShownPath.text(item.path) }
            return "\(ShownPath.text(item.path)) (\(conflict.words))"
        }
        let more = conflicts.count > shown.count ? " and \(conflicts.count - shown.count) more" : ""
        return OffloadError(
            .conflict, "the result is in conflict with the project: \(shown.joined(separator: ", "))\(more)")
    }
}
