import Crypto
import Testing

@testable import OffloadCrypto

/// One run as a test wants it: what each side puts in, and what somebody between them does to their messages.
struct CPaceRun {
    var initiatorPassword = Array("042917".utf8)
    var responderPassword = Array("042917".utf8)
    var initiatorChannel = PairingProtocol.channel(source: Fingerprint(certificate: [1]))
    var responderChannel = PairingProtocol.channel(source: Fingerprint(certificate: [1]))
    var initiatorSession = [UInt8](repeating: 7, count: 32)
    var responderSession = [UInt8](repeating: 7, count: 32)
    var initiatorRole = CPace.Role.initiator
    var responderRole = CPace.Role.responder
    /// What reaches the responder instead of the initiator's share and associated data, and the other way round.
    var onTheWayToTheResponder: ([UInt8], [UInt8]) -> ([UInt8], [UInt8]) = { ($0, $1) }
    var onTheWayToTheInitiator: ([UInt8], [UInt8]) -> ([UInt8], [UInt8]) = { ($0, $1) }

    static let initiatorAssociated = Array("target, laptop".utf8)
    static let responderAssociated = Array("source, desk".utf8)

    /// - Throws: what a side throws; as between two devices, nothing is agreed on then.
    func keys() throws -> (initiator: CPaceKeys, responder: CPaceKeys) {
        let initiator = try CPace(
            role: initiatorRole, password: initiatorPassword, channel: initiatorChannel, session: initiatorSession,
            associated: Self.initiatorAssociated)
        let responder = try CPace(
            role: responderRole, password: responderPassword, channel: responderChannel, session: responderSession,
            associated: Self.responderAssociated)
        let toResponder = onTheWayToTheResponder(initiator.share, Self.initiatorAssociated)
        let toInitiator = onTheWayToTheInitiator(responder.share, Self.responderAssociated)
        return (
            try initiator.finish(peerShare: toInitiator.0, peerAssociated: toInitiator.1),
            try responder.finish(peerShare: toResponder.0, peerAssociated: toResponder.1)
        )
    }

    /// Neither side takes the other's tag, and they hold no key in common.
    func expectNoAgreement(_ comment: Comment, sourceLocation: SourceLocation = #_sourceLocation) throws {
        let (initiator, responder) = try keys()
        #expect(!responder.accepts(peerTag: initiator.ownTag), comment, sourceLocation: sourceLocation)
        #expect(!initiator.accepts(peerTag: responder.ownTag), comment, sourceLocation: sourceLocation)
        let derived = [initiator, responder].map { $0.derive(info: [1], count: 32) }
        #expect(derived[0] != derived[1], comment, sourceLocation: sourceLocation)
    }
}

@Suite struct CPaceTests {
    /// The control of every test below: with nothing wrong, the same run agrees.
    @Test func twoSidesThatKnowTheCodeAgree() throws {
        let (initiator, responder) = try CPaceRun().keys()
        #expect(responder.accepts(peerTag: initiator.ownTag))
        #expect(initiator.accepts(peerTag: responder.ownTag))
        #expect(initiator.sessionOutput == responder.sessionOutput)
        #expect(initiator.derive(info: [1], count: 32) == responder.derive(info: [1], count: 32))
        #expect([initiator.ownTag.count, responder.ownTag.count, initiator.sessionOutput.count] == [64, 64, 64])
    }

    @Test func theTagsOfTheTwoSidesDiffer() throws {
        let (initiator, responder) = try CPaceRun().keys()
        #expect(initiator.ownTag != responder.ownTag)
        #expect(!initiator.accepts(peerTag: initiator.ownTag), "a mirrored tag is taken")
        #expect(!responder.accepts(peerTag: responder.ownTag), "a mirrored tag is taken")
    }

    @Test func everyRunHasOtherSharesAndKeys() throws {
        var shares: Set<[UInt8]> = []
        var keys: Set<[UInt8]> = []
        for _ in 0..<20 {
            var run = CPaceRun()
            run.initiatorSession = [1]
            run.responderSession = [1]
            let side = try CPace(role: .initiator, password: [1], channel: [], session: [], associated: [])
            shares.insert(side.share)
            keys.insert(try run.keys().initiator.derive(info: [], count: 32))
        }
        #expect(shares.count == 20)
        #expect(keys.count == 20)
    }

