import OffloadDomain

/// One run of a system tool such as `git` or `cp`: short-lived, trusted, its output collected.
package struct ToolCall: Sendable, Equatable {
    package var executable: String
    package var arguments: [String]
    /// The whole environment; nothing is inherited.
    package var environment: [String: String]
    package var folder: String?
    package var input: [UInt8]
    /// A file that is read as input, in the place of `input`.
    package var inputFile: String?
    /// Where in that file the input begins.
    package var inputOffset: Int64 = 0
    /// More output than this is an error, so that no repository can fill the memory.
    package var outputLimit: Int
    /// The tool is ended after this long: nothing of ours may wait for ever on what an agent left in its way.
    package var timeLimit: Duration

    package init(
        _ executable: String, _ arguments: [String], environment: [String: String] = [:], folder: String? = nil,
        input: [UInt8] = [], outputLimit: Int = 16 * 1024 * 1024, timeLimit: Duration = .seconds(600)
    ) {
        self.executable = executable
        self.arguments = arguments
        self.environment = environment
        self.folder = folder
        self.input = input
        self.outputLimit = outputLimit
        self.timeLimit = timeLimit
    }
}

/// How a tool ended. A non-zero exit is a result, not an error.
package struct ToolResult: Sendable, Equatable {
    package let exitCode: Int32
    package let output: [UInt8]
    /// The beginning of what it wrote to standard error.
    package let message: String

    package init(exitCode: Int32, output: [UInt8], message: String) {
        self.exitCode = exitCode
        self.output = output
        self.message = message
    }

    package var succeeded: Bool { exitCode == 0 }
    /// The output as text without the white space at its ends.
    package var text: String { PlainText.trimmed(String(decoding: output, as: UTF8.self)) }
}

/// Runs system tools.
package protocol ToolRunner: Sendable {
    /// - Throws: `OffloadError` of kind `device` when the tool can't be started, is ended by a signal, writes more than
    ///   `outputLimit` or takes longer than `timeLimit`. Cancelling the calling task ends the tool.
    func run(_ call: ToolCall) async throws -> ToolResult
}
