import OffloadDomain
@testable import OffloadEngine
import Testing

@Suite(.timeLimit(.minutes(1))) struct StopSignalTests {
    private func heard(_ stream: AsyncStream<StopReason>) async -> [StopReason] {
        var reasons: [StopReason] = []
        for await reason in stream { reasons.append(reason) }
        return reasons
    }

    @Test func aListenerHearsTheWishOnceAndThenTheEnd() async {
        let signal = StopSignal()
        let stream = signal.listen()
        #expect(signal.reason == nil)
        signal.request(.cancelled)
        #expect(signal.reason == .cancelled)
        #expect(await heard(stream) == [.cancelled])
    }

    @Test func whoListensLaterHearsItToo() async {
        let signal = StopSignal()
        signal.request(.shutdown)
        #expect(await heard(signal.listen()) == [.shutdown])
        #expect(await heard(signal.listen()) == [.shutdown])
    }

    @Test func theFirstWishCounts() async {
        let signal = StopSignal()
        let stream = signal.listen()
        signal.request(.cancelled)
        signal.request(.shutdown)
        #expect(signal.reason == .cancelled)
        #expect(await heard(stream) == [.cancelled])
        #expect(await heard(signal.listen()) == [.cancelled])
    }

    @Test func everyListenerHearsIt() async {
        let signal = StopSignal()
        let streams = (0..<5).map { _ in signal.listen() }
        signal.request(.cancelled)
        for stream in streams { #expect(await heard(stream) == [.cancelled]) }
    }

    /// What an attempt did before is over and its listener gone; what it does now still hears.
    @Test func aListenerThatWentAwayDisturbsNobody() async {
        let signal = StopSignal()
        let gone = Task { await heard(signal.listen()) }
        gone.cancel()
        #expect(await gone.value == [])
        let stream = signal.listen()
        signal.request(.shutdown)
        #expect(await heard(stream) == [.shutdown])
    }

    @Test func wishesAndListenersMayMeetAtAnyMoment() async {
        for _ in 0..<200 {
            let signal = StopSignal()
            let heardBy = await withTaskGroup(of: [StopReason].self) { group in
                for _ in 0..<4 { group.addTask { await heard(signal.listen()) } }
                group.addTask {
                    signal.request(.cancelled)
                    return [.cancelled]
                }
                return await group.reduce(into: []) { $0.append($1) }
            }
            #expect(heardBy == Array(repeating: [.cancelled], count: 5))
        }
    }
}
