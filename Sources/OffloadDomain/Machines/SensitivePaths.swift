/// Changed paths that can make programs run on the machine of whoever merges them, without anybody reading the change: settings
/// of agents, hooks, continuous integration, git's attributes and modules, tasks of editors.
package enum SensitivePaths {
    /// Compared without case: some file systems do not tell cases apart.
    private static let folders = [
        ".claude", ".cursor", ".codex", ".gemini", ".github", ".gitlab", ".circleci", ".husky", ".githooks", ".vscode",
        ".idea", ".devcontainer", ".direnv",
    ]
    private static let names = [
        ".gitattributes", ".gitmodules", ".mcp.json", ".gitlab-ci.yml", ".travis.yml", "jenkinsfile", ".envrc",
        ".pre-commit-config.yaml", "lefthook.yml", "offload.yml", "claude.md", "agents.md", "gemini.md",
    ]

    package static func contains(_ path: String) -> Bool {
        let parts = path.lowercased().split(separator: "/").map(String.init)
        guard let name = parts.last else { return false }
        return names.contains(name) || parts.dropLast().contains { folders.contains($0) }
    }

    package static func among(_ paths: [String]) -> [String] {
        Array(paths.filter(contains).prefix(TaskResult.listLimit))
    }
}
