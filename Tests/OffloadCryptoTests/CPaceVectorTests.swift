import Crypto
import Testing

@testable import OffloadCrypto

@Suite struct CPaceVectorTests {
    @Test func theVectorsAreWhole() {
        let sizes = [
            CPaceVector.session, CPaceVector.generator, CPaceVector.initiatorScalar, CPaceVector.responderScalar,
            CPaceVector.shared, CPaceVector.intermediateKey, CPaceVector.sessionOutput, CPaceVector.point,
            CPaceVector.notAnElement, CPaceVector.identity,
        ].map(\.count)
        #expect(sizes == [16, 32, 32, 32, 32, 64, 64, 32, 32, 32])
        #expect(CPaceVector.password == Array("Password".utf8))
        #expect(CPaceVector.channel == LengthPrefixed(Array("A_initiator".utf8), Array("B_responder".utf8)).bytes)
    }

    @Test func generator() throws {
        let generator = try CPace.generator(
            password: CPaceVector.password, channel: CPaceVector.channel, session: CPaceVector.session)
        #expect(generator == CPaceVector.generator)
    }

    @Test func sharesOfBothSides() throws {
        let initiator = try CPaceVector.initiator()
        let responder = try CPaceVector.responder()
        let shares = [initiator.share, responder.share]
        #expect(shares == [CPaceVector.initiatorShare, CPaceVector.responderShare])
    }

    @Test(arguments: [
        (CPaceVector.initiatorScalar, CPaceVector.responderShare, CPaceVector.shared),
        (CPaceVector.responderScalar, CPaceVector.initiatorShare, CPaceVector.shared),
        (CPaceVector.pointScalar, CPaceVector.point, CPaceVector.pointProduct),
    ])
    func multiplication(scalar: [UInt8], element: [UInt8], expected: [UInt8]) throws {
        let product = try Ristretto.multiply(CPaceVector.scalar(scalar), element)
        #expect(product.withBytes { Array(UnsafeBufferPointer(start: $0, count: 32)) } == expected)
    }

    @Test func keysOfBothSides() throws {
        let initiator = try CPaceVector.initiator().finish(
            peerShare: CPaceVector.responderShare, peerAssociated: CPaceVector.responderAssociated)
        let responder = try CPaceVector.responder().finish(
            peerShare: CPaceVector.initiatorShare, peerAssociated: CPaceVector.initiatorAssociated)
        for keys in [initiator, responder] {
            #expect(keys.intermediateKey.withUnsafeBytes { Array($0) } == CPaceVector.intermediateKey)
            #expect(keys.sessionOutput == CPaceVector.sessionOutput)
        }
        #expect(initiator.accepts(peerTag: responder.ownTag))
        #expect(responder.accepts(peerTag: initiator.ownTag))
    }

    /// The draft gives no vector for the tags: they are built here once more from its text, from the published key
    /// alone.
    @Test func tagsAreMadeAsTheDraftSays() throws {
        let keys = try CPaceVector.initiator().finish(
            peerShare: CPaceVector.responderShare, peerAssociated: CPaceVector.responderAssociated)
        let tagKey = SHA512.hash(data: Array("CPaceMac".utf8) + CPaceVector.session + CPaceVector.intermediateKey)
        func tag(_ share: [UInt8], _ associated: [UInt8]) -> [UInt8] {
            let message = [32] + share + [UInt8(associated.count)] + associated
            return Array(HMAC<SHA512>.authenticationCode(for: message, using: SymmetricKey(data: tagKey)))
        }
        #expect(keys.ownTag == tag(CPaceVector.initiatorShare, CPaceVector.initiatorAssociated))
        #expect(keys.accepts(peerTag: tag(CPaceVector.responderShare, CPaceVector.responderAssociated)))
    }

    /// HKDF of RFC 5869 by hand: one block is HMAC(HMAC(64 zeroes, key), info || 1).
    @Test func derivedKeysAreHKDFWithoutSalt() throws {
        let keys = try CPaceVector.initiator().finish(
            peerShare: CPaceVector.responderShare, peerAssociated: CPaceVector.responderAssociated)
        let info = Array("a purpose".utf8)
        let salt = SymmetricKey(data: [UInt8](repeating: 0, count: 64))
        let extracted = HMAC<SHA512>.authenticationCode(for: CPaceVector.intermediateKey, using: salt)
        let block = HMAC<SHA512>.authenticationCode(for: info + [1], using: SymmetricKey(data: Array(extracted)))
        #expect(keys.derive(info: info, count: 64) == Array(block))
        #expect(keys.derive(info: info, count: 32) == Array(Array(block).prefix(32)))
        #expect(keys.derive(info: info + [0], count: 32) != Array(Array(block).prefix(32)))
        #expect(keys.derive(info: info, count: 100).count == 100)
    }

    @Test(arguments: [
        CPaceVector.notAnElement, CPaceVector.identity, [], Array(CPaceVector.responderShare.dropLast()),
        CPaceVector.responderShare + [0], [UInt8](repeating: 0xFF, count: 32),
    ])
    func aShareThatIsNoElementIsRefused(_ share: [UInt8]) throws {
        #expect(throws: CPaceFailure.invalidShare) {
            _ = try Ristretto.multiply(CPaceVector.scalar(CPaceVector.pointScalar), share)
        }
        #expect(throws: CPaceFailure.invalidShare) {
            _ = try CPaceVector.initiator().finish(peerShare: share, peerAssociated: [])
        }
    }

    /// The padding that the reference gives for six digits.
    @Test func sixDigitsArePaddedToTheFirstBlock() {
        let parts = LengthPrefixed(CPace.suite, Array("123456".utf8), [UInt8](repeating: 0, count: 102)).bytes
        #expect(parts.count == 128)
    }
}
