import Foundation
import Synchronization

/// One shell that lives as long as a reader's terminal does: folder and variables stay from block to block.
final class ShellSession: Sendable {
    private let process: Process
    private let input: FileHandle
    private let output: FileHandle

    /// Stands between the outputs of two blocks.
    private static let mark: Character = "\u{1E}"

    struct Answer {
        /// Standard output and standard error, as they would stand on a screen.
        let output: String
        let exitCode: Int
    }

    init(folder: String, environment: [String: String]) throws {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/bin/bash")
        process.arguments = ["--noprofile", "--norc", "-s"]
        process.currentDirectoryURL = URL(fileURLWithPath: folder)
        process.environment = environment
        let (stdin, stdout) = (Pipe(), Pipe())
        process.standardInput = stdin
        process.standardOutput = stdout
        process.standardError = stdout
        try process.run()
        self.process = process
        input = stdin.fileHandleForWriting
        output = stdout.fileHandleForReading
    }

    /// Runs commands as if they were pasted, and returns when they have ended. The exit code is that of the last one.
    func run(_ commands: String) throws -> Answer {
        let script = "{\n\(commands)\n} < /dev/null\nprintf '\\036%d\\036' $?\n"
        try input.write(contentsOf: Data(script.utf8))
        var said = Data()
        while said.filter({ $0 == 0x1E }).count < 2 {
            let piece = output.availableData
            guard !piece.isEmpty else { throw Ended(said: String(decoding: said, as: UTF8.self)) }
            said += piece
        }
        let parts = String(decoding: said, as: UTF8.self).split(separator: Self.mark, omittingEmptySubsequences: false)
        return Answer(output: String(parts[0]), exitCode: Int(parts[1]) ?? -1)
    }

    /// The shell went away in the middle.
    struct Ended: Error {
        let said: String
    }

    func close() {
        try? input.close()
        process.terminate()
        process.waitUntilExit()
    }
}

/// A program that a document starts in a terminal of its own.
final class OwnTerminal: Sendable {
    private let process: Process
    /// The first line that it said.
    let firstLine: String

    init(_ command: String, folder: String, environment: [String: String]) throws {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/bin/bash")
        process.arguments = ["--noprofile", "--norc", "-c", "exec \(command)"]
        process.currentDirectoryURL = URL(fileURLWithPath: folder)
        process.environment = environment
        let stdout = Pipe()
        process.standardOutput = stdout
        process.standardError = stdout
        try process.run()
        self.process = process
        var said = Data()
        while !said.contains(UInt8(ascii: "\n")) {
            let piece = stdout.fileHandleForReading.availableData
            if piece.isEmpty { break }
            said += piece
        }
        firstLine = String(decoding: said.prefix { $0 != UInt8(ascii: "\n") }, as: UTF8.self)
    }

    /// What Ctrl-C does.
    /// - Returns: the exit code.
    func interrupt() -> Int32 {
        process.interrupt()
        process.waitUntilExit()
        return process.terminationStatus
    }
}
