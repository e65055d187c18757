/// Finds out how a machine moves by trying every event in every state that can be reached, and draws it.
struct MachineDrawing<Node: Hashable> {
    private struct Edge: Hashable {
        let from: String
        let to: String
    }

    private var names: [String] = []
    private var edges: [(edge: Edge, labels: [String])] = []
    private let start: String
    private let groups: [Group]

    /// One label for several that stand together.
    struct Group {
        let label: String
        let members: [String]
    }

    /// - Parameters:
    ///   - groups: labels that are drawn as one where an arrow carries all of them.
    ///   - name: what the drawing calls a node; several nodes may have one name.
    ///   - moves: for each event, its label and the node that follows; none that stays where it is.
    init(
        from first: Node, groups: [Group] = [], name: (Node) -> String, moves: (Node) -> [(label: String, next: Node)]
    ) {
        start = name(first)
        self.groups = groups
        var seen: Set<Node> = [first]
        var waiting = [first]
        while !waiting.isEmpty {
            let node = waiting.removeFirst()
            note(name(node))
            for (label, next) in moves(node) where next != node {
                if name(next) != name(node) { draw(label, from: name(node), to: name(next)) }
                if seen.insert(next).inserted { waiting.append(next) }
            }
        }
    }

    private mutating func note(_ name: String) {
        if !names.contains(name) { names.append(name) }
    }

    private mutating func draw(_ label: String, from: String, to: String) {
        let edge = Edge(from: from, to: to)
        guard let index = edges.firstIndex(where: { $0.edge == edge }) else {
            edges.append((edge, [label]))
            return
        }
        if !edges[index].labels.contains(label) { edges[index].labels.append(label) }
    }

    /// A Mermaid state diagram. The states that nothing leaves lead to the end.
    var mermaid: String {
        var lines = ["stateDiagram-v2"]
        for name in names where name.contains(" ") { lines.append("    state \"\(name)\" as \(Self.word(name))") }
        lines.append("    [*] --> \(Self.word(start))")
        for (edge, labels) in edges {
            lines.append("    \(Self.word(edge.from)) --> \(Self.word(edge.to)): \(text(of: labels))")
        }
        for name in names where !edges.contains(where: { $0.edge.from == name }) {
            lines.append("    \(Self.word(name)) --> [*]")
        }
        return lines.joined(separator: "\n")
    }

    private func text(of labels: [String]) -> String {
        var labels = labels
        for group in groups where group.members.allSatisfy(labels.contains) {
            labels.removeAll(where: group.members.contains)
            labels.append(group.label)
        }
        return labels.joined(separator: ", ")
    }

    private static func word(_ name: String) -> String {
        String(name.map { $0 == " " ? "_" : $0 })
    }
}
