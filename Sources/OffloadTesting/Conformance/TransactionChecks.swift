import OffloadDomain

extension LedgerConformance {
    static let transactionChecks = [
        Check("a change reads what it has just written, and others read it afterwards") { subject in
            let inside = try await subject.ledger.change { transaction in
                try transaction.insert(Samples.project(1))
                return try transaction.project(Samples.project(1).id)
            }
            try expectEqual(inside, Samples.project(1), "the change reads its own insertion")
            let outside = try await subject.ledger.read { try $0.project(Samples.project(1).id) }
            try expectEqual(outside, Samples.project(1), "a read after the change sees it")
        },
        Check("a body that throws changes nothing") { subject in
            let ledger = subject.ledger
            try await ledger.change { try $0.insert(Samples.project(1)) }
            try await expectRefusal(.unprocessable, "the body's own error comes back") {
                try await ledger.change { transaction in
                    try transaction.insert(Samples.project(2))
                    try transaction.insert(Samples.idea(1))
                    try transaction.removeProject(Samples.project(1).id)
                    try transaction.setNote(.startCount, to: "1")
                    try transaction.record(.projectAdded(Samples.project(2)), at: Samples.time())
                    throw OffloadError(.unprocessable, "on purpose")
                }
            }
            try await ledger.read { reader in
                try expectEqual(try reader.projects(), [Samples.project(1)], "the projects are as before")
                try expectEqual(try reader.ideaCount(IdeaFilter()), 0, "no idea was left behind")
                try expectEqual(try reader.note(.startCount), nil, "no note was left behind")
                try expectEqual(try reader.newestEventPosition(), 0, "no event was left behind")
            }
        },
        Check("a statement that is refused spoils neither the rest of its change nor the change") { subject in
            try await subject.ledger.change { transaction in
                try transaction.insert(Samples.project(1))
                try expectRefusal(.conflict, "a second insertion") { try transaction.insert(Samples.project(1)) }
                try transaction.insert(Samples.project(2))
            }
            let projects = try await subject.ledger.read { try $0.projects() }
            try expectEqual(projects, [Samples.project(1), Samples.project(2)], "the rest was written")
        },
        Check("changes that throw leave those beside them alone") { subject in
            let ledger = subject.ledger
            let refused = await withTaskGroup(of: Bool.self) { group in
                for number in 1...90 {
                    group.addTask {
                        do {
                            try await ledger.change { transaction in
                                try transaction.insert(Samples.project(number))
                                if number.isMultiple(of: 3) { throw OffloadError(.conflict, "on purpose") }
                            }
                            return false
                        } catch {
                            return true
                        }
                    }
                }
                return await group.reduce(into: 0) { count, wasRefused in count += wasRefused ? 1 : 0 }
            }
            try expectEqual(refused, 30, "as many callers are refused as throw")
            let numbers = try await ledger.read { try $0.projects().compactMap { Int($0.id.rawValue.dropFirst(2)) } }
            try expectEqual(
                numbers.sorted(), (1...90).filter { !$0.isMultiple(of: 3) }, "just the others' insertions are there")
        },
        Check("a caller that is cancelled does not undo or skip its change") { subject in
            let ledger = subject.ledger
            try await Task {
                withUnsafeCurrentTask { $0?.cancel() }
                try await ledger.change { try $0.insert(Samples.project(1)) }
                _ = try await ledger.read { try $0.projects() }
            }.value
            let projects = try await ledger.read { try $0.projects() }
            try expectEqual(projects, [Samples.project(1)], "the change was made")
        },
        Check("a closed ledger refuses") { subject in
            let ledger = subject.ledger
            try await subject.close()
            try await expectRefusal(.device, "a change") { try await ledger.change { _ in } }
            try await expectRefusal(.device, "a read") { try await ledger.read { _ in } }
        },
        Check("notes are kept and replaced") { subject in
            try await subject.ledger.change { transaction in
                try expectEqual(try transaction.note(.startCount), nil, "nothing was noted")
                try transaction.setNote(.startCount, to: "1")
                try transaction.setNote(.startCount, to: "d-2")
            }
            let note = try await subject.ledger.read { try $0.note(.startCount) }
            try expectEqual(note, "d-2", "the last note counts")
        },
    ]
}