    /// Also where the padding in front of the channel becomes shorter and then none.
    @Test(arguments: [0, 1, 6, 107, 108, 109, 127, 128, 200, 20_000])
    func codesOfEveryLengthAgree(_ length: Int) throws {
        var run = CPaceRun()
        run.initiatorPassword = [UInt8](repeating: 49, count: length)
        run.responderPassword = run.initiatorPassword
        let (initiator, responder) = try run.keys()
        #expect(initiator.accepts(peerTag: responder.ownTag))
        #expect(responder.accepts(peerTag: initiator.ownTag))
        run.responderPassword.append(0)
        try run.expectNoAgreement("one more byte")
    }

    @Test(arguments: ["042918", "142917", "04291", "0429170", "", "042 917"])
    func anotherCodeDoesNotAgree(_ code: String) throws {
        var run = CPaceRun()
        run.initiatorPassword = Array(code.utf8)
        try run.expectNoAgreement("code \(code)")
    }

    /// Somebody in between has to show the target a certificate of his own.
    @Test func anotherChannelDoesNotAgree() throws {
        var run = CPaceRun()
        run.initiatorChannel = PairingProtocol.channel(source: Fingerprint(certificate: [2]))
        try run.expectNoAgreement("channel")
    }

    @Test func theSessionOfAnEarlierRunDoesNotAgree() throws {
        var run = CPaceRun()
        run.initiatorSession = [UInt8](repeating: 6, count: 32)
        try run.expectNoAgreement("session")
    }

    /// Where one part ends and the next begins is a part of what is agreed on.
    @Test func bytesDoNotMoveBetweenChannelAndSession() throws {
        var run = CPaceRun()
        run.initiatorChannel = [1, 2, 3]
        run.initiatorSession = [4]
        run.responderChannel = [1, 2]
        run.responderSession = [3, 4]
        try run.expectNoAgreement("moved byte")
    }

    @Test func sidesInTheSameRoleDoNotAgree() throws {
        for role in [CPace.Role.initiator, .responder] {
            var run = CPaceRun()
            run.initiatorRole = role
            run.responderRole = role
            try run.expectNoAgreement("\(role)")
        }
    }

    /// Control: both roles exchanged is only another naming of the two sides.
    @Test func exchangedRolesAgree() throws {
        var run = CPaceRun()
        run.initiatorRole = .responder
        run.responderRole = .initiator
        let (initiator, responder) = try run.keys()
        #expect(initiator.accepts(peerTag: responder.ownTag))
        #expect(responder.accepts(peerTag: initiator.ownTag))
    }

    @Test func anotherDescriptionOfAPeerDoesNotAgree() throws {
        for other in [[], Array("source, desk ".utf8), CPaceRun.initiatorAssociated] {
            var run = CPaceRun()
            run.onTheWayToTheInitiator = { share, _ in (share, other) }
            try run.expectNoAgreement("associated data \(other)")
        }
    }

    // MARK: - Mirrors

    @Test(arguments: [CPace.Role.initiator, .responder]) func ourOwnShareIsRefused(_ role: CPace.Role) throws {
        let side = try CPace(role: role, password: [1], channel: [2], session: [3], associated: [4])
        let mirrored = side.share
        let failure: CPaceFailure?
        do {
            _ = try side.finish(peerShare: mirrored, peerAssociated: [4])
            failure = nil
        } catch {
            failure = error
        }
        #expect(failure == .reflectedShare)
    }

    /// Control: without that refusal, a mirror that knows no code would have its tag accepted.
    @Test func aMirrorWouldOtherwiseBeBelieved() throws {
        let scalar = try Ristretto.randomScalar()
        let generator = try CPace.generator(password: [1], channel: [2], session: [3])
        let share = try Ristretto.multiply(scalar, generator).withBytes {
            Array(UnsafeBufferPointer(start: $0, count: 32))
        }
        let message = CPaceMessage(share: share, associated: [4])
        let shared = try Ristretto.multiply(scalar, share)
        let keys = CPaceKeys(role: .initiator, session: [3], own: message, peer: message, shared: shared)
        #expect(keys.accepts(peerTag: keys.ownTag))
    }

    // MARK: - Every byte

