import OffloadDomain

/// The one way in which this program runs git.
///
/// Every call carries the same protections: no configuration but the repository's own and ours, no hooks, no file system
/// monitor, no credential prompts, no transport but local files, no garbage collection behind our back, no bare
/// repository found by accident. Repositories, work trees and index files are named in the environment, never guessed.
package struct Git: Sendable {
    private let tools: any ToolRunner
    private let executable: String
    private let searchPath: String
    private var author: Author?

    package init(tools: any ToolRunner, executable: String, searchPath: String) {
        self.tools = tools
        self.executable = executable
        self.searchPath = searchPath
    }

    /// Whose commits are made.
    package struct Author: Sendable, Equatable {
        package let name: String
        package let email: String

        package init(name: String, email: String) {
            self.name = name
            self.email = email
        }
    }

    /// The same git, which makes commits of that author; nil for nobody in particular.
    func signing(as author: Author?) -> Git {
        var git = self
        git.author = author
        return git
    }

    /// Where a call works.
    package enum Place: Sendable {
        /// A repository of ours, named by its git folder. For calls that look at no work tree.
        case ours(gitFolder: String)
        /// A work tree, seen through a git folder that was made for this purpose a moment ago.
        case workTree(String, through: ScratchGitFolder)
        /// A repository of ours, with a folder beside it in which new objects are held until they were looked at.
        case quarantine(gitFolder: String, objects: String)
        /// The user's repository, entered through its folder. Nothing above that folder is looked at.
        case users(folder: String)
        /// No repository.
        case nowhere
    }

    /// One setting, with which a call overrules what the repository says.
    package struct Setting: Sendable, Equatable {
        let key: String
        let value: String
    }

    /// - Parameters:
    ///   - settings: in the place of the repository's own.
    ///   - inputFile: the file that git reads as its input, in the place of `input`.
    ///   - inputOffset: where in that file to begin.
    /// - Returns: the result whatever the exit code was.
    package func run(
        _ arguments: [String], at place: Place, settings: [Setting] = [], input: [UInt8] = [],
        inputFile: String? = nil, inputOffset: Int64 = 0
    ) async throws -> ToolResult {
        var call = ToolCall(executable, Self.protections + arguments, environment: environment, input: input)
        // In the environment, because keys may hold an equals sign.
        call.environment["GIT_CONFIG_COUNT"] = "\(settings.count)"
        for (number, setting) in settings.enumerated() {
            call.environment["GIT_CONFIG_KEY_\(number)"] = setting.key
            call.environment["GIT_CONFIG_VALUE_\(number)"] = setting.value
        }
        (call.inputFile, call.inputOffset) = (inputFile, inputOffset)
        switch place {
        case .ours(let gitFolder):
            call.environment["GIT_DIR"] = gitFolder
            call.folder = gitFolder
        case .quarantine(let gitFolder, let objects):
            call.environment["GIT_DIR"] = gitFolder
            call.environment["GIT_OBJECT_DIRECTORY"] = objects
            call.environment["GIT_ALTERNATE_OBJECT_DIRECTORIES"] = "\(gitFolder)/objects"
            call.folder = gitFolder
        case .workTree(let workTree, let scratch):
            call.environment["GIT_DIR"] = scratch.path
            call.environment["GIT_OBJECT_DIRECTORY"] = scratch.objects
            call.environment["GIT_INDEX_FILE"] = scratch.index
            call.environment["GIT_WORK_TREE"] = workTree
            call.folder = workTree
        case .users(let folder):
            call.environment["GIT_CEILING_DIRECTORIES"] = Self.parent(of: folder)
            call.folder = folder
        case .nowhere:
            call.environment["GIT_CEILING_DIRECTORIES"] = "/"
        }
        return try await tools.run(call)
    }

    /// - Returns: the trimmed output.
    /// - Throws: `OffloadError` of kind `unprocessable` with git's own message when the exit code is not 0.
    @discardableResult
    package func require(
        _ arguments: [String], at place: Place, settings: [Setting] = [], input: [UInt8] = []
    ) async throws -> ToolResult {
        let result = try await run(arguments, at: place, settings: settings, input: input)
        guard result.succeeded else {
            let words = PlainText.prefix(PlainText.trimmed(result.message), bytes: 600)
            let command = arguments.first { !$0.hasPrefix("-") } ?? "git"
            throw OffloadError(.unprocessable, "git \(command) failed (exit \(result.exitCode)): \(words)")
        }
        return result
    }

    private static func parent(of folder: String) -> String {
        guard let slash = folder.lastIndex(of: "/"), slash != folder.startIndex else { return "/" }
        return String(folder[..<slash])
    }

    private var environment: [String: String] {
        [
            "PATH": searchPath,
            "LC_ALL": "C",
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_CONFIG_GLOBAL": "/dev/null",
            "GIT_ATTR_NOSYSTEM": "1",
            "GIT_TERMINAL_PROMPT": "0",
            "GIT_OPTIONAL_LOCKS": "0",
            "GIT_NO_REPLACE_OBJECTS": "1",
            "GIT_LFS_SKIP_SMUDGE": "1",
            "GIT_PROTOCOL_FROM_USER": "0",
            // Overrules `protocol.<name>.allow` of a repository, which is stronger than our `protocol.allow`.
            "GIT_ALLOW_PROTOCOL": "file",
            "GIT_NO_LAZY_FETCH": "1",
            // Otherwise `git checkout -` would lead to where an undo came from.
            "GIT_REFLOG_ACTION": "offload",
            "GIT_AUTHOR_NAME": author?.name ?? "Offload",
            "GIT_AUTHOR_EMAIL": author?.email ?? "offload@localhost",
            "GIT_COMMITTER_NAME": author?.name ?? "Offload",
            "GIT_COMMITTER_EMAIL": author?.email ?? "offload@localhost",
        ]
    }

    private static let protections: [String] = [
        "core.hooksPath=/dev/null",
        "core.fsmonitor=false",
        "core.untrackedCache=false",
        "core.protectHFS=true",
        "core.protectNTFS=true",
        "core.alternateRefsCommand=true",
        "safe.bareRepository=explicit",
        "protocol.allow=never",
        "protocol.file.allow=always",
        "gc.auto=0",
        "maintenance.auto=false",
        "submodule.recurse=false",
        "fetch.recurseSubmodules=false",
        "diff.ignoreSubmodules=all",
        "advice.addEmbeddedRepo=false",
        "commit.gpgSign=false",
    ].flatMap { ["-c", $0] }
}
