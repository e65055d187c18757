import OffloadDomain

/// Submodules are folders of other repositories. A workspace has them empty, and no result changes them.
extension ResultRepository {
    /// Submodules of a commit into whose folders something was written. git passes over it without a word.
    func filledSubmodules(of base: CommitHash, in workTree: String) async throws -> [String] {
        guard FileSystem.kind(of: "\(workTree)/.gitmodules") == .file else { return [] }
        // As the commit has it, because an agent may write into its own what it likes.
        let named = try await git.run(
            ["config", "--blob", "\(base):.gitmodules", "-z", "--get-regexp", #"^submodule\..*\.path$"#], at: place)
        let paths = named.output.split(separator: 0).compactMap { entry in
            entry.firstIndex(of: UInt8(ascii: "\n")).map { String(decoding: entry[($0 + 1)...], as: UTF8.self) }
        }
        guard named.succeeded, !paths.isEmpty else { return [] }
        let listed = try await git.require(
            ["ls-tree", "-z", base.hex, "--"] + paths.prefix(Self.submoduleLimit), at: place)
        let submodules = listed.output.split(separator: 0).map { String(decoding: $0, as: UTF8.self) }
            .filter { $0.hasPrefix("160000 ") }.compactMap {
                $0.split(separator: "\t", maxSplits: 1).last.map(String.init)
            }
        return submodules.filter { !FileSystem.names(in: "\(workTree)/\($0)").isEmpty }
    }

    /// How many submodules are looked at.
    private static let submoduleLimit = 1_000
}
