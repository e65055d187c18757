import Hummingbird
import OffloadDomain
import OffloadEngine
import OffloadWire

struct IdeaRoutes {
    let bridge: Bridge

    /// An import carries many descriptions.
    private static let importLimit = 16 * 1024 * 1024

    static let all = [
        ControlRoute(.get, "/api/bridge/ideas") { bridge, request, _ in
            try await IdeaRoutes(bridge: bridge).list(request)
        },
        ControlRoute(.post, "/api/bridge/ideas") { bridge, request, _ in
            let body = try await request.json(IdeaRequest.self)
            let idea = try await bridge.backlog.add(try draft(body), to: try ProjectID(parsing: body.projectId))
            return JSONResponse.make(IdeaView(idea), status: .created)
        },
        ControlRoute(.post, "/api/bridge/ideas/import") { bridge, request, _ in
            let body = try await request.json(IdeaImport.self, limit: importLimit)
            let drafts = try body.ideas.map { try draft($0) }
            let ideas = try await bridge.backlog.add(drafts, to: try ProjectID(parsing: body.projectId))
            return JSONResponse.make(
                IdeaList(
                    ideas: ideas.map { ($0, nil) }, total: ideas.count, page: try Page(limit: Page.largest)),
                status: .created)
        },
        ControlRoute(.get, "/api/bridge/ideas/{id}") { bridge, _, context in
            let (idea, task) = try await bridge.backlog.find(try context.id(IdeaID.self))
            return JSONResponse.make(IdeaView(idea, task: task))
        },
        ControlRoute(.patch, "/api/bridge/ideas/{id}") { bridge, request, context in
            let body = try await request.json(IdeaEdit.self)
            let edit = IdeaMachine.Edit(
                title: body.title, description: body.description, priority: body.priority,
                check: body.check.map { $0.isEmpty ? nil : $0 }, expectedPaths: body.expectedPaths)
            return JSONResponse.make(IdeaView(try await bridge.backlog.edit(try context.id(IdeaID.self), edit)))
        },
        ControlRoute(.delete, "/api/bridge/ideas/{id}") { bridge, _, context in
            try await bridge.backlog.remove(try context.id(IdeaID.self))
            return Response(status: .noContent)
        },
        ControlRoute(.post, "/api/bridge/ideas/{id}/action") { bridge, request, context in
            let body = try await request.json(ActionRequest.self)
            let action = try IdeaMachine.Action(choosing: body.action, for: "action")
            return JSONResponse.make(IdeaView(try await bridge.backlog.decide(try context.id(IdeaID.self), action)))
        },
    ]

    private func list(_ request: Request) async throws -> Response {
        let page = try request.page()
        let text = try request.query("text")
        guard (text?.utf8.count ?? 0) <= Idea.Limits.title else {
            throw OffloadError.invalid("text", "at most 300 bytes")
        }
        let filter = IdeaFilter(
            projectID: try request.projectQuery(), status: try request.choice("status", of: Idea.Status.self),
            text: text)
        let (ideas, total) = try await bridge.backlog.list(filter, page: page)
        return JSONResponse.make(IdeaList(ideas: ideas, total: total, page: page))
    }

    private static func draft(_ body: IdeaRequest) throws(OffloadError) -> Backlog.Draft {
        Backlog.Draft(
            title: body.title, description: body.description ?? "", priority: body.priority ?? 0, check: body.check,
            expectedPaths: body.expectedPaths ?? [], accepted: try isAccepted(body.status))
    }

    private static func draft(_ item: IdeaImport.Item) throws(OffloadError) -> Backlog.Draft {
        Backlog.Draft(
            title: item.title, description: item.description ?? "", priority: item.priority ?? 0, check: item.check,
            expectedPaths: item.expectedPaths ?? [], accepted: try isAccepted(item.status))
    }

    private static func isAccepted(_ status: String?) throws(OffloadError) -> Bool {
        switch status {
        case nil, "pending": false
        case "accepted": true
        default: throw .invalid("status", "a new idea is pending or accepted")
        }
    }
}
