import Hummingbird
import OffloadDomain
import OffloadEngine
import OffloadWire

/// Lanes and tasks.
struct QueueRoutes {
    let bridge: Bridge

    static let all = [
        ControlRoute(.get, "/api/bridge/batches") { bridge, _, _ in try await QueueRoutes(bridge: bridge).batches() },
        ControlRoute(.get, "/api/bridge/batches/{id}") { bridge, request, context in
            let lane = try BatchID(parsing: context.parameters.get("id") ?? "")
            return try await QueueRoutes(bridge: bridge).batch(lane, try request.page())
        },
        ControlRoute(.post, "/api/bridge/batches/{id}/assign") { bridge, request, context in
            try await QueueRoutes(bridge: bridge).assign(request, to: context.parameters.get("id") ?? "")
        },
        ControlRoute(.post, "/api/bridge/batches/{id}/control") { bridge, request, context in
            let body = try await request.json(ActionRequest.self)
            let action = try BatchMachine.Action(choosing: body.action, for: "action")
            let lane = try BatchID(parsing: context.parameters.get("id") ?? "")
            return JSONResponse.make(BatchView(try await bridge.queue.control(lane, action), running: nil))
        },
        ControlRoute(.get, "/api/bridge/tasks") { bridge, request, _ in
            try await QueueRoutes(bridge: bridge).list(request)
        },
        ControlRoute(.get, "/api/bridge/tasks/{id}") { bridge, _, context in
            try await QueueRoutes(bridge: bridge).task(try context.id(TaskID.self))
        },
        ControlRoute(.post, "/api/bridge/tasks/{id}/cancel") { bridge, _, context in
            let task = try await bridge.queue.cancel(try context.id(TaskID.self))
            return try await QueueRoutes(bridge: bridge).answer(task)
        },
        ControlRoute(.post, "/api/bridge/tasks/{id}/retry") { bridge, _, context in
            let id = try context.id(TaskID.self)
            // One whose device is not heard of need not be final.
            let reclaimed = try await bridge.pairing.handovers.reclaim(id)
            let task = if let reclaimed { reclaimed } else { try await bridge.queue.retry(id) }
            return try await QueueRoutes(bridge: bridge).answer(task)
        },
    ]

    private var device: DeviceView { DeviceView(id: bridge.context.device.id, name: bridge.context.device.name) }

    private func answer(_ task: OffloadTask) async throws -> Response {
        JSONResponse.make(view(try await bridge.tasks.describe(task)))
    }

    /// A task of a lane of this device.
    private func view(_ task: OffloadTask, agent: String? = nil) -> TaskView {
        TaskView(
            task, attempts: [], agent: agent, action: bridge.progress.current(task.id)?.action, device: device,
            pair: task.origin)
    }

    func view(_ report: TaskReports.Report) -> TaskView {
        let task = report.task
        let other = report.pair.map { DeviceView(id: $0.targetDeviceID, name: $0.targetName) }
        return TaskView(
            task, attempts: report.attempts, requirementPath: report.requirement?.path,
            action: bridge.progress.current(task.id)?.action, device: task.isOffloaded ? other : device,
            pair: report.pair?.id ?? task.origin,
            isUnreachable: bridge.pairing.handovers.isUnreachable(task.attemptKey))
    }

    private func batches() async throws -> Response {
        let batches = try await bridge.queue.batches()
        return JSONResponse.make(
            BatchList(
                batches.map { lane in
                    BatchView(lane.batch, running: lane.running.map { view($0, agent: lane.attempt?.agent) })
                }))
    }

    private func batch(_ id: BatchID, _ page: Page) async throws -> Response {
        let waiting = try await bridge.queue.waiting(for: id, page: page)
        guard let found = try await bridge.queue.batches().first(where: { $0.batch.id == id }) else {
            throw OffloadError(.notFound, "there is no \(id) here")
        }
        return JSONResponse.make(
            BatchView(
                found.batch, running: found.running.map { view($0, agent: found.attempt?.agent) },
                waiting: waiting.map { view($0) }))
    }

    /// `any` queues for whichever lane is free first.
    private func assign(_ request: Request, to name: String) async throws -> Response {
        let lane = name == "any" ? nil : try BatchID(parsing: name)
        let body = try await request.json(AssignRequest.self)
        let ids = try body.ideaIds.map { try IdeaID(parsing: $0) }
        let assignment = try await bridge.queue.assign(ids, to: lane, untriedOnly: body.untriedOnly ?? false)
        // One idea is answered like a question about it; of several, each is answered in the lists.
        if ids.count == 1, let refusal = assignment.refused.first { throw refusal.error }
        return JSONResponse.make(
            AssignmentView(tasks: assignment.tasks, refused: assignment.refused.map { ($0.ideaID, $0.error) }))
    }

    private func list(_ request: Request) async throws -> Response {
        let page = try request.page()
        let filter = TaskFilter(
            projectID: try request.projectQuery(), status: try request.choice("status", of: OffloadTask.Status.self))
        let found = try await bridge.tasks.list(filter, page: page)
        return JSONResponse.make(
            TaskList(tasks: found.reports.map(view), counts: found.counts, total: found.total, page: page))
    }

    private func task(_ id: TaskID) async throws -> Response {
        JSONResponse.make(view(try await bridge.tasks.find(id)))
    }
}
