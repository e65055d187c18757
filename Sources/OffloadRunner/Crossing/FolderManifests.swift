import OffloadDomain

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// What the projects without git on this device have, remembered so that only changed files are read again. Everything here
/// blocks.
struct FolderManifests: Sendable {
    private let folder: String

    /// - Parameter dataFolder: the device's data folder, absolute.
    init(dataFolder: String) { folder = "\(dataFolder)/folder-manifests" }

    private func path(_ project: ProjectID) -> String { "\(folder)/\(project).json" }

    /// As it was when it was looked at last; nil when it never was.
    func remembered(_ project: ProjectID) -> Manifest? {
        FileSystem.read(path(project)).flatMap { try? JSONDecoder().decode(Manifest.self, from: Data($0)) }
    }

    /// As it is now, without what belongs to Offload.
    func look(at project: Project) throws -> Manifest {
        guard FileSystem.kind(of: project.path) == .folder else {
            throw OffloadError(.unprocessable, "the folder \(project.path) of project \(project.name) is gone")
        }
        let manifest = try Manifest.of(
            project.path, excluding: [Requirement.folder], earlier: remembered(project.id))
        try FileSystem.makeFolder(folder)
        // Two that look at once must not get into each other's way.
        let new = "\(folder)/\(UInt64.random(in: .min ... .max)).new"
        try FileSystem.write(Array(try JSONEncoder().encode(manifest)), to: new)
        try FileSystem.move(new, to: path(project.id))
        return manifest
    }
}