    @Test(arguments: [true, false]) func everyBitOfAShareCounts(toResponder: Bool) throws {
        var refused = 0
        for bit in 0..<256 {
            var run = CPaceRun()
            let change: ([UInt8], [UInt8]) -> ([UInt8], [UInt8]) = { share, associated in
                (Self.flipped(share, bit), associated)
            }
            if toResponder { run.onTheWayToTheResponder = change } else { run.onTheWayToTheInitiator = change }
            do {
                try run.expectNoAgreement("bit \(bit)")
            } catch CPaceFailure.invalidShare {
                refused += 1
            }
        }
        // Far from every encoding is an element, and far from none.
        #expect((100...255).contains(refused), "\(refused) of 256 are refused at once")
    }

    @Test(arguments: [true, false]) func everyBitOfTheAssociatedDataCounts(toResponder: Bool) throws {
        let length = (toResponder ? CPaceRun.initiatorAssociated : CPaceRun.responderAssociated).count
        for bit in 0..<length * 8 {
            var run = CPaceRun()
            let change: ([UInt8], [UInt8]) -> ([UInt8], [UInt8]) = { share, associated in
                (share, Self.flipped(associated, bit))
            }
            if toResponder { run.onTheWayToTheResponder = change } else { run.onTheWayToTheInitiator = change }
            try run.expectNoAgreement("bit \(bit)")
        }
    }

    @Test func everyBitOfATagCounts() throws {
        let (initiator, responder) = try CPaceRun().keys()
        for bit in 0..<512 {
            #expect(!responder.accepts(peerTag: Self.flipped(initiator.ownTag, bit)), "bit \(bit)")
            #expect(!initiator.accepts(peerTag: Self.flipped(responder.ownTag, bit)), "bit \(bit)")
        }
    }

    @Test func aTagOfAnotherLengthIsRefused() throws {
        let (initiator, responder) = try CPaceRun().keys()
        for length in 0..<64 {
            #expect(!responder.accepts(peerTag: Array(initiator.ownTag.prefix(length))), "\(length) bytes")
        }
        #expect(!responder.accepts(peerTag: initiator.ownTag + [0]))
        #expect(!responder.accepts(peerTag: initiator.ownTag + initiator.ownTag))
    }

    // MARK: - Use

    /// A run may begin in one task and end in another.
    @Test func aRunCrossesTasks() async throws {
        let initiator = try CPaceVector.initiator()
        let share = initiator.share
        let box = Box(initiator)
        let accepted = await Task.detached {
            guard let side = await box.take() else { return false }
            let keys = try? side.finish(
                peerShare: CPaceVector.responderShare, peerAssociated: CPaceVector.responderAssociated)
            return keys?.sessionOutput == CPaceVector.sessionOutput
        }.value
        #expect(accepted)
        #expect(share == CPaceVector.initiatorShare)
    }

    private actor Box {
        private var run: CPace?

        init(_ run: consuming sending CPace) { self.run = consume run }

        func take() -> sending CPace? {
            let taken = run.take()
            return taken
        }
    }

    @Test func neitherKeyNorTagIsPrinted() throws {
        let keys = try CPaceRun().keys().initiator
        let outcome = PairingOutcome(keys, source: Fingerprint(certificate: [1]))
        var dumped = ""
        dump(keys, to: &dumped)
        dump([keys], to: &dumped)
        dump(outcome, to: &dumped)
        #expect(Mirror(reflecting: keys).children.isEmpty)
        #expect(["\(keys)", String(reflecting: keys), "\(Optional(keys) as Any)"].allSatisfy { $0.contains("(keys)") })
        let printed = ["\(keys)", String(reflecting: keys), "\([keys])", "\(outcome)", dumped]
        let key = keys.intermediateKey.withUnsafeBytes { Array($0) }
        for text in printed {
            for secret in [key, keys.ownTag] {
                #expect(!text.contains(secret.prefix(4).map(String.init).joined(separator: ", ")))
                #expect(!text.lowercased().contains(Hex.text(secret.prefix(4))))
            }
            #expect(!text.contains("SymmetricKey") && !text.contains("Tag"), "\(text)")
            #expect(!text.contains(outcome.key.reveal))
        }
    }

    static func flipped(_ bytes: [UInt8], _ bit: Int) -> [UInt8] {
        var bytes = bytes
        bytes[bit / 8] ^= 1 << UInt8(bit % 8)
        return bytes
    }
}
