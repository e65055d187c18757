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
    package let results: ResultShelf
    package let logs: any LogLibrary
    package let hub: EventHub
    package let progress: ProgressBoard
    package let sessions: Sessions
    package let pairing: Pairing
    package let page: PageSource
    /// Under which addresses the control listener may be called.
    let own = OwnAddress()

    package init(
        context: EngineContext, projects: ProjectRegistry, backlog: Backlog, queue: TaskQueue, tasks: TaskReports,
        results: ResultShelf, logs: any LogLibrary, hub: EventHub, progress: ProgressBoard, sessions: Sessions,
        pairing: Pairing, page: PageSource
    ) {
        self.context = context
        self.projects = projects
        self.backlog = backlog
        self.queue = queue
        self.tasks = tasks
        self.results = results
        self.logs = logs
        self.hub = hub
        self.progress = progress
        self.sessions = sessions
        self.pairing = pairing
        self.page = page
    }
}

/// What has to do with other devices.
package struct Pairing: Sendable {
    /// `OFFLOAD_ENABLED`
    package let isEnabled: Bool
    package let desk: PairingDesk
    package let devices: PairedDevices
    package let handovers: Handovers
    package let links: SourceLinks
    package let server: PeerServer
    /// Where this machine may be reached: names and addresses, the most useful first.
    package let hosts: @Sendable () -> [String]
    /// A text as a QR code: its rows from the top, each a row of `0` and `1`, where 1 is dark; nil when that can't be done.
    package let code: @Sendable (String) -> [String]?

    package init(
        isEnabled: Bool, desk: PairingDesk, devices: PairedDevices, handovers: Handovers, links: SourceLinks,
        server: PeerServer, hosts: @escaping @Sendable () -> [String],
        code: @escaping @Sendable (String) -> [String]?
    ) {
        self.isEnabled = isEnabled
        self.desk = desk
        self.devices = devices
        self.handovers = handovers
        self.links = links
        self.server = server
        self.hosts = hosts
        self.code = code
    }
}
