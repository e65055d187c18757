/// Which folders go and come with the steps of an integration.
struct FolderSteps {
    /// What has nothing left in it after the deletions, the lower ones first.
    let emptied: [String]
    /// What is missing above new files, the upper ones first.
    let created: [String]

    init(for steps: [IntegrationStep], in tree: ProjectTree) throws {
        let gone = steps.filter { $0.after == nil }
        let filled = steps.filter { $0.after != nil }
        tree.vanishing = Set(gone.map { ExactText($0.path) })
        let needed = Self.foldersAbove(filled)
        created = try needed.filter { try tree.root.entered(Self.components($0)) == nil }.map(\.text)
        // An empty folder makes room for a file, too.
        let candidates = Self.foldersAbove(gone) + filled.map { ExactText($0.path) }
        let keep = Set(needed)
        var (emptied, seen) = ([String](), Set<ExactText>())
        for candidate in candidates where !keep.contains(candidate) {
            let components = Self.components(candidate)
            if try tree.root.entered(components) != nil, try tree.vanishes(components) {
                try Self.collect(components, in: tree, &emptied, &seen)
            }
        }
        self.emptied = emptied
    }

    private static func components(_ path: ExactText) -> [String] { path.text.split(separator: "/").map(String.init) }

    /// Each once, the upper ones first.
    private static func foldersAbove(_ steps: [IntegrationStep]) -> [ExactText] {
        var (folders, seen) = ([ExactText](), Set<ExactText>())
        for step in steps {
            let names = step.folders
            for index in names.indices {
                let folder = ExactText(names[...index].joined(separator: "/"))
                if seen.insert(folder).inserted { folders.append(folder) }
            }
        }
        return folders
    }

    /// The folder after all folders in it.
    private static func collect(
        _ folder: [String], in tree: ProjectTree, _ emptied: inout [String], _ seen: inout Set<ExactText>
    ) throws {
        let path = folder.joined(separator: "/")
        guard seen.insert(ExactText(path)).inserted, let names = try tree.root.entered(folder)?.names() else { return }
        for name in names where try tree.root.entered(folder + [name]) != nil {
            try collect(folder + [name], in: tree, &emptied, &seen)
        }
        emptied.append(path)
    }
}
