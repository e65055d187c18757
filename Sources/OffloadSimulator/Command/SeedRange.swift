/// Many seeds, examined on all cores. What comes out depends on the seeds alone: it is put together in their order.
struct SeedRange: Sendable {
    let first: UInt64
    let count: Int
    let steps: Int
    let world: World

    struct Outcome: Sendable {
        /// Seeds examined up to the first violation, that one included.
        var examined = 0
        var statistics = Statistics()
        /// Of each trace, in the order of the seeds.
        var digests: [UInt64] = []
        /// The violation of the smallest seed that has one.
        var violation: SimulationOutcome?

        mutating func add(_ outcome: SimulationOutcome) {
            examined += 1
            statistics += outcome.statistics
            digests.append(outcome.trace.digest)
            if outcome.violation != nil { violation = outcome }
        }

        mutating func add(_ piece: Outcome) {
            examined += piece.examined
            statistics += piece.statistics
            digests += piece.digests
            violation = piece.violation
        }

        /// One number for all traces.
        var digest: UInt64 { digests.reduce(0) { SplitMix64.mixed($0 ^ $1) } }
    }

    /// Seeds of one piece of work, and pieces under way at the same time.
    private static let pieceLength = 4
    private static let piecesAtOnce = 8

    func run() async -> Outcome {
        await withTaskGroup(of: (Int, Outcome).self) { group in
            let pieces = (count + Self.pieceLength - 1) / Self.pieceLength
            var next = 0
            var found: [Outcome?] = Array(repeating: nil, count: pieces)
            func addPiece() {
                let piece = next
                next += 1
                group.addTask { (piece, run(piece: piece)) }
            }
            while next < min(pieces, Self.piecesAtOnce) { addPiece() }
            while let (piece, outcome) = await group.next() {
                found[piece] = outcome
                // Pieces are begun in order, so none that is left out comes before one with a violation.
                if next < pieces, !found.contains(where: { $0?.violation != nil }) { addPiece() }
            }
            return Self.joined(found)
        }
    }

    private func run(piece: Int) -> Outcome {
        var outcome = Outcome()
        let start = piece * Self.pieceLength
        for offset in start..<min(count, start + Self.pieceLength) {
            let seed = first &+ UInt64(offset)
            outcome.add(SeedExamination(seed: seed, steps: steps, world: world).run())
            if outcome.violation != nil { break }
        }
        return outcome
    }

    private static func joined(_ pieces: [Outcome?]) -> Outcome {
        var all = Outcome()
        for case let piece? in pieces {
            all.add(piece)
            if all.violation != nil { break }
        }
        return all
    }
}
