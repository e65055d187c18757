import OffloadDomain
import OffloadEngine
import OffloadTesting
import ServiceLifecycleTestKit
import Testing

@Suite(.timeLimit(.minutes(1))) struct PairingDeskTests {
    private struct Source {
        let bench: Workbench
        let door = PeerDoor(isEnabled: true)
        let devices: PairedDevices
        let desk: PairingDesk

        init(expiry: Duration = .seconds(300), pairs: [DevicePair] = []) throws {
            let (bench, time) = (try Workbench(), MonotonicTime())
            self.bench = bench
            try bench.memory.changeNow { transaction in for pair in pairs { try transaction.insert(pair) } }
            devices = PairedDevices(context: bench.context, door: door, time: time)
            desk = PairingDesk(context: bench.context, devices: devices, door: door, time: time, expiry: expiry)
        }

        func open() async throws -> PairingDesk.Opening {
            try await desk.open(try PairingCode(parsing: "123456"), for: Samples.project(1).id, deviceName: nil)
        }

        func whileRunning(_ body: (Source) async throws -> Void) async throws {
            try await testGracefulShutdown { trigger in
                try await devices.load()
                async let first: Void = devices.run()
                async let second: Void = desk.run()
                try await body(self)
                trigger.triggerGracefulShutdown()
                try await first
                try await second
            }
        }

        func events() throws -> [String] {
            try bench.memory.snapshot().events(after: 0, limit: 100).map(\.name)
        }

        func wait(for name: String) async throws {
            _ = try await bench.memory.wait { reader in
                try reader.events(after: 0, limit: 100).contains { $0.name == name } ? true : nil
            }
        }
    }

    private static func beat(_ instance: String = "a") -> Presence.Heartbeat {
        Presence.Heartbeat(instance: instance, start: 1, version: "1", slots: 4, freeSlots: 3, agents: ["claude"])
    }

    @Test func aProvedCodeBecomesAPairThatCountsOnceItIsStoredThere() async throws {
        let source = try Source()
        try await source.whileRunning { source in
            _ = try await source.open()
            #expect(source.door.isOpen)
            let ticket = try await source.desk.begin()
            try source.desk.proceed(ticket)
            let pair = Samples.devicePair(1, status: .pending)
            try await source.desk.accept(ticket, pair, checkWords: ["a", "b"])
            #expect(source.desk.latest()?.window.state == .taken)
            #expect(source.desk.latest()?.checkWords == ["a", "b"])
            #expect(source.devices.pair(keyDigest: pair.keyDigest)?.status == .pending)
            #expect(try source.events() == [])
            #expect(try await source.devices.complete(pair.id).status == .active)
            #expect(try await source.devices.complete(pair.id).status == .active, "twice is the same as once")
            #expect(try source.events() == ["pairing_completed"])
            let late = await #expect(throws: OffloadError.self) { try await source.desk.begin() }
            #expect(late?.kind == .forbidden)
            #expect(source.door.isOpen, "for the pair")
        }
    }

    @Test func guessesEndTheCode() async throws {
        let source = try Source()
        _ = try await source.open()
        for _ in 0..<3 { await source.desk.refuse(try await source.desk.begin()) }
        #expect(try source.events() == ["pairing_failed"])
        #expect(!source.door.isOpen)
        let error = await #expect(throws: OffloadError.self) { try await source.desk.begin() }
        #expect(error == PairingDesk.refusal, "nobody learns what was wrong")
    }

    @Test func timeEndsTheCodeAndIsTold() async throws {
        let source = try Source(expiry: .milliseconds(1))
        try await source.whileRunning { source in
            _ = try await source.open()
            try await source.wait(for: "pairing_expired")
            while source.door.isOpen { await Task.yield() }
        }
        #expect(try source.events() == ["pairing_expired"])
    }

    @Test func aNewCodeEndsTheOldOne() async throws {
        let source = try Source()
        _ = try await source.open()
        let old = try await source.desk.begin()
        _ = try await source.open()
        #expect(throws: OffloadError.self) { try source.desk.proceed(old) }
        let error = await #expect(throws: OffloadError.self) {
            try await source.desk.accept(old, Samples.devicePair(1, status: .pending), checkWords: [])
        }
        #expect(error?.kind == .forbidden)
        #expect(try source.bench.memory.snapshot().devicePairs().isEmpty)
        #expect(try source.events() == ["pairing_failed"])
        #expect(source.door.isOpen)
        await source.desk.cancel()
        #expect(!source.door.isOpen)
    }

    @Test func aPairThatCannotBeRecordedCostsTheCode() async throws {
        let source = try Source()
        _ = try await source.open()
        let ticket = try await source.desk.begin()
        source.bench.ledger.failChanges(1)
        await #expect(throws: OffloadError.self) {
            try await source.desk.accept(ticket, Samples.devicePair(1, status: .pending), checkWords: [])
        }
        #expect(source.devices.pair(keyDigest: Samples.devicePair(1).keyDigest) == nil)
        let error = await #expect(throws: OffloadError.self) { try await source.desk.begin() }
        #expect(error?.kind == .forbidden)
    }

    // MARK: - Pairs

    @Test func aDeviceComesAndGoes() async throws {
        let source = try Source(pairs: [Samples.devicePair(1)])
        try await source.whileRunning { source in
            let id = Samples.devicePair(1).id
            var notices: AsyncStream<PairedDevices.Notice>? = try source.devices.notices(for: id)
            try await source.devices.heard(Self.beat(), from: id)
            #expect(try source.events() == ["device_connected"])
            #expect(try await source.devices.list().first?.presence?.latest?.freeSlots == 3)
            let twin = await #expect(throws: OffloadError.self) {
                try await source.devices.heard(Self.beat("copy"), from: id)
            }
            #expect(twin?.kind == .conflict)
            #expect(notices != nil)
            notices = nil
            try await source.wait(for: "device_disconnected")
            #expect(try await source.devices.list().first?.presence?.isConnected == false)
        }
    }

    @Test func aNewStreamTakesThePlaceOfTheOld() async throws {
        let source = try Source(pairs: [Samples.devicePair(1)])
        try await source.devices.load()
        let id = Samples.devicePair(1).id
        try await source.devices.heard(Self.beat(), from: id)
        var old = try source.devices.notices(for: id).makeAsyncIterator()
        var new = try source.devices.notices(for: id).makeAsyncIterator()
        let first = [await old.next(), await old.next()]
        #expect(first == [.connected, nil])
        source.devices.pulse()
        let second = [await new.next(), await new.next()]
        #expect(second == [.connected, .quiet])
        #expect(try await source.devices.list().first?.presence?.isConnected == true)
    }

    @Test func whatIsEndedOpensNothingAndTheOtherSideIsTold() async throws {
        let pair = Samples.devicePair(1)
        let source = try Source(pairs: [pair])
        try await source.devices.load()
        var notices = try source.devices.notices(for: pair.id).makeAsyncIterator()
        #expect(await notices.next() == .connected)
        try await source.devices.disconnect(pair.id, reason: "here", isKnownThere: false)
        let told = [await notices.next(), await notices.next()]
        #expect(told == [.revoked, nil])
        #expect(source.devices.pair(keyDigest: pair.keyDigest) == nil)
        #expect(throws: OffloadError.self) { try source.devices.notices(for: pair.id) }
        func status() throws -> PairStatus? { try source.bench.memory.snapshot().devicePair(pair.id)?.status }
        #expect(try status() == .leaving)
        #expect(source.door.isOpen, "for whoever has not heard of it")
        await source.devices.heardOfItsEnd(keyDigest: pair.keyDigest)
        #expect(try status() == .disconnected)
        try await source.devices.disconnect(pair.id, reason: "again", isKnownThere: false)
        #expect(try source.events() == ["device_disconnected"])
    }

    @Test func whoeverSaysGoodByeKnowsIt() async throws {
        let pair = Samples.devicePair(1)
        let source = try Source(pairs: [pair])
        try await source.devices.load()
        try await source.devices.disconnect(pair.id, reason: "there", isKnownThere: true)
        #expect(try source.bench.memory.snapshot().devicePair(pair.id)?.status == .disconnected)
        #expect(!source.door.isOpen)
    }

    @Test func theDoorStaysShutWhereOffloadingIsOff() {
        let door = PeerDoor(isEnabled: false)
        door.set(.openCode, to: true)
        #expect(!door.isOpen)
    }

    @Test func theDoorTellsItsStateAndEachChange() async {
        let door = PeerDoor(isEnabled: true)
        var changes = door.changes().makeAsyncIterator()
        #expect(await changes.next() == false)
        door.set(.openCode, to: true)
        #expect(await changes.next() == true)
        door.set(.pairs, to: true)
        door.set(.openCode, to: false)
        door.set(.pairs, to: false)
        #expect(await changes.next() == false, "it was open all the time in between")
    }
}
