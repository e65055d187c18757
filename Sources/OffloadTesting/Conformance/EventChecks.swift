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
            let found = try await subject.ledger.read { try $0.events(after: 0, limit: 10) }
            try expectEqual(
                found,
                try events.enumerated().map { index, event in
                    RecordedEvent(
                        position: Int64(index + 1), name: event.name, projectID: event.projectID,
                        payload: try EventEncoding.encode(event, at: Samples.time(Int64(index))))
                }, "as they were recorded")
        },
        Check("events are read from a position on") { subject in
            try await subject.ledger.change { transaction in
                for recorded in [event(1), event(2), deviceWide, event(2)] {
                    try transaction.record(recorded, at: Samples.time())
                }
            }
            try await subject.ledger.read { reader in
                func positions(_ after: Int64, _ limit: Int) throws -> [Int64] {
                    try reader.events(after: after, limit: limit).map(\.position)
                }
                try expectEqual(try positions(0, 100), [1, 2, 3, 4], "all")
                try expectEqual(try positions(2, 1), [3], "one from the third on")
                try expectEqual(try positions(4, 100), [], "none behind the newest")
                try expectEqual(try positions(0, 0), [], "none when none are wanted")
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
                try expectEqual(try transaction.pruneEvents(keeping: 0), 1, "all but the newest go")
                try expectEqual(try transaction.newestEventPosition(), 2, "the newest is still there")
                try expectEqual(try transaction.oldestEventPosition(), 2, "and is the oldest")
                try expectEqual(try transaction.record(event(4), at: Samples.time(2)), 3, "the next one goes on")
            }
        },
        Check("old events go from the front only") { subject in
            try await subject.ledger.change { transaction in
                // The clock was set back after the third event; it has no say.
                for time in [1, 2, 9, 3, 10, 11] as [Int64] { try transaction.record(event(1), at: Samples.time(time)) }
                try expectEqual(try transaction.pruneEvents(keeping: 6), 0, "there is room for all")
                try expectEqual(try transaction.pruneEvents(keeping: 4), 2, "two in front")
                let kept = try transaction.events(after: 0, limit: 10).map(\.position)
                try expectEqual(kept, [3, 4, 5, 6], "none from the middle")
                try expectEqual(try transaction.oldestEventPosition(), 3, "the oldest that is kept")
            }
        },
        Check("a listener that is slow misses the oldest commits only, then finds the end") { subject in
            let ledger = subject.ledger
            var listeners = (ledger.commits().makeAsyncIterator(), ledger.commits().makeAsyncIterator())
            let count: Int64 = 100
            for project in 1...Int(count) {
                try await ledger.change { _ = try $0.record(event(project), at: Samples.time()) }
            }
            try await ledger.change { try $0.setNote(.startCount, to: "1") }
            try? await ledger.change { transaction in
                try transaction.record(event(5), at: Samples.time())
                throw OffloadError(.conflict, "on purpose")
            }
            // Closing first, so that a ledger that tells nobody is found out and not waited for.
            try await subject.close()
            for _ in 1...2 {
                var heard: [Int64] = []
                while let events = await listeners.0.next() { heard += events.map(\.position) }
                try expect(!heard.isEmpty, "the newest is always told")
                try expect(heard.count < count, "room for some commits only")
                try expectEqual(heard, Array((count + 1 - Int64(heard.count))...count), "the newest, without gaps")
                listeners.0 = listeners.1
            }
            var late = ledger.commits().makeAsyncIterator()
            try expectEqual(await late.next(), nil, "nothing to hear from a closed ledger")
        },
        Check("listeners are told at once") { subject in
            let ledger = subject.ledger
            var listener = ledger.commits().makeAsyncIterator()
            for number in 1...3 {
                try await ledger.change { transaction in
                    try transaction.record(event(number), at: Samples.time())
                    try transaction.record(deviceWide, at: Samples.time())
                }
                let told = await listener.next()
                let recorded = try await ledger.read { try $0.events(after: Int64(2 * number - 2), limit: 10) }
                try expectEqual(told, recorded, "what was recorded, as it was recorded")
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
