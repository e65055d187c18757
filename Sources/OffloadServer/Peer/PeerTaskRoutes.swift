import Hummingbird
import NIOCore
import OffloadDomain
import OffloadEngine
import OffloadWire

/// How tasks go over to paired devices, and how word of them comes back. Whose request it is, its key says; whatever else names
/// a pair is only compared.
struct PeerTaskRoutes: Sendable {
    let handovers: Handovers
    let bases: any BaseTransfer
    let trees: any FolderTransfer

    private static let statusLimit = 4 * 1024 * 1024
    private static let logLimit = 256 * 1024
    private static let pieceSize = 256 * 1024
    private static let filesLimit = 128 * 1024
    private static let signOfLife = Duration.seconds(10)

    func pull(_ request: Request, _ context: PeerContext) async throws -> Response {
        let pair = try context.paired()
        if let named = try request.query("devicePairId") { try Self.check(named, isOf: pair) }
        let slots = try request.integerQuery("slots") ?? 1
        guard (1...Offer.limit).contains(slots) else { throw OffloadError.invalid("slots", "1 to \(Offer.limit)") }
        return JSONResponse.make(PullView(try await handovers.pull(slots: slots, for: pair)))
    }

    func status(_ request: Request, _ context: PeerContext) async throws -> Response {
        let pair = try context.paired()
        let body = try await request.json(StatusRequest.self, limit: Self.statusLimit, patience: 0)
        guard (1...StatusRequest.limit).contains(body.updates.count) else {
            throw OffloadError.invalid("updates", "1 to \(StatusRequest.limit) at a time")
        }
        for named in body.updates.compactMap(\.devicePairId) { try Self.check(named, isOf: pair) }
        let reports = try body.updates.map { try $0.report() }
        let answers = try await handovers.apply(reports, from: pair)
        if body.isSingle, let report = reports.first, let answer = answers.first {
            switch answer {
            case .accepted: break
            case .stale: throw OffloadError(.stale, "attempt \(report.key) is not this device's any more")
            case .missing(let first):
                throw OffloadError(.conflict, "reports are missing; send them again from sequence \(first) on")
            }
        }
        return JSONResponse.make(AcknowledgementView(Array(zip(reports, answers)).map { (report: $0, answer: $1) }))
    }

    func log(_ request: Request, _ context: PeerContext) async throws -> Response {
        let pair = try context.paired()
        let part = try await request.json(LogChunk.self, limit: Self.logLimit, patience: 0).shipment()
        return JSONResponse.make(LogPosition(next: try await handovers.takeLog(part, from: pair)))
    }

    /// What an attempt starts from: the bundle of its commit, or without git a list of the project's files. Which it is, the
    /// attempt says.
    func base(_ request: Request, _ context: PeerContext) async throws -> Response {
        let pair = try context.paired()
        guard let task = try request.query("taskId"), let attempt = try request.integerQuery("attempt") else {
            throw OffloadError(.invalidRequest, "taskId and attempt are needed")
        }
        let key = AttemptKey(task: try TaskID(parsing: task), number: try AttemptNumber(checked: attempt))
        let known = try Self.commits(try request.query("known") ?? "")
        let base = try await handovers.base(of: key, for: pair)
        return Self.response(to: request) { output in
            let pack = try await made(output) {
                if let commit = base.commit {
                    try await bases.pack(commit, of: base.project, without: known)
                } else {
                    try await trees.list(base.project)
                }
            }
            do {
                try await send(pack, output) { handovers.prepares(key, for: pair) }
                await pack.discard()
            } catch {
                await pack.discard()
                throw error
            }
        }
    }

    /// Contents of files on which an attempt starts, without git.
    func files(_ request: Request, _ context: PeerContext) async throws -> Response {
        let pair = try context.paired()
        let body = try await request.json(FilesRequest.self, limit: Self.filesLimit, patience: 0)
        let key = try body.key()
        let project = try await handovers.base(of: key, for: pair).project
        return Self.response(to: request) { output in
            try await trees.send(body.digests, of: project) { piece in
                try await output.write(ByteBuffer(bytes: piece))
                handovers.prepares(key, for: pair)
            }
        }
    }

    private static func response(
        to request: Request, _ source: @escaping @Sendable (StreamedBody.Output) async throws -> Void
    ) -> Response {
        Response(
            status: .ok, headers: [.contentType: "application/octet-stream", .cacheControl: "no-store"],
            body: ResponseBody { writer in try await StreamedBody.write(to: &writer, of: request, source) })
    }

    /// Makes what is to be sent, and says meanwhile that somebody is at work: the other side hangs up on silence.
    private func made(
        _ output: StreamedBody.Output, _ make: @escaping @Sendable () async throws -> any BasePack
    ) async throws -> any BasePack {
        try await withThrowingTaskGroup(of: (any BasePack)?.self) { group in
            group.addTask { try await make() }
            group.addTask {
                while true {
                    try await Task.sleep(for: Self.signOfLife)
                    try await output.write(ByteBuffer(string: "\n"))
                }
            }
            defer { group.cancelAll() }
            guard case .some(.some(let pack)) = try await group.next() else { throw CancellationError() }
            return pack
        }
    }

    private func send(
        _ pack: any BasePack, _ output: StreamedBody.Output, _ progress: () -> Void
    ) async throws {
        try await output.write(ByteBuffer(string: BundleAnnouncement.line(size: pack.size)))
        var offset: Int64 = 0
        while offset < pack.size {
            let piece = try pack.read(from: offset, limit: Self.pieceSize)
            guard !piece.isEmpty else { break }
            try await output.write(ByteBuffer(bytes: piece))
            progress()
            offset += Int64(piece.count)
        }
    }

    private static func commits(_ text: String) throws(OffloadError) -> [CommitHash] {
        let names = text.split(separator: ",")
        let commits = names.compactMap { CommitHash(String($0)) }
        guard names.count == commits.count, commits.count <= BaseLimits.known else {
            throw .invalid("known", "at most \(BaseLimits.known) commits, separated by commas")
        }
        return commits
    }

    /// Named by another id, a pair is not there, whether it exists or not.
    static func check(_ name: String, isOf pair: DevicePair) throws(OffloadError) {
        let id = try PairID(parsing: name)
        guard id == pair.id else { throw .missing(id) }
    }
}
