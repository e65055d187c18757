import Hummingbird
import OffloadDomain
import OffloadEngine
import OffloadWire

/// The work of completed tasks: looked at, merged, thrown away.
struct ResultRoutes {
    let bridge: Bridge

    private static let path = "/api/bridge/offload/results"
    /// Most bytes of a patch in one answer.
    private static let patchLimit = 2 * 1024 * 1024
    /// How far into a patch one may look: each part is cut out of a patch that is made anew.
    private static let patchReach = 32 * 1024 * 1024

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
        let offset = try request.integerQuery("offset") ?? 0
        let limit = try request.integerQuery("limit") ?? Self.patchLimit
        guard (0...Self.patchReach).contains(offset), (1_024...Self.patchLimit).contains(limit) else {
            throw OffloadError.invalid("offset and limit", "0 to \(Self.patchReach), and 1024 to \(Self.patchLimit)")
        }
        let found = try await bridge.results.patch(of: id, path: path, limit: offset + limit)
        let part = Self.wholeLines(found.text.dropFirst(offset), isCut: found.isCut)
        let next = offset + part.count
        let goesOn = found.isCut && !part.isEmpty && next <= Self.patchReach
        return JSONResponse.make(PatchView(part, isCut: found.isCut, nextOffset: goesOn ? next : nil))
    }

    /// A part that is not the last ends with a line, if it has one.
    private static func wholeLines(_ text: ArraySlice<UInt8>, isCut: Bool) -> ArraySlice<UInt8> {
        guard isCut, let end = text.lastIndex(of: UInt8(ascii: "\n")) else { return text }
        return text[...end]
    }

    private func merge(_ id: TaskID, _ body: MergeRequest) async throws -> Response {
        let mode = try body.mode.map { try History(choosing: $0, for: "mode") } ?? .merge
        let wish = ResultShelf.MergeWish(
            mode: mode == .squash ? .squash : .merge, message: body.message, isConfirmed: body.confirm ?? false,
            seen: .init(commit: body.commit, attempt: body.attempt))
        return JSONResponse.make(ResultView(try await bridge.results.merge(id, wish)))
    }
}
