import Foundation

/// A small git repository of a test's own.
struct SampleRepository {
    let path: String

    /// - Parameter settings: the content of `offload.yml`.
    init(in folder: String, name: String = "project", settings: String = "agent: sample\n") throws {
        path = "\(folder)/\(name)"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        try write("app.sh", "#!/bin/sh\necho hello\n")
        try write("README.md", "A project.\n")
        try git("init", "--quiet", "--initial-branch=main")
        try git("add", "--all")
        try git("commit", "--quiet", "--message=Begin")
        try write("offload.yml", settings)
    }

    /// A clone of another one, with settings of its own.
    init(in folder: String, cloneOf other: SampleRepository, settings: String = "agent: sample\n") throws {
        path = "\(folder)/project"
        try other.git("clone", "--quiet", other.path, path)
        try write("offload.yml", settings)
    }

    func write(_ file: String, _ content: String) throws {
        try content.write(toFile: "\(path)/\(file)", atomically: true, encoding: .utf8)
    }

    @discardableResult
    func git(_ arguments: String...) throws -> String {
        let result = try CommandResult.run(
            "/usr/bin/env", ["git"] + arguments,
            environment: [
                "PATH": ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin", "GIT_CONFIG_NOSYSTEM": "1",
                "GIT_CONFIG_GLOBAL": "/dev/null", "GIT_AUTHOR_NAME": "Test", "GIT_AUTHOR_EMAIL": "test@localhost",
                "GIT_COMMITTER_NAME": "Test", "GIT_COMMITTER_EMAIL": "test@localhost",
            ], folder: path)
        guard result.exitCode == 0 else { throw GitFailed(words: result.errors) }
        return result.output
    }

    struct GitFailed: Error {
        let words: String
    }
}

/// The description of an idea that the sample agent acts upon.
func sample(_ steps: String...) -> String { "```sample\n\(steps.joined(separator: "\n"))\n```\n" }

extension SampleRepository {
    /// One more commit.
    func advance(_ file: String = "NEWS.md") throws {
        try write(file, "Something new.\n")
        try git("add", file)
        try git("commit", "--quiet", "--message=Go on")
    }
}
