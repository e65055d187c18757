#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#elseif canImport(Darwin)
internal import Darwin
#endif

/// Finds programs the way a shell would, in the device's environment.
struct ProgramFinder: Sendable {
    private let folders: [String]
    private let home: String?

    init(environment: [String: String]) {
        // A relative entry would mean a program out of the workspace.
        folders = (environment["PATH"] ?? "/usr/local/bin:/usr/bin:/bin").split(separator: ":")
            .map(String.init).filter { $0.hasPrefix("/") }
        home = environment["HOME"]
    }

    /// - Parameters:
    ///   - name: a name to look for in `PATH`, or a path, which is taken from `folder`.
    ///   - candidates: further paths; `~` stands for the home folder.
    /// - Returns: an absolute path; nil when there is no such program.
    func find(_ name: String, candidates: [String] = [], from folder: String? = nil) -> String? {
        if name.contains("/") {
            let path = expand(name) ?? name
            let absolute = path.hasPrefix("/") ? path : folder.map { "\($0)/\(path)" } ?? path
            return isProgram(absolute) ? absolute : nil
        }
        for folder in folders where isProgram("\(folder)/\(name)") { return "\(folder)/\(name)" }
        return candidates.compactMap(expand).first(where: isProgram)
    }

    /// In which places `find` looks, for a person.
    func places(for name: String, candidates: [String] = []) -> String {
        if name.contains("/") { return name }
        let path = "\(name) in PATH (\(folders.joined(separator: ", ")))"
        return ([path] + candidates).joined(separator: ", ")
    }

    private func expand(_ path: String) -> String? {
        guard path.hasPrefix("~/") else { return path }
        return home.map { $0 + path.dropFirst() }
    }

    private func isProgram(_ path: String) -> Bool {
        var status = stat()
        return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFREG && access(path, X_OK) == 0
    }
}
