import Testing

@testable import OffloadCrypto

@Suite struct PairingTranscriptTests {
    private static let fingerprint = Fingerprint(certificate: Array("certificate".utf8))

    @Test func theChannelIsMadeOfLabelRoleAndFingerprint() {
        let expected =
            [14] + Array("offload/pair/1".utf8) + [6] + Array("source".utf8) + [32] + Self.fingerprint.bytes
        #expect(PairingProtocol.channel(source: Self.fingerprint) == expected)
    }

    @Test func bothSidesHoldTheSame() throws {
        let (initiator, responder) = try CPaceRun().keys()
        let outcomes = [initiator, responder].map { PairingOutcome($0, source: Self.fingerprint) }
        #expect(outcomes[0].pairID == outcomes[1].pairID)
        #expect(outcomes[0].key.reveal == outcomes[1].key.reveal)
        #expect(outcomes[0].checkWords == outcomes[1].checkWords)
    }

    /// From the published run, and from the definitions alone.
    @Test func theOutcomeIsMadeAsDefined() throws {
        let keys = try CPaceVector.initiator().finish(
            peerShare: CPaceVector.responderShare, peerAssociated: CPaceVector.responderAssociated)
        let outcome = PairingOutcome(keys, source: Self.fingerprint)
        #expect(outcome.pairID == "x-bb1c449b35f0ea79a65c209f329a693d")
        let info = Array("offload/pair/1".utf8) + Self.fingerprint.bytes
        #expect(outcome.key.reveal == Hex.text(keys.derive(info: info, count: 32)))
        #expect(outcome.key.reveal.count == 64)
        let choice = keys.derive(info: Array("offload/words/1".utf8), count: 2)
        let words = [CheckWords.adjectives[Int(choice[0] % 64)], CheckWords.nouns[Int(choice[1] % 64)]]
        #expect(outcome.checkWords == words)
    }

    @Test func anotherRunOrFingerprintGivesAnotherKey() throws {
        let keys = try CPaceRun().keys().initiator
        let others = [
            PairingOutcome(try CPaceRun().keys().initiator, source: Self.fingerprint),
            PairingOutcome(keys, source: Fingerprint(certificate: [])),
        ]
        let outcome = PairingOutcome(keys, source: Self.fingerprint)
        for other in others { #expect(outcome.key.reveal != other.key.reveal) }
        #expect(outcome.pairID != others[0].pairID)
    }

    @Test func the64WordsOfEachListAreShortAndDistinct() {
        for list in [CheckWords.adjectives, CheckWords.nouns] {
            #expect(list.count == 64)
            #expect(Set(list).count == 64)
            for word in list {
                #expect((3...8).contains(word.count), "\(word)")
                #expect(word.allSatisfy { ("a"..."z").contains($0) }, "\(word)")
            }
        }
        #expect(Set(CheckWords.adjectives).isDisjoint(with: CheckWords.nouns))
    }

    @Test func theWordsVary() throws {
        var seen: Set<[String]> = []
        for _ in 0..<40 { seen.insert(CheckWords.words(for: try CPaceRun().keys().initiator)) }
        #expect(seen.count > 20)
        #expect(Set(seen.map { $0[0] }).count > 10)
        #expect(Set(seen.map { $0[1] }).count > 10)
    }
}

@Suite struct PairingRandomnessTests {
    @Test func noncesAre16BytesAndDiffer() {
        let nonces = (0..<100).map { _ in PairingNonce.make() }
        #expect(nonces.allSatisfy { $0.count == 16 })
        #expect(Set(nonces).count == 100)
    }

    @Test func codesAreSixDigits() {
        let codes = (0..<20_000).map { _ in PairingCodeSource.make() }
        for code in codes where code.count != 6 || !code.allSatisfy({ ("0"..."9").contains($0) }) {
            Issue.record("\(code) is not six digits")
        }
        // 20,000 of a million differ but for about 200.
        #expect(Set(codes).count > 19_000)
    }

    /// 2,000 are expected of each digit in each place, with a deviation of 42: the bounds are twelve of those away.
    @Test func everyDigitIsAsLikelyInEveryPlace() {
        var counts = [[Int]](repeating: [Int](repeating: 0, count: 10), count: 6)
        for _ in 0..<20_000 {
            for (place, digit) in PairingCodeSource.make().utf8.enumerated() where place < 6 {
                counts[place][Int(digit - UInt8(ascii: "0"))] += 1
            }
        }
        for (place, digits) in counts.enumerated() {
            for (digit, count) in digits.enumerated() {
                #expect((1_500...2_500).contains(count), "digit \(digit) is \(count) times in place \(place)")
            }
        }
    }
}
