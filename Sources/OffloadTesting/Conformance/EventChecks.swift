import OffloadDomain
import OffloadWire

extension LedgerConformance {
    private static func event(_ project: Int) -> BridgeEvent { .projectAdded(Samples.project(project)) }
    private static let deviceWide = BridgeEvent.batchProgress(Batch(id: Samples.batch(1)), running: nil)

    static let eventChecks = [
        Check("events keep their order and their bytes") { subject in
            let events = [event(1), deviceWide, .ideaGenerated(Samples.idea(1, title: "“é”\0\n\\ \u{2028}"))]
            try await subject.ledger.change { transaction in
                try expectEqual(try transaction.newestEventPosition(), 0, "nothing was recorded")
                try expectEqual(try transaction.oldestEventPosition(), 1, "one past the newest")
                for (index, event) in events.enumerated() {
                    let position = try transaction.record(event, at: Samples.time(Int64(index)))
                    try expectEqual(position, Int64(index + 1), "positions grow by one")
                }
            }
            let found = try await subject.ledger.read { try $0.events(after: 0, projectID: nil, limit: 10) }
            try expectEqual(
                found,
                try events.enumerated().map { index, event in
                    RecordedEvent(
                        position: Int64(index + 1), name: event.name, projectID: event.projectID,
                        payload: try EventEncoding.encode(event, at: Samples.time(Int64(index))))
                }, "as they were recorded")
        },
        Check("events are read from a position on, of one project or of all") { subject in
            try await subject.ledger.change { transaction in
                for recorded in [event(1), event(2), deviceWide, event(2), event(1), deviceWide] {
                    try transaction.record(recorded, at: Samples.time())
                }
            }
            try await subject.ledger.read { reader in
                func positions(_ after: Int64, _ project: Int?, _ limit: Int) throws -> [Int64] {
                    try reader.events(after: after, projectID: project.map { Samples.project($0).id }, limit: limit)
                        .map(\.position)
                }
                try expectEqual(try positions(0, nil, 100), [1, 2, 3, 4, 5, 6], "all")
                try expectEqual(try positions(2, nil, 2), [3, 4], "two from the third on")
                try expectEqual(try positions(0, 1, 100), [1, 3, 5, 6], "of project 1, with those of no project")
                try expectEqual(try positions(3, 2, 100), [4, 6], "of project 2 from the fourth on")
                try expectEqual(try positions(0, 2, 2), [2, 3], "two of project 2")
                try expectEqual(try positions(0, 9, 100), [3, 6], "of another project")
                try expectEqual(try positions(6, nil, 100), [], "none behind the newest")
                try expectEqual(try positions(0, nil, 0), [], "none when none are wanted")
            }
        },
        Check("a position that was given back is given out again, one that was seen never") { subject in
            let ledger = subject.ledger
            try await ledger.change { _ = try $0.record(event(1), at: Samples.time()) }
            try? await ledger.change { transaction in
                try transaction.record(event(2), at: Samples.time())
                throw OffloadError(.conflict, "on purpose")
            }
            let position = try await ledger.change { try $0.record(event(3), at: Samples.time()) }
            try expectEqual(position, 2, "there is no gap")
            try await ledger.change { transaction in
                try expectEqual(try transaction.pruneEvents(before: Samples.time(1), keeping: 100), 2, "all go")
                try expectEqual(try transaction.newestEventPosition(), 2, "the newest position is remembered")
                try expectEqual(try transaction.oldestEventPosition(), 3, "the oldest is one past it")
                try expectEqual(try transaction.record(event(4), at: Samples.time(2)), 3, "the next one goes on")
                try expectEqual(try transaction.oldestEventPosition(), 3, "and is the oldest")
            }
        },
        Check("old events go from the front only") { subject in
            try await subject.ledger.change { transaction in
                // The clock was set back after the third event.
                for time in [1, 2, 9, 3, 10, 11] as [Int64] { try transaction.record(event(1), at: Samples.time(time)) }
                try expectEqual(try transaction.pruneEvents(before: Samples.time(1), keeping: 100), 0, "none is so old")
                try expectEqual(try transaction.pruneEvents(before: Samples.time(5), keeping: 100), 2, "two in front")
                let kept = try transaction.events(after: 0, projectID: nil, limit: 10).map(\.position)
                try expectEqual(kept, [3, 4, 5, 6], "none from the middle")
                try expectEqual(
                    try transaction.pruneEvents(before: Samples.time(5), keeping: 3), 1, "one above the limit")
                try expectEqual(try transaction.oldestEventPosition(), 4, "the oldest that is kept")
                try expectEqual(try transaction.pruneEvents(before: Samples.time(5), keeping: 0), 3, "a limit of none")
            }
        },
        Check("listeners find the newest position that was committed, then the end") { subject in
            let ledger = subject.ledger
            var listeners = (ledger.commits().makeAsyncIterator(), ledger.commits().makeAsyncIterator())
            for project in 1...4 { try await ledger.change { _ = try $0.record(event(project), at: Samples.time()) } }
            try await ledger.change { try $0.setNote(.deviceID, to: "d-1") }
            try? await ledger.change { transaction in
                try transaction.record(event(5), at: Samples.time())
                throw OffloadError(.conflict, "on purpose")
            }
            // Closing first, so that a ledger that tells nobody is found out and not waited for.
            try await subject.close()
            let newest = [await listeners.0.next(), await listeners.1.next()]
            try expectEqual(newest, [4, 4], "only the newest that was committed")
            let ends = [await listeners.0.next(), await listeners.1.next()]
            try expectEqual(ends, [nil, nil], "the end, when the ledger closes")
            var late = ledger.commits().makeAsyncIterator()
            try expectEqual(await late.next(), nil, "nothing to hear from a closed ledger")
        },
        Check("listeners are told at once") { subject in
            let ledger = subject.ledger
            var listener = ledger.commits().makeAsyncIterator()
            for position in 1...3 as ClosedRange<Int64> {
                try await ledger.change { _ = try $0.record(event(1), at: Samples.time()) }
                try expectEqual(await listener.next(), position, "the position of the event")
            }
        },
        Check("listeners hear nothing of a change without events") { subject in
            var listener = subject.ledger.commits().makeAsyncIterator()
            try await subject.ledger.change { try $0.insert(Samples.project(1)) }
            try await subject.close()
            try expectEqual(await listener.next(), nil, "the end is all there is to hear")
        },
    ]
}
