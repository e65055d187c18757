import Hummingbird
import OffloadDomain
import OffloadEngine
import OffloadWire

enum ProjectRoutes {
    static let all = [
        ControlRoute(.get, "/api/bridge/projects") { bridge, _, _ in
            JSONResponse.make(ProjectList(try await bridge.projects.list()))
        },
        ControlRoute(.post, "/api/bridge/projects") { bridge, request, _ in
            let body = try await request.json(ProjectRequest.self)
            let project = try await bridge.projects.add(name: body.name, path: body.path)
            let advice = await bridge.projects.problem(with: project)
            return JSONResponse.make(ProjectView(project, advice: advice), status: .created)
        },
        ControlRoute(.get, "/api/bridge/projects/{id}") { bridge, _, context in
            JSONResponse.make(ProjectView(try await bridge.projects.find(try context.id(ProjectID.self))))
        },
        ControlRoute(.patch, "/api/bridge/projects/{id}") { bridge, request, context in
            let body = try await request.json(ProjectEdit.self)
            return JSONResponse.make(
                ProjectView(try await bridge.projects.rename(try context.id(ProjectID.self), to: body.name)))
        },
        ControlRoute(.delete, "/api/bridge/projects/{id}") { bridge, _, context in
            try await bridge.projects.remove(try context.id(ProjectID.self))
            return Response(status: .noContent)
        },
    ]
}
