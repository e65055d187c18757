/// What an agent is asked to do, written down once when an idea is assigned; never changed afterwards.
package struct Requirement: Sendable, Equatable {
    package let id: RequirementID
    package let ideaID: IdeaID
    /// `<slug>.md`, safe on every file system and unique in its project.
    package let fileName: String
    /// The whole file.
    package let content: String
    /// The commit on which the work starts; nil where the project has no git or the agent needs no workspace.
    package let base: CommitHash?
    package let createdAt: Timestamp

    /// Where requirement files live, relative to the project and to each workspace.
    package static let folder = ".claude/requirements"

    package var path: String { "\(Self.folder)/\(fileName)" }

    package init(
        id: RequirementID, ideaID: IdeaID, fileName: String, content: String, base: CommitHash?, createdAt: Timestamp
    ) {
        self.id = id
        self.ideaID = ideaID
        self.fileName = fileName
        self.content = content
        self.base = base
        self.createdAt = createdAt
    }
}

/// A git object name: 40 (SHA-1) or 64 (SHA-256) lower-case hexadecimal digits.
package struct CommitHash: Sendable, Hashable, CustomStringConvertible {
    package let hex: String

    package init?(_ hex: String) {
        let bytes = hex.utf8
        guard bytes.count == 40 || bytes.count == 64,
            bytes.allSatisfy({
                (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0)
                    || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains($0)
            })
        else { return nil }
        self.hex = hex
    }

    package var description: String { hex }
    package var short: String { String(hex.prefix(10)) }
}
