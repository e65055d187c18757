import Logging
package import OffloadDomain
import ServiceLifecycle
import Synchronization

/// The source's side of pairing: the one open code of this device, who tries it, and the pair that comes of it.
///
/// Code and counters live in memory: a restart ends the code. What is proved is the business of whoever calls; this keeps the
/// rules and the record.
package final class PairingDesk: Service {
    /// The latest code and what became of it.
    package struct Opening: Sendable {
        package let code: PairingCode
        package let projectID: ProjectID
        /// What this device is called during the pairing.
        package let deviceName: String
        package let projectName: String
        /// For display.
        package let expiresAt: Timestamp
        package fileprivate(set) var window: PairingWindow
        /// Once the code is taken.
        package fileprivate(set) var pair: DevicePair?
        package fileprivate(set) var checkWords: [String] = []
        fileprivate let number: Int
    }

    private struct State {
        var latest: Opening?
        var openings = 0
    }

    private let context: EngineContext
    private let devices: PairedDevices
    private let door: PeerDoor
    private let time: MonotonicTime
    private let expiry: Duration
    private let state = Mutex(State())
    private let deadlines: AsyncStream<Int>
    private let deadline: AsyncStream<Int>.Continuation

    /// - Parameter expiry: how long a code can be used.
    package init(
        context: EngineContext, devices: PairedDevices, door: PeerDoor, time: MonotonicTime, expiry: Duration
    ) {
        self.context = context
        self.devices = devices
        self.door = door
        self.time = time
        self.expiry = expiry
        (deadlines, deadline) = AsyncStream.makeStream(of: Int.self, bufferingPolicy: .bufferingNewest(16))
    }

    /// Tells when codes expire.
    package func run() async throws {
        await withTaskGroup { group in
            for await number in deadlines.cancelOnGracefulShutdown() {
                group.addTask { await self.waitForEnd(of: number) }
            }
            group.cancelAll()
        }
    }

    private func waitForEnd(of number: Int) async {
        let end = state.withLock { state in state.latest?.number == number ? state.latest?.window.expiresAt : nil }
        guard let end else { return }
        do {
            try await Task.sleep(until: time.instant(of: end), clock: .continuous)
        } catch {
            return
        }
        await settle(change(number) { window, now in window.look(at: now) })
    }

    // MARK: - The person

    /// Opens a code; one that is still open ends.
    /// - Throws: `OffloadError` of kind `notFound` for an unknown project, `invalidRequest` for a name that is none.
    package func open(_ code: PairingCode, for projectID: ProjectID, deviceName: String?) async throws -> Opening {
        let name = try Device.checked(name: deviceName ?? context.device.name)
        // Whoever waits for the code before learns that it is over.
        await cancel()
        let project = try await context.ledger.read { try $0.project(projectID) }
        guard let project else { throw OffloadError.missing(projectID) }
        let wall = context.clock.now()
        let opening = state.withLock { state in
            state.openings += 1
            let opening = Opening(
                code: code, projectID: projectID, deviceName: name, projectName: project.name,
                expiresAt: Timestamp(milliseconds: wall.milliseconds + expiry.milliseconds),
                window: PairingWindow(openedAt: time.now, lasting: expiry), number: state.openings)
            state.latest = opening
            return opening
        }
        updateDoor()
        deadline.yield(opening.number)
        return opening
    }

    /// nil before the first code.
    package func latest() -> Opening? {
        // Looked at on a copy: whoever only asks must not swallow the end that others wait to be told.
        var latest = state.withLock { $0.latest }
        latest?.window.look(at: time.now)
        return latest
    }

    /// How long the code can still be used.
    package func remaining(_ opening: Opening) -> Duration { max(.zero, opening.window.expiresAt - time.now) }

    /// Ends the open code, or this one if it is open still.
    package func cancel(_ opening: Opening? = nil) async {
        guard let number = opening?.number ?? state.withLock({ $0.latest?.number }) else { return }
        await settle(change(number) { window, now in window.cancel(at: now) })
    }

    // MARK: - Whoever tries the code

    /// A run of the protocol under the open code.
    package struct Ticket: Sendable {
        package let run: PairingWindow.Run
        package let opening: Opening
    }

    /// - Throws: `OffloadError` of kind `forbidden` when no code is open, `tooManyRequests` when others are at it.
    package func begin() async throws -> Ticket {
        let (begun, end) = state.withLock { state -> (Result<Ticket, OffloadError>, Ending?) in
            guard var opening = state.latest else { return (.failure(Self.closed), nil) }
            let before = opening.window.state
            let answer = opening.window.begin(at: time.now)
            state.latest = opening
            let end = before == opening.window.state ? nil : Ending(opening)
            switch answer {
            case .begun(let run): return (.success(Ticket(run: run, opening: opening)), end)
            case .refused(let refusal): return (.failure(Self.error(refusal)), end)
            }
        }
        await settle(end)
        return try begun.get()
    }

    /// - Throws: `OffloadError` of kind `forbidden` when the run may not go on.
    package func proceed(_ ticket: Ticket) throws {
        let isRunning = state.withLock { state in
            guard let latest = state.latest, latest.number == ticket.opening.number else { return false }
            return latest.window.isRunning(ticket.run, at: time.now)
        }
        guard isRunning else { throw Self.closed }
    }

    package func abandon(_ ticket: Ticket) {
        state.withLock { state in
            guard state.latest?.number == ticket.opening.number else { return }
            state.latest?.window.abandon(ticket.run)
        }
    }

    /// The other side's proof was wrong: that costs a guess.
    package func refuse(_ ticket: Ticket) async {
        await settle(confirm(ticket, isRight: false).end)
    }

    /// The other side's proof was right: the code is used up and the pair recorded, still as half of one.
    /// - Throws: `OffloadError` of kind `forbidden` when the code was over meanwhile, or what the ledger throws; the code is
    ///   dead then.
    package func accept(_ ticket: Ticket, _ pair: DevicePair, checkWords: [String]) async throws {
        let confirmed = confirm(ticket, isRight: true)
        guard confirmed.answer == .taken else { throw Self.closed }
        context.crashPoint.reached(.sourceBeforeRecord)
        do {
            try await context.ledger.change { try $0.insert(pair) }
        } catch {
            await settle(change(ticket.opening.number) { window, _ in window.spoil() })
            throw error
        }
        state.withLock { state in
            guard state.latest?.number == ticket.opening.number else { return }
            state.latest?.pair = pair
            state.latest?.checkWords = checkWords
        }
        context.crashPoint.reached(.sourceAfterRecord)
        devices.add(pair)
        updateDoor()
    }

    private func confirm(
        _ ticket: Ticket, isRight: Bool
    ) -> (answer: PairingWindow.Confirmation, end: Ending?) {
        state.withLock { state in
            guard var opening = state.latest, opening.number == ticket.opening.number else {
                return (.refused(.unknownRun), nil)
            }
            let before = opening.window.state
            let answer = opening.window.confirm(ticket.run, isRight: isRight, at: time.now)
            state.latest = opening
            return (answer, before == opening.window.state ? nil : Ending(opening))
        }
    }

    // MARK: - Ends

    /// A code that is over just now.
    private struct Ending {
        let state: PairingWindow.State
        let projectID: ProjectID

        init(_ opening: Opening) {
            state = opening.window.state
            projectID = opening.projectID
        }
    }

    private func change(_ number: Int, _ body: (inout PairingWindow, Duration) -> Void) -> Ending? {
        state.withLock { state in
            guard var opening = state.latest, opening.number == number else { return nil }
            let before = opening.window.state
            body(&opening.window, time.now)
            state.latest = opening
            return before == opening.window.state ? nil : Ending(opening)
        }
    }

    /// Under the lock, so that an old code's end never shuts the door on a new code.
    private func updateDoor() {
        state.withLock { state in door.set(.openCode, to: state.latest?.window.state == .open) }
    }

    private func settle(_ end: Ending?) async {
        guard let end else { return }
        let event: BridgeEvent
        switch end.state {
        case .open, .taken: return
        case .cancelled: event = .pairingFailed(end.projectID, reason: "the code was cancelled")
        case .expired: event = .pairingExpired(end.projectID)
        case .burned:
            event = .pairingFailed(
                end.projectID, reason: "the code was tried too often; make a new one with `offload pair`")
        case .spoiled:
            event = .pairingFailed(
                end.projectID, reason: "the pair could not be recorded; make a new code with `offload pair`")
        }
        updateDoor()
        let now = context.clock.now()
        do {
            try await context.ledger.change { _ = try $0.record(event, at: now) }
        } catch {
            context.logger.error("the end of a pairing code is not recorded: \(error)")
        }
    }

    /// One answer for everything that is wrong with a code or a proof, so that a guesser learns nothing from it.
    private static let closed = OffloadError(
        .forbidden, "the code is wrong or no longer open; ask for a new one on the other device")

    private static func error(_ refusal: PairingWindow.Refusal) -> OffloadError {
        switch refusal {
        case .over, .unknownRun: closed
        case .busy: OffloadError(.tooManyRequests, "others are trying this code; try again in a moment")
        }
    }

    /// What whoever failed to prove the code is told.
    package static var refusal: OffloadError { closed }
}

extension Duration {
    fileprivate var milliseconds: Int64 {
        components.seconds * 1_000 + components.attoseconds / 1_000_000_000_000_000
    }
}
