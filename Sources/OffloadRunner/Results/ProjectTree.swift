/// A project's folder as it is now, looked at without following links. What is listed is remembered, so that one tree
/// serves one comparison.
final class ProjectTree {
    let root: SafeFolder
    /// Files that are about to go, so that they stand in nobody's way.
    var vanishing: Set<ExactText> = []
    private var listings: [ExactText: Listing] = [:]

    private struct Listing {
        var names: Set<ExactText> = []
        /// By what file systems take for the same.
        var twins: [String: [String]] = [:]
    }

    init(path: String) throws { root = try SafeFolder(path: path) }

    func standing(at path: ChangePath) throws -> Standing {
        let components = path.components
        var folder: [String] = []
        for (index, name) in components.enumerated() {
            let listing = try listing(of: folder)
            guard listing.names.contains(ExactText(name)) else {
                let twins = listing.twins[ExactText.folded(name)] ?? []
                return try twins.contains { try !vanishes(folder + [$0]) } ? .taken(component: index) : .nothing
            }
            let here = folder + [name]
            if index == components.count - 1 { return try standing(of: here) }
            if try root.entered(here) == nil {
                return try vanishes(here) ? .nothing : .taken(component: index)
            }
            folder = here
        }
        return .nothing
    }

    private func standing(of components: [String]) throws -> Standing {
        guard let name = components.last, let folder = try root.entered(components.dropLast()) else { return .nothing }
        switch try folder.entry(name) {
        case .nothing: return .nothing
        case .content(let content): return .content(content)
        case .folder: return try vanishes(components) ? .nothing : .taken(component: components.count - 1)
        case .other: return .taken(component: components.count - 1)
        }
    }

    /// Whether nothing will be left of a file, or of a folder with everything in it.
    func vanishes(_ components: [String]) throws -> Bool {
        if vanishing.contains(ExactText(components.joined(separator: "/"))) { return true }
        guard try root.entered(components) != nil else { return false }
        return try listing(of: components).names.allSatisfy { try vanishes(components + [$0.text]) }
    }

    private func listing(of components: [String]) throws -> Listing {
        let path = ExactText(components.joined(separator: "/"))
        if let known = listings[path] { return known }
        var listing = Listing()
        for name in try root.entered(components)?.names() ?? [] {
            listing.names.insert(ExactText(name))
            listing.twins[ExactText.folded(name), default: []].append(name)
        }
        listings[path] = listing
        return listing
    }
}
