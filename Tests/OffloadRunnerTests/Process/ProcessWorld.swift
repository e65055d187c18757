import Foundation
import OffloadDomain
import Synchronization
import Testing

@testable import OffloadRunner

/// Everything that starts processes or looks at all of them runs one after the other: orphans are a matter of the whole
/// process.
@Suite(.serialized) struct ProcessSuites {}

/// What the tests of one process share: one keeper, as in the device.
enum ProcessWorld {
    static let keeper = ProcessKeeper(instance: "test-\(getpid())-\(UInt32.random(in: 0...UInt32.max))")

    private static let counter = Atomic(0)

    static func newAttempt() -> AttemptKey {
        let number = counter.add(1, ordering: .relaxed).newValue
        return AttemptKey(task: TaskID(unchecked: "t-\(number)"), number: AttemptNumber(value: 1))
    }

    /// Everything that the tests write lies in here; it goes with the process.
    static let scratch: String = {
        let folder = FileManager.default.temporaryDirectory
            .appendingPathComponent("offload-runner-\(UUID().uuidString)")
        atexit { try? FileManager.default.removeItem(atPath: ProcessWorld.scratch) }
        return folder.path
    }()

    static func newFolder() throws -> String {
        let folder = "\(scratch)/\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        return folder
    }

    static let environment = [EnvironmentVariable("PATH", "/usr/local/bin:/usr/bin:/bin:/sbin:/usr/sbin")]

    static func shell(
        _ script: String, input: [UInt8] = [], streams: ProcessLaunch.Streams = .merged,
        limits: ProcessLimits = ProcessLimits()
    ) -> ProcessLaunch {
        ProcessLaunch(
            program: "/bin/sh", arguments: ["-c", script], environment: environment, input: input, streams: streams,
            limits: limits)
    }

    /// How many live processes carry the attempt's marker: the sweep's own way of looking is not used.
    static func survivors(of attempt: AttemptKey, instance: String = keeper.instance) throws -> [String] {
        let marker = "\(AttemptMarker.variable)=\(instance):\(attempt)"
        return try FileManager.default.contentsOfDirectory(atPath: "/proc").filter { name in
            guard Int(name) != nil, let environment = FileManager.default.contents(atPath: "/proc/\(name)/environ")
            else {
                return false
            }
            return environment.split(separator: 0).contains { String(decoding: $0, as: UTF8.self) == marker }
        }
    }

    static func isAlive(_ pid: Int32) -> Bool {
        guard let entry = ProcessTable.entry(of: pid) else { return false }
        return !entry.isZombie
    }
}

/// Gathers what a session hands over.
final class Gathered: Sendable {
    private struct State {
        var bytes: [OutputChannel: [UInt8]] = [:]
        var waiting: [(text: String, continuation: CheckedContinuation<Void, Never>)] = []
    }

    private let state = Mutex(State())

    func add(_ channel: OutputChannel, _ piece: UnsafeRawBufferPointer) {
        let reached = state.withLock { state in
            state.bytes[channel, default: []] += piece
            let text = String(decoding: state.bytes[.output] ?? [], as: UTF8.self)
            let reached = state.waiting.filter { text.contains($0.text) }
            state.waiting.removeAll { text.contains($0.text) }
            return reached
        }
        for waiter in reached { waiter.continuation.resume() }
    }

    var output: [UInt8] { state.withLock { $0.bytes[.output] ?? [] } }
    var errors: [UInt8] { state.withLock { $0.bytes[.error] ?? [] } }
    var text: String { String(decoding: output, as: UTF8.self) }
    /// Every number in the output.
    var numbers: [Int32] { text.split(whereSeparator: { !$0.isNumber }).compactMap { Int32($0) } }

    /// Returns once standard output holds the text.
    func contains(_ text: String) async {
        await withCheckedContinuation { continuation in
            let isThere = state.withLock { state in
                if String(decoding: state.bytes[.output] ?? [], as: UTF8.self).contains(text) { return true }
                state.waiting.append((text, continuation))
                return false
            }
            if isThere { continuation.resume() }
        }
    }
}

/// Runs a launch to its end and checks that nothing of it is left.
func run(
    _ launch: ProcessLaunch, attempt: AttemptKey = ProcessWorld.newAttempt(),
    stop: AsyncStream<StopReason> = AsyncStream { _ in }, into gathered: Gathered = Gathered(),
    sourceLocation: SourceLocation = #_sourceLocation
) async throws -> (exit: ProcessExit, output: Gathered) {
    let session = ProcessSession(launch, for: attempt, keeper: ProcessWorld.keeper)
    let exit = try await session.run(stop: stop) { gathered.add($0, $1) }
    #expect(try ProcessWorld.survivors(of: attempt) == [], sourceLocation: sourceLocation)
    #expect(ProcessWorld.keeper.runningLeaders.isEmpty, sourceLocation: sourceLocation)
    return (exit, gathered)
}
