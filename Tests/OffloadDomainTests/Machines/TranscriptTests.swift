import Testing

/// Shows that the tables of the machines could be found incomplete.
@Suite struct TranscriptTests {
    private static let text = """
        red light
          wait a bit    stays
          press         blinks twice   → green
        green
          press         refused
        """

    @Test func readsStatesEventsAnswersAndWhatFollows() {
        #expect(
            Transcript(Self.text).lines == [
                .init(state: "red light", event: "wait a bit", answer: "stays", next: nil),
                .init(state: "red light", event: "press", answer: "blinks twice", next: "green"),
                .init(state: "green", event: "press", answer: "refused", next: nil),
            ])
    }

    @Test func findsWhatIsMissing() {
        let gaps = Transcript(Self.text).gaps(states: ["red light", "green"], events: ["wait a bit", "press"])
        #expect(gaps == ["green | wait a bit stands 0 times"])
    }

    @Test func findsWhatStandsTwiceAndWhatIsUnknown() {
        let gaps = Transcript("red\n  press  stays\n  press  stays\n  kick  stays").gaps(
            states: ["red"], events: ["press"])
        #expect(gaps == ["red | press stands 2 times", "nobody knows red | kick | stays"])
    }
}
