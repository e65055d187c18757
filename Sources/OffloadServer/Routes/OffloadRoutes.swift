import Hummingbird
import OffloadDomain
import OffloadEngine
import OffloadWire

/// Tasks that go to other devices, as people see them.
struct OffloadRoutes {
    let bridge: Bridge

    static let all = [
        ControlRoute(.post, "/api/bridge/offload/queue") { bridge, request, _ in
            try await OffloadRoutes(bridge: bridge).queue(try await request.json(QueueRequest.self))
        },
        ControlRoute(.get, "/api/bridge/offload/status") { bridge, request, _ in
            try await OffloadRoutes(bridge: bridge).status(request)
        },
    ]

    private func queue(_ body: QueueRequest) async throws -> Response {
        let ids = try body.ideaIds.map { try IdeaID(parsing: $0) }
        let pair = try body.devicePairId.map { try PairID(parsing: $0) }
        let assignment = try await bridge.queue.offload(ids, to: pair, untriedOnly: body.untriedOnly ?? false)
        if ids.count == 1, let refusal = assignment.refused.first { throw refusal.error }
        return JSONResponse.make(
            QueueView(
                zip(assignment.tasks, assignment.requirements).map { (task: $0, requirement: $1) },
                refused: assignment.refused.map { ($0.ideaID, $0.error) }))
    }

    private func status(_ request: Request) async throws -> Response {
        let page = try request.page()
        let filter = TaskFilter(
            projectID: try request.projectQuery(), status: try request.choice("status", of: OffloadTask.Status.self),
            offloadedOnly: true)
        let found = try await bridge.tasks.list(filter, page: page)
        let views = QueueRoutes(bridge: bridge)
        return JSONResponse.make(
            OffloadStatusView(
                tasks: found.reports.map { OffloadStatusView.Item(views.view($0)) }, counts: found.counts,
                total: found.total, page: page))
    }
}
