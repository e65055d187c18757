import OffloadDomain

extension LedgerConformance {
    static let pairChecks = [
        Check("pairs of both roles are kept as they are, oldest first") { subject in
            let devices = (1...3).map { Samples.devicePair($0, targetPath: "/home/\u{0}é/\($0)") }
            let joined = (1...3).map { Samples.joinedPair($0) }
            try await subject.ledger.change { transaction in
                try transaction.insert(Samples.project(1))
                for pair in devices { try transaction.insert(pair) }
                for pair in joined { try transaction.insert(pair) }
            }
            try await subject.ledger.read { reader in
                try expectEqual(try reader.devicePairs(), devices, "devices that take work")
                try expectEqual(try reader.joinedPairs(), joined, "devices that give work")
                try expectEqual(try reader.devicePair(devices[1].id), devices[1], "by id")
                try expectEqual(try reader.joinedPair(joined[1].id), joined[1], "by id")
                try expectEqual(try reader.devicePair(PairID(unchecked: "x-9")), nil, "none that is not there")
                try expectEqual(try reader.joinedPair(PairID(unchecked: "x-9")), nil, "none that is not there")
            }
        },
        Check("what changes of a pair is kept") { subject in
            var (pair, joined) = (Samples.devicePair(1), Samples.joinedPair(1))
            let (first, firstJoined) = (pair, joined)
            try await subject.ledger.change { transaction in
                try transaction.insert(Samples.project(1))
                try transaction.insert(first)
                try transaction.insert(firstJoined)
            }
            for status in PairStatus.allCases {
                (pair.status, pair.lastSyncAt, joined.status) = (status, Samples.time(7), status)
                pair.isPaused.toggle()
                let (changed, changedJoined) = (pair, joined)
                try await subject.ledger.change { transaction in
                    try transaction.update(changed)
                    try transaction.update(changedJoined)
                    try expectEqual(try transaction.devicePair(changed.id), changed, "\(status.rawValue)")
                    try expectEqual(try transaction.joinedPair(changedJoined.id), changedJoined, "\(status.rawValue)")
                }
            }
        },
        Check("what identifies a pair never changes") { subject in
            try await subject.ledger.change { transaction in
                try transaction.insert(Samples.project(1))
                try transaction.insert(Samples.project(2))
                try transaction.insert(Samples.devicePair(1))
                try transaction.insert(Samples.joinedPair(1))
                let other = Samples.devicePair(1, of: 2, targetPath: "/elsewhere")
                try transaction.update(other)
                try expectEqual(try transaction.devicePair(other.id), Samples.devicePair(1), "a device pair")
                var joined = Samples.joinedPair(1, of: 2)
                joined.status = .active
                joined.prefer(PeerAddress(host: "fe80::1", port: 1))
                try transaction.update(joined)
                let found = try transaction.joinedPair(joined.id)
                try expectEqual(found?.projectID, Samples.project(1).id, "a joined pair")
                try expectEqual(found?.addresses, joined.addresses, "its addresses may change")
                try expectEqual(found?.status, .active, "its status may change")
            }
        },
        Check("a pair is there once, belongs to a project, and goes with it") { subject in
            try await subject.ledger.change { transaction in
                try transaction.insert(Samples.project(1))
                try expectRefusal(.notFound, "no project") { try transaction.insert(Samples.devicePair(1, of: 2)) }
                try expectRefusal(.notFound, "no project") { try transaction.insert(Samples.joinedPair(1, of: 2)) }
                try transaction.insert(Samples.devicePair(1))
                try transaction.insert(Samples.joinedPair(1))
                try expectRefusal(.conflict, "twice") { try transaction.insert(Samples.devicePair(1)) }
                try expectRefusal(.conflict, "twice") { try transaction.insert(Samples.joinedPair(1)) }
                try transaction.removeDevicePair(Samples.devicePair(1).id)
                try transaction.removeJoinedPair(Samples.joinedPair(1).id)
                try expectRefusal(.notFound, "gone") { try transaction.removeDevicePair(Samples.devicePair(1).id) }
                try expectRefusal(.notFound, "gone") { try transaction.removeJoinedPair(Samples.joinedPair(1).id) }
                try expectRefusal(.notFound, "gone") { try transaction.update(Samples.devicePair(1)) }
                try expectRefusal(.notFound, "gone") { try transaction.update(Samples.joinedPair(1)) }
                try transaction.insert(Samples.devicePair(2))
                try transaction.insert(Samples.joinedPair(2))
                try transaction.removeProject(Samples.project(1).id)
                try expectEqual(try transaction.devicePairs().count + transaction.joinedPairs().count, 0, "all gone")
            }
        },
    ]
}
