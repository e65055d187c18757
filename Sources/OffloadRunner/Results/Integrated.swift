/// What an integration did.
package struct Integrated: Sendable, Equatable {
    package struct Beside: Sendable, Equatable {
        /// Where the conflict is; the file there is untouched.
        package let path: String
        /// Where the result's version is.
        package let writtenTo: String
    }

    /// Paths that are now as in the result.
    package let taken: [String]
    package let beside: [Beside]
    /// Places in the project that hold what somebody else wrote into a file while it was replaced.
    package let leftAlone: [String]
}

/// How an integration that was broken off came out.
package struct Settled: Sendable, Equatable {
    package enum Outcome: Sendable, Equatable {
        /// The result is in the project.
        case done
        /// It is not.
        case notDone
    }

    package let outcome: Outcome
    /// Places in the project whose content is neither what was there before nor what was to come. Nobody touched it.
    package let leftAlone: [String]
    /// A folder of ours with the content that was there before, by digest, when it could not all be put back; absolute.
    package var kept: String?
}
