import Hummingbird
import OffloadDomain
import OffloadEngine
import OffloadWire

struct ProjectRoutes {
    let bridge: Bridge

    var all: [ControlRoute] {
        let projects = bridge.projects
        return [
            ControlRoute(.get, "/api/bridge/projects") { _, _ in
                JSONResponse.make(ProjectList(try await projects.list()))
            },
            ControlRoute(.post, "/api/bridge/projects") { request, _ in
                let body = try await request.json(ProjectRequest.self)
                return JSONResponse.make(
                    ProjectView(try await projects.add(name: body.name, path: body.path)), status: .created)
            },
            ControlRoute(.get, "/api/bridge/projects/{id}") { _, context in
                JSONResponse.make(ProjectView(try await projects.find(try context.id(ProjectID.self))))
            },
            ControlRoute(.patch, "/api/bridge/projects/{id}") { request, context in
                let body = try await request.json(ProjectEdit.self)
                return JSONResponse.make(
                    ProjectView(try await projects.rename(try context.id(ProjectID.self), to: body.name)))
            },
            ControlRoute(.delete, "/api/bridge/projects/{id}") { _, context in
                try await projects.remove(try context.id(ProjectID.self))
                return Response(status: .noContent)
            },
        ]
    }
}
