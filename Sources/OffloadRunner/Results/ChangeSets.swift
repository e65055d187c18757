import OffloadDomain

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// What attempts changed in projects without git: a list of changes and the new content of each file, kept by digest.
///
/// ```
/// change-sets/<task>/<attempt>/changes.json
/// change-sets/<task>/<attempt>/blobs/<sha256>
/// ```
struct ChangeSets: Sendable {
    let folder: String

    /// One changed path. `base` is what the attempt started from; nil means that the path did not exist. `baseKind` is
    /// missing in what older versions kept.
    struct Change: Sendable, Equatable, Codable {
        let path: String
        let kind: Manifest.Entry.Kind?
        let sha256: String?
        let base: String?
        var baseKind: Manifest.Entry.Kind?
    }

    func recordBase(of tree: String, at path: String) throws {
        try write(try Manifest.of(tree, excluding: [Requirement.folder]), to: path)
    }

    /// Keeps everything in which the tree differs from its start. Idempotent.
    func keep(_ key: AttemptKey, tree: String, baseManifest: String, excluding: [String]) throws -> AttemptResult {
        guard let bytes = FileSystem.read(baseManifest) else {
            throw OffloadError(.device, "the workspace has lost the record of its start at \(baseManifest)")
        }
        let base = try JSONDecoder().decode(Manifest.self, from: Data(bytes))
        let now = try Manifest.of(tree, excluding: excluding, earlier: base)
        let changes = Self.changes(from: base, to: now, excluding: excluding)
        guard !changes.isEmpty else {
            return AttemptResult(storage: .empty, filesChanged: 0, insertions: 0, deletions: 0)
        }
        let target = "\(folder)/\(key.task)/\(key.number)"
        try FileSystem.makeFolder("\(target)/blobs")
        for change in changes {
            guard let digest = change.sha256 else { continue }
            let content =
                change.kind == .link
                ? try Manifest.linkTarget(of: "\(tree)/\(change.path)") : FileSystem.read("\(tree)/\(change.path)")
            guard let content else { throw OffloadError(.unprocessable, "cannot read \(change.path)") }
            try FileSystem.write(content, to: "\(target)/blobs/\(digest)")
        }
        try write(changes, to: "\(target)/changes.json")
        return AttemptResult(
            storage: .changeSet, filesChanged: changes.count, insertions: 0, deletions: 0,
            paths: changes.prefix(AttemptResult.pathLimit).map(\.path))
    }

    static func changes(from base: Manifest, to now: Manifest, excluding: [String]) -> [Change] {
        var before: [ExactText: Manifest.Entry] = [:]
        for entry in base.entries where !excluding.contains(where: { Self.lies(entry.path, below: $0) }) {
            before[ExactText(entry.path)] = entry
        }
        var changes: [Change] = []
        for entry in now.entries {
            let old = before.removeValue(forKey: ExactText(entry.path))
            guard old?.sha256 != entry.sha256 || old?.kind != entry.kind else { continue }
            changes.append(
                Change(
                    path: entry.path, kind: entry.kind, sha256: entry.sha256, base: old?.sha256, baseKind: old?.kind))
        }
        for old in before.values {
            changes.append(Change(path: old.path, kind: nil, sha256: nil, base: old.sha256, baseKind: old.kind))
        }
        return changes.sorted { $0.path.utf8.lexicographicallyPrecedes($1.path.utf8) }
    }

    private static func lies(_ path: String, below folder: String) -> Bool {
        path == folder || path.hasPrefix(folder + "/")
    }

    private func write(_ value: some Encodable, to path: String) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        try FileSystem.write(Array(try encoder.encode(value)), to: path)
    }
}
