import OffloadDomain
import Subprocess

#if canImport(System)
import System
#else
import SystemPackage
#endif

/// Runs tools as children in the device's own session, where the sweep for agents' leftovers never looks.
package struct SubprocessToolRunner: ToolRunner {
    private static let messageLimit = 64 * 1024

    package init() {}

    package func run(_ call: ToolCall) async throws -> ToolResult {
        try await withThrowingTaskGroup(of: ToolResult.self) { group in
            group.addTask { try await runToItsEnd(call) }
            group.addTask {
                try await Task.sleep(for: call.timeLimit)
                throw OffloadError(.device, "\(call.executable) took longer than \(call.timeLimit) and was ended")
            }
            defer { group.cancelAll() }
            guard let result = try await group.next() else { throw CancellationError() }
            return result
        }
    }

    private func runToItsEnd(_ call: ToolCall) async throws -> ToolResult {
        // Rows of an environment given as bytes have to bring their own closing NUL.
        let environment = call.environment.sorted { $0.key < $1.key }.map { Array("\($0.key)=\($0.value)\0".utf8) }
        do {
            let result = try await run(call, environment: environment)
            guard case .exited(let code) = result.terminationStatus else {
                throw OffloadError(.device, "\(call.executable) was ended: \(result.terminationStatus)")
            }
            return ToolResult(
                exitCode: code, output: result.standardOutput,
                message: String(decoding: result.standardError, as: UTF8.self))
        } catch let error as Errno {
            throw OffloadError(.device, "the input of \(call.executable) cannot be read: \(error)")
        } catch let error as SubprocessError {
            throw OffloadError(.device, "\(call.executable) could not be run: \(error)")
        }
    }

    private typealias Result = ExecutionResult<Void, BytesOutput, BytesOutput>

    private func run(
        _ call: ToolCall, environment: [[UInt8]]
    ) async throws -> Result {
        let (program, arguments) = (Executable.path(FilePath(call.executable)), Arguments(call.arguments))
        let folder = call.folder.map { FilePath($0) }
        guard let path = call.inputFile else {
            return try await Subprocess.run(
                program, arguments: arguments, environment: .custom(environment), workingDirectory: folder,
                input: .array(call.input), output: .bytes(limit: call.outputLimit),
                error: .bytes(limit: Self.messageLimit))
        }
        let file = try FileDescriptor.open(path, .readOnly, options: .closeOnExec)
        if call.inputOffset > 0 { try file.seek(offset: call.inputOffset, from: .start) }
        return try await Subprocess.run(
            program, arguments: arguments, environment: .custom(environment), workingDirectory: folder,
            input: .fileDescriptor(file, closeAfterSpawningProcess: true), output: .bytes(limit: call.outputLimit),
            error: .bytes(limit: Self.messageLimit))
    }
}
