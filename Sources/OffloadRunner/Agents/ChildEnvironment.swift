/// The variables that a program of an attempt gets: the device's own, less what is none of its business.
struct ChildEnvironment: Sendable {
    private let variables: [EnvironmentVariable]

    /// - Parameters:
    ///   - variables: the device's.
    ///   - removed: names that must not be passed on. The device's own settings and its key never are.
    init(_ variables: [String: String], removing removed: [String] = []) {
        // Which folder a program works in changes with every attempt.
        let removed = Set(removed + ["BRIDGE_API_KEY", "PWD", "OLDPWD"])
        self.variables = variables.filter { name, _ in
            !removed.contains(name) && !name.hasPrefix("OFFLOAD_") && !name.isEmpty
        }.sorted { $0.key < $1.key }.map { EnvironmentVariable($0.key, $0.value) }
    }

    func variables(in folder: String) -> [EnvironmentVariable] {
        variables + [EnvironmentVariable("PWD", folder)]
    }
}
