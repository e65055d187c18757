import ArgumentParser
import OffloadClient
import OffloadDomain

/// The one place where an error becomes words on standard error and an exit code.
enum Failing {
    static let refused = ExitCode(1)
    static let notAllCompleted = ExitCode(2)
    static let noDevice = ExitCode(3)
    static let interrupted = ExitCode(130)

    static func inWords<Value>(_ body: () async throws -> Value) async throws -> Value {
        do {
            return try await body()
        } catch let error as OffloadError {
            Terminal.complain("offload: \(TerminalText.safe(error.message))")
            throw refused
        } catch let error as NoDevice {
            Terminal.complain(
                "offload: no device runs on \(error.dataFolder). Start it with `offload serve` in another terminal.")
            throw noDevice
        } catch let error as DeviceUnreachable {
            Terminal.complain(
                "offload: the device does not answer at \(error.address) (\(error.reason)). If it hangs, stop it and run `offload serve`."
            )
            throw noDevice
        } catch is CancellationError {
            throw interrupted
        }
    }
}
