import OffloadCrypto
package import OffloadDomain
package import OffloadEngine

/// Everything that the routes may ask for.
package struct Bridge: Sendable {
    package let context: EngineContext
    package let projects: ProjectRegistry
    package let backlog: Backlog
    package let queue: TaskQueue
    package let tasks: TaskReports
    package let logs: any LogLibrary
    package let hub: EventHub
    package let progress: ProgressBoard
    package let sessions: Sessions
    /// Under which addresses the control listener may be called.
    let own = OwnAddress()

    package init(
        context: EngineContext, projects: ProjectRegistry, backlog: Backlog, queue: TaskQueue, tasks: TaskReports,
        logs: any LogLibrary, hub: EventHub, progress: ProgressBoard, sessions: Sessions
    ) {
        self.context = context
        self.projects = projects
        self.backlog = backlog
        self.queue = queue
        self.tasks = tasks
        self.logs = logs
        self.hub = hub
        self.progress = progress
        self.sessions = sessions
    }
}
