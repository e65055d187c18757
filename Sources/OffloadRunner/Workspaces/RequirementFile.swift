import OffloadDomain

/// The requirement as a file, in the user's project and in each workspace.
enum RequirementFile {
    /// - Throws: `OffloadError` of kind `unprocessable` when `.claude` or `.claude/requirements` is a link or a file.
    static func write(_ requirement: Requirement, into folder: String) throws {
        let components = Requirement.folder.split(separator: "/").map(String.init)
        let target = try SafeFolder(path: folder).entering(path: components)
        try target.write(requirement.fileName, Array(requirement.content.utf8))
    }
}
