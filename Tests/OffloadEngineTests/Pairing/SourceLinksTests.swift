import OffloadDomain
import OffloadEngine
import OffloadTesting
import ServiceLifecycleTestKit
import Testing

@Suite(.timeLimit(.minutes(1))) struct SourceLinksTests {
    private static let address = PeerAddress(host: "192.168.1.1", port: 4748)
    private static let agreed = Joined(
        pairID: PairID(unchecked: "x-1"), key: PairKey(Samples.digest(201)), sourceDeviceID: DeviceID(unchecked: "d-2"),
        sourceName: "PC 1", sourceProject: "shop", fingerprint: Samples.digest(101), checkWords: ["brave", "otter"])

    /// A target whose sources do as the test says.
    private struct Target {
        let bench: Workbench
        let transport = FakeTransport()
        let links: SourceLinks

        init(isEnabled: Bool = true, pairs: [JoinedPair] = []) throws {
            let bench = try Workbench()
            self.bench = bench
            try bench.memory.changeNow { transaction in for pair in pairs { try transaction.insert(pair) } }
            links = SourceLinks(context: bench.context, transport: transport, work: IdleWork(), isEnabled: isEnabled) {
                Presence.Heartbeat(instance: "i", start: 1, version: "0", slots: 4, freeSlots: 4, agents: [])
            }
        }

        func whileRunning(_ body: (Target) async throws -> Void) async throws {
            try await testGracefulShutdown { trigger in
                async let run: Void = links.run()
                try await body(self)
                trigger.triggerGracefulShutdown()
                try await run
            }
        }

        func join() async throws -> (pair: JoinedPair, checkWords: [String]) {
            try await links.join(
                address, with: try PairingCode(parsing: "123456"), for: Samples.project(1), deviceName: nil)
        }

        func status() throws -> PairStatus? {
            try bench.memory.snapshot().joinedPair(PairID(unchecked: "x-1"))?.status
        }

        func wait(for name: String) async throws {
            _ = try await bench.memory.wait { reader in
                try reader.events(after: 0, limit: 100).contains { $0.name == name } ? true : nil
            }
        }

        func wait(_ isRight: @escaping @Sendable (PairStatus?) -> Bool) async throws {
            while !isRight(try status()) { await Task.yield() }
        }

        /// Waits until this was asked, whatever else was asked before.
        func asked(_ call: FakeTransport.Call) async throws {
            while try await transport.calls.take() != call {}
        }
    }

    @Test func joiningStoresThePairAndStaysConnected() async throws {
        let target = try Target()
        target.transport.answer(joins: .success(Self.agreed))
        try await target.whileRunning { target in
            let (pair, words) = try await target.join()
            #expect(words == ["brave", "otter"])
            #expect(pair.status == .active && pair.addresses == [Self.address])
            try await target.wait(for: "device_connected")
            #expect(try await target.links.list().first?.standing.isConnected == true)
        }
        #expect(
            try target.bench.memory.snapshot().events(after: 0, limit: 10).map(\.name)
                == ["pairing_completed", "device_connected", "device_disconnected"])
    }

    @Test func aCodeThatIsWrongThreeTimesIsNotTriedAgain() async throws {
        let target = try Target()
        try await target.whileRunning { target in
            for _ in 0..<SourceLinks.tries {
                let error = await #expect(throws: OffloadError.self) { try await target.join() }
                #expect(error?.message == "wrong")
            }
            target.transport.answer(joins: .success(Self.agreed))
            let error = await #expect(throws: OffloadError.self) { try await target.join() }
            #expect(error?.kind == .forbidden && error?.message.contains("make a new one") == true)
            #expect(target.transport.calls.all.count == SourceLinks.tries)
        }
        #expect(try target.status() == nil)
    }

    @Test func nothingIsJoinedWhereOffloadingIsOff() async throws {
        let target = try Target(isEnabled: false, pairs: [Samples.joinedPair(1)])
        try await target.whileRunning { target in
            let error = await #expect(throws: OffloadError.self) { try await target.join() }
            #expect(error?.kind == .conflict)
        }
        #expect(target.transport.calls.all.isEmpty)
    }

    @Test func aHalfThatTheSourceDoesNotKnowIsRemoved() async throws {
        let target = try Target()
        target.transport.answer(joins: .success(Self.agreed))
        target.transport.refuse(OffloadError(.unauthorized, "who are you?"), at: Self.address)
        try await target.whileRunning { target in
            let error = await #expect(throws: OffloadError.self) { try await target.join() }
            #expect(error?.kind == .unauthorized)
        }
        #expect(try target.status() == nil)
    }

    @Test func aHalfWhoseSourceDoesNotAnswerGoesOnAsking() async throws {
        let target = try Target()
        target.transport.answer(joins: .success(Self.agreed))
        target.transport.refuse(OffloadError(.device, "not there"), at: Self.address)
        try await target.whileRunning { target in
            let error = await #expect(throws: OffloadError.self) { try await target.join() }
            #expect(error?.kind == .device)
            #expect(try target.status() == .pending)
            target.transport.refuse(nil, at: Self.address)
            try await target.wait(for: "device_connected")
            #expect(try target.status() == .active)
        }
    }

    @Test func whatTheSourceEndsIsEndedHere() async throws {
        let target = try Target(pairs: [Samples.joinedPair(1)])
        try await target.whileRunning { target in
            try await target.asked(.follow)
            while try await target.links.list().first?.standing.isConnected != true { await Task.yield() }
            target.transport.tell(.revoked)
            try await target.asked(.disconnect)
            try await target.wait { $0 == .disconnected }
        }
    }

    @Test func aRefusedKeyEndsThePair() async throws {
        let target = try Target(pairs: [Samples.joinedPair(1)])
        target.transport.refuse(OffloadError(.unauthorized, "over"), at: Self.address)
        try await target.whileRunning { target in try await target.wait { $0 == .disconnected } }
    }

    /// The source may be away when a person ends the pair here; it is told when it is back.
    @Test func aGoodByeIsSaidUntilItIsHeard() async throws {
        let target = try Target(pairs: [Samples.joinedPair(1)])
        target.transport.refuse(OffloadError(.device, "not there"), at: Self.address)
        try await target.whileRunning { target in
            try await target.asked(.heartbeat)
            try await target.links.disconnect(PairID(unchecked: "x-1"))
            #expect(try target.status() == .leaving)
            try await target.asked(.disconnect)
            target.transport.refuse(nil, at: Self.address)
            try await target.wait { $0 == .disconnected }
        }
        let names = try target.bench.memory.snapshot().events(after: 0, limit: 10).map(\.name)
        #expect(names == ["device_disconnected"], "the end is told once")
    }

    @Test func aGoodByeThatWasNotHeardIsSaidAfterARestart() async throws {
        let target = try Target(pairs: [Samples.joinedPair(1, status: .leaving)])
        try await target.whileRunning { target in
            try await target.asked(.disconnect)
            try await target.wait { $0 == .disconnected }
        }
    }

    @Test func everyKnownAddressIsTriedAndTheOneThatWorksIsRemembered() async throws {
        let target = try Target(pairs: [Samples.joinedPair(1)])
        let other = PeerAddress(host: "10.0.0.9", port: 1)
        target.transport.refuse(OffloadError(.device, "not there"), at: Self.address)
        try await target.whileRunning { target in
            try await target.asked(.heartbeat)
            let pair = try await target.links.setAddress(other, of: PairID(unchecked: "x-1"))
            #expect(pair.addresses == [other, Self.address])
            try await target.asked(.connect(pair.id, other))
            try await target.wait(for: "device_connected")
        }
    }

    @Test func aConnectionThatBreaksIsMadeAnew() async throws {
        let target = try Target(pairs: [Samples.joinedPair(1)])
        try await target.whileRunning { target in
            try await target.asked(.follow)
            try await target.wait(for: "device_connected")
            target.transport.hangUp()
            try await target.asked(.follow)
        }
        let names = try target.bench.memory.snapshot().events(after: 0, limit: 10).map(\.name)
        #expect(names.prefix(3) == ["device_connected", "device_disconnected", "device_connected"])
    }

    @Test func unknownPairsAreRefused() async throws {
        let target = try Target(pairs: [Samples.joinedPair(1, status: .disconnected)])
        try await target.whileRunning { target in
            let unknown = PairID(unchecked: "x-9")
            let missing = await #expect(throws: OffloadError.self) { try await target.links.disconnect(unknown) }
            #expect(missing?.kind == .notFound)
            let over = await #expect(throws: OffloadError.self) {
                try await target.links.setAddress(Self.address, of: PairID(unchecked: "x-1"))
            }
            #expect(over?.kind == .conflict)
        }
        #expect(target.transport.calls.all.isEmpty, "what is over is left alone")
    }
}

private let address = PeerAddress(host: "192.168.1.1", port: 4748)
