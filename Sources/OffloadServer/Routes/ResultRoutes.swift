import Hummingbird
import OffloadDomain
import OffloadEngine
import OffloadWire

/// The work of completed tasks: looked at, merged, thrown away.
struct ResultRoutes {
    let bridge: Bridge

    private static let path = "/api/bridge/offload/results"
    private static let patchLimit = 2 * 1024 * 1024

    static let all = [
        ControlRoute(.get, path) { bridge, request, _ in try await ResultRoutes(bridge: bridge).list(request) },
        ControlRoute(.get, "\(path)/{id}") { bridge, request, context in
            try await ResultRoutes(bridge: bridge).show(try context.id(TaskID.self), try request.page())
        },
        ControlRoute(.get, "\(path)/{id}/diff") { bridge, request, context in
            try await ResultRoutes(bridge: bridge).patch(try context.id(TaskID.self), request)
        },
        ControlRoute(.post, "\(path)/{id}/merge") { bridge, request, context in
            let body = try await request.json(MergeRequest.self)
            return try await ResultRoutes(bridge: bridge).merge(try context.id(TaskID.self), body)
        },
        ControlRoute(.post, "\(path)/{id}/discard") { bridge, _, context in
            JSONResponse.make(ResultView(try await bridge.results.discard(try context.id(TaskID.self))))
        },
        ControlRoute(.post, "\(path)/{id}/undo") { bridge, _, context in
            JSONResponse.make(ResultView(try await bridge.results.undo(try context.id(TaskID.self))))
        },
        ControlRoute(.post, "\(path)/{id}/retry-with-conflict") { bridge, _, context in
            let task = try await bridge.results.sendBack(try context.id(TaskID.self), through: bridge.queue)
            return JSONResponse.make(QueueRoutes(bridge: bridge).view(try await bridge.tasks.describe(task)))
        },
    ]

    /// How a merge is to look in the history.
    private enum History: String, CaseIterable {
        case merge, squash
    }

    private func view(_ item: ResultShelf.Item) -> ResultView {
        var view = ResultView(item.result, forecast: item.forecast, deviceName: item.pair?.targetName)
        if let pair = item.pair, item.result.state == .uploading, pair.status == .disconnected {
            view.notes.append(
                "the pair with \(pair.targetName) was ended before the result came; its branch is in the clone there")
        }
        return view
    }

    private func list(_ request: Request) async throws -> Response {
        let page = try request.page()
        let filter = ResultFilter(
            projectID: try request.projectQuery(), state: try request.choice("state", of: TaskResult.State.self))
        let found = try await bridge.results.list(filter, page: page)
        return JSONResponse.make(ResultList(found.items.map(view), total: found.total, page: page))
    }

    private func show(_ id: TaskID, _ page: Page) async throws -> Response {
        let item = try await bridge.results.find(id)
        let found = try await bridge.results.changes(of: id, page: page)
        let attempts = try await bridge.tasks.find(id).attempts
        let attempt = attempts.first { $0.key == item.result.key }
        let report: RunReport? = if case .ended(let ending) = attempt?.state { ending.report } else { nil }
        return JSONResponse.make(
            ResultDetail(view(item), report: report, changes: found.changes, total: found.total, page: page))
    }

    private func patch(_ id: TaskID, _ request: Request) async throws -> Response {
        let path = try request.query("path")
        if let path, path.isEmpty || path.utf8.count > 4_096 || path.utf8.contains(0) {
            throw OffloadError.invalid("path", "1 to 4096 bytes without NUL")
        }
        let found = try await bridge.results.patch(of: id, path: path, limit: Self.patchLimit)
        return JSONResponse.make(PatchView(found.text, isCut: found.isCut))
    }

    private func merge(_ id: TaskID, _ body: MergeRequest) async throws -> Response {
        let mode = try body.mode.map { try History(choosing: $0, for: "mode") } ?? .merge
        let wish = ResultShelf.MergeWish(
            mode: mode == .squash ? .squash : .merge, message: body.message, isConfirmed: body.confirm ?? false)
        return JSONResponse.make(ResultView(try await bridge.results.merge(id, wish)))
    }
}
