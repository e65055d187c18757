import OffloadCrypto
import Testing

@Suite struct SecretTests {
    private static let word = "correct-horse-battery"

    @Test func matchesItselfOnly() {
        let secret = Secret(Self.word)
        #expect(secret.matches(Self.word))
        for guess in ["", "correct-horse-batter", "correct-horse-battery ", "Correct-horse-battery", "c"] {
            #expect(!secret.matches(guess), "\(guess) is not the secret")
        }
    }

    /// Swift calls differently composed letters equal; a key is compared byte by byte.
    @Test func comparesBytesAndNotLetters() {
        let composed = "caf\u{E9}"
        let decomposed = "cafe\u{301}"
        #expect(composed == decomposed)
        #expect(!Secret(composed).matches(decomposed))
    }

    @Test func neverAppearsInWhatIsPrinted() {
        struct Holder {
            let name = "holder"
            let secret: Secret
        }
        let secret = Secret(Self.word)
        var dumped = ""
        dump(Holder(secret: secret), to: &dumped)
        dump([secret], to: &dumped)
        let printed = [
            "\(secret)", String(describing: secret), String(reflecting: secret), "\(Holder(secret: secret))",
            "\([secret])", "\(Optional(secret) as Any)", "\(["key": secret])", dumped,
        ]
        for text in printed {
            #expect(!text.contains(Self.word), "a secret is printed: \(text)")
        }
        #expect(dumped.contains("secret"), "the dump shows that there is a secret")
    }

    /// Shows that the texts above would give a secret away if it were an ordinary value.
    @Test func anOrdinaryValueWouldBePrinted() {
        struct Plain { let reveal: String }
        var dumped = ""
        dump(Plain(reveal: Self.word), to: &dumped)
        #expect(dumped.contains(Self.word))
        #expect("\(Plain(reveal: Self.word))".contains(Self.word))
    }

    @Test func showsNothingToAMirror() {
        let mirror = Mirror(reflecting: Secret(Self.word))
        #expect(mirror.children.isEmpty)
        #expect(mirror.superclassMirror == nil)
    }

    @Test func handsOverWhatItHoldsWhenAsked() {
        #expect(Secret(Self.word).reveal == Self.word)
    }

    @Test func randomOnesAre256BitsAndDiffer() {
        let secrets = (0..<100).map { _ in Secret.random().reveal }
        #expect(Set(secrets).count == secrets.count)
        for secret in secrets {
            #expect(secret.count == 64)
            #expect(secret.allSatisfy { "0123456789abcdef".contains($0) })
        }
        // Every digit of every place varies: a generator stuck on some bits would show.
        for place in 0..<64 {
            let digits = Set(secrets.map { Array($0)[place] })
            #expect(digits.count > 4, "digit \(place) hardly varies")
        }
    }
}
