import Dispatch
import OffloadDomain
import Subprocess
import Synchronization

#if canImport(System)
import System
#else
import SystemPackage
#endif

/// Runs tools as children in the device's own session, where the sweep for agents' leftovers never looks.
///
/// Output goes through pipes of our own: the library stops reading its pipes when it learns that a program has ended, and a
/// short-lived program's last words can be lost that way.
package struct SubprocessToolRunner: ToolRunner {
    private static let messageLimit = 64 * 1024
    /// How long output is still read after the tool has ended.
    private static let drainLimit = Duration.seconds(5)

    private let deadlines = Deadlines()

    package init() {}

    package func run(_ call: ToolCall) async throws -> ToolResult {
        let queue = DispatchQueue(label: "offload.tool")
        let output = Collected(limit: call.outputLimit)
        let message = Collected(limit: Self.messageLimit)
        let status: TerminationStatus
        do {
            let input = try ChildInput.descriptor(holding: call.input)
            let outputEnds = try FileDescriptor.closingPipe()
            let messageEnds = try FileDescriptor.closingPipe()
            try outputEnds.readEnd.setNonBlocking()
            try messageEnds.readEnd.setNonBlocking()
            let readers = [
                OutputReader(outputEnds.readEnd, on: queue, deadlines: deadlines, receive: output.append),
                OutputReader(messageEnds.readEnd, on: queue, deadlines: deadlines, receive: message.append),
            ]
            for reader in readers { reader.start() }
            let result = await Self.run(call, input, outputEnds.writeEnd, messageEnds.writeEnd)
            let deadline = ContinuousClock.now + Self.drainLimit
            for reader in readers { _ = await reader.finish(by: deadline) }
            status = try result.get()
        } catch {
            throw OffloadError(.device, "\(call.executable) could not be run: \(error)")
        }
        guard case .exited(let code) = status else {
            throw OffloadError(.device, "\(call.executable) was ended: \(status)")
        }
        guard !output.isOverLimit else {
            throw OffloadError(.device, "\(call.executable) wrote more than \(call.outputLimit) bytes")
        }
        return ToolResult(
            exitCode: code, output: output.bytes, message: String(decoding: message.bytes, as: UTF8.self))
    }

    private static func run(
        _ call: ToolCall, _ input: FileDescriptor, _ output: FileDescriptor, _ message: FileDescriptor
    ) async -> Result<TerminationStatus, any Error> {
        let environment = call.environment.sorted { $0.key < $1.key }.map { Array("\($0.key)=\($0.value)\0".utf8) }
        do {
            let result = try await Subprocess.run(
                .path(FilePath(call.executable)), arguments: Arguments(call.arguments),
                environment: .custom(environment), workingDirectory: call.folder.map { FilePath($0) },
                input: .fileDescriptor(input, closeAfterSpawningProcess: true),
                output: .fileDescriptor(output, closeAfterSpawningProcess: true),
                error: .fileDescriptor(message, closeAfterSpawningProcess: true))
            return .success(result.terminationStatus)
        } catch {
            return .failure(error)
        }
    }
}

/// The beginning of a stream, as much of it as is wanted.
private final class Collected: Sendable {
    private let limit: Int
    private let state = Mutex<(bytes: [UInt8], isOver: Bool)>(([], false))

    init(limit: Int) { self.limit = limit }

    var bytes: [UInt8] { state.withLock { $0.bytes } }
    var isOverLimit: Bool { state.withLock { $0.isOver } }

    @Sendable func append(_ piece: UnsafeRawBufferPointer) {
        state.withLock { state in
            let room = limit - state.bytes.count
            state.bytes.append(contentsOf: piece.prefix(room))
            if piece.count > room { state.isOver = true }
        }
    }
}
