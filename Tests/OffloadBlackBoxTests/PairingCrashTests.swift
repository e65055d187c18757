import Foundation
import OffloadClient
import OffloadDomain
import OffloadWire
import Testing

/// The plug is pulled at every message of a pairing, on each side.
@Suite("Crashes while pairing", .serialized, .timeLimit(.minutes(10)))
struct PairingCrashTests {
    static let places = CrashPlace.allCases.filter { $0.way == .pairing }

    @Test("Both halves count afterwards, or none", arguments: places)
    func bothOrNone(_ place: CrashPlace) async throws {
        let isOfSource = place.rawValue.contains(".source_")
        let crash = ["OFFLOAD_CRASH_AT": place.rawValue]
        try await TwoDevices.with(source: isOfSource ? crash : [:], target: isOfSource ? [:] : crash) { devices in
            let code = try await devices.openCode().pairingCode
            // However it is told to whoever typed the code.
            _ = try? await devices.accept(code)
            let dead = isOfSource ? devices.source : devices.target
            await dead.waitForEnd()
            // Without the wish to crash this time.
            try dead.start(extra: ["OFFLOAD_CRASH_AT": ""])

            let halves = try await settled(devices)
            switch (halves.source, halves.target) {
            case (nil, nil): break
            case (let source?, let target?):
                #expect(source.devicePairId == target.devicePairId)
                #expect(source.connected && target.connected)
            case (let source?, nil):
                // Half a pair is with the source until it gives it up; nobody has its key.
                #expect(source.status == "pending")
            case (nil, let target?):
                Issue.record("the target believes in \(target.devicePairId), which the source does not know")
            }
            // What was left over keeps nobody from pairing now.
            let again = try await devices.pair()
            let list = try await TwoDevices.wait(devices.source) { list in
                list.contains { $0.devicePairId == again.devicePairId && $0.connected }
            }
            #expect(list.filter { $0.status == "active" }.count == (halves.target == nil ? 1 : 2))
        }
    }

    /// Asks both until neither half is still on its way.
    private func settled(
        _ devices: TwoDevices
    ) async throws -> (source: PairedDeviceView?, target: PairedDeviceView?) {
        while true {
            let target = try await TwoDevices.devices(of: devices.target).first
            let source = try await TwoDevices.devices(of: devices.source).first
            guard let target else { return (source, nil) }
            if target.status == "active", target.connected, source?.connected == true { return (source, target) }
            if target.status == "disconnected" { return (source, target) }
        }
    }
}
