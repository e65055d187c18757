import Foundation
import OffloadClient
import OffloadDomain
import OffloadWire
import Synchronization

/// Two real devices on this machine, each with a clone of the same project.
struct TwoDevices {
    let source: DeviceProcess
    let target: DeviceProcess
    let sourceProject: SampleRepository
    let targetProject: SampleRepository
    /// Where the target finds the source.
    var host = "127.0.0.1"

    /// Both run for one test and end with it, however it ends. The source keeps its port over restarts.
    /// - Parameter link: what is between them when each is on a machine of its own.
    static func with<Value>(
        source: [String: String] = [:], target: [String: String] = [:], settings: String = "agent: sample\n",
        over link: BadLink? = nil, _ body: (TwoDevices) async throws -> Value
    ) async throws -> Value {
        try await withScratchFolder { folder in
            var folders: [String] = []
            for name in ["pc", "laptop"] {
                folders.append("\(folder)/\(name)")
                try FileManager.default.createDirectory(
                    atPath: "\(folder)/\(name)/home", withIntermediateDirectories: true)
            }
            let port = ["OFFLOAD_PEER_PORT": String(try FreePort.find()), "OFFLOAD_DEVICE_NAME": "PC"]
            let project = try SampleRepository(in: folders[0], settings: settings)
            let (sourceHere, targetHere) = (link?.source.environment ?? [:], link?.target.environment ?? [:])
            let other = ["OFFLOAD_PEER_PORT": "0", "OFFLOAD_DEVICE_NAME": "Laptop-Work"]
            let devices = TwoDevices(
                source: DeviceProcess(
                    folder: folders[0], environment: port.merging(sourceHere) { $1 }.merging(source) { $1 },
                    launcher: link?.source.launcher ?? []),
                target: DeviceProcess(
                    folder: folders[1], environment: other.merging(targetHere) { $1 }.merging(target) { $1 },
                    launcher: link?.target.launcher ?? []),
                sourceProject: project,
                targetProject: try SampleRepository(in: folders[1], cloneOf: project, settings: settings),
                host: link?.source.host ?? "127.0.0.1")
            defer {
                devices.source.kill()
                devices.target.kill()
            }
            try devices.source.start()
            try devices.target.start()
            return try await body(devices)
        }
    }

    /// Where the source's device listener is.
    var address: PeerAddress {
        PeerAddress(host: host, port: source.environment["OFFLOAD_PEER_PORT"].flatMap { Int($0) } ?? 0)
    }

    /// Opens a code on the source.
    func openCode() async throws -> PairView {
        try await source.with { client in
            let project: ProjectView = try await client.post(
                "/api/bridge/projects", ProjectRequest(name: "shop", path: sourceProject.path))
            return try await client.post("/api/bridge/offload/pair", PairRequest(projectId: project.id))
        }
    }

    /// Types a code on the target.
    func accept(_ code: String, at address: String? = nil) async throws -> AcceptView {
        let (path, source) = (targetProject.path, address ?? self.address.description)
        return try await target.with { client in
            try await client.post(
                "/api/bridge/offload/accept",
                AcceptRequest(pairingCode: code, targetProjectPath: path, sourceUrl: source))
        }
    }

    func pair() async throws -> AcceptView { try await accept(try await openCode().pairingCode) }

    static func devices(of device: DeviceProcess) async throws -> [PairedDeviceView] {
        try await device.with { try await $0.get("/api/bridge/offload/devices", as: PairedDeviceList.self).devices }
    }

    static func state(of device: DeviceProcess) async throws -> PairStateView {
        try await device.with { try await $0.get("/api/bridge/offload/pair") }
    }

    /// Asks again and again until a device's list of paired devices is as wanted: for what no event tells, such as why there is
    /// no connection.
    static func ask(
        _ device: DeviceProcess, until isRight: ([PairedDeviceView]) -> Bool
    ) async throws -> [PairedDeviceView] {
        while true {
            let found = try await devices(of: device)
            if isRight(found) { return found }
        }
    }

    /// Waits until a device's list of paired devices is as wanted; looked at whenever the device tells of something.
    static func wait(
        _ device: DeviceProcess, until isRight: @escaping @Sendable ([PairedDeviceView]) -> Bool
    ) async throws -> [PairedDeviceView] {
        try await device.with { client in
            func look() async throws -> [PairedDeviceView] {
                try await client.get("/api/bridge/offload/devices", as: PairedDeviceList.self).devices
            }
            var found: [PairedDeviceView] = []
            try await client.events { _ in
                found = try await look()
                return !isRight(found)
            }
            return found
        }
    }
}

/// A port that was free a moment ago, and stays so: the system gives none of these to outgoing connections, of which a flood or
/// a crash test beside this one makes thousands, and no two tests of this process get the same.
enum FreePort {
    private static let range = 10_000..<30_000
    private static let next = Atomic(Int.random(in: range))

    static func find() throws -> Int {
        for _ in range {
            let port = next.wrappingAdd(1, ordering: .relaxed).oldValue
            let candidate = range.lowerBound + port % range.count
            if try isFree(candidate) { return candidate }
        }
        throw POSIXError(.EADDRNOTAVAIL)
    }

    private static func isFree(_ port: Int) throws -> Bool {
        do {
            try HeldPort(port).release()
            return true
        } catch let error as POSIXError where error.code == .EADDRINUSE {
            return false
        }
    }
}

/// A port on which something else listens.
struct HeldPort {
    private let descriptor: Int32

    /// - Throws: `POSIXError`, of code `EADDRINUSE` when somebody listens there already.
    init(_ port: Int) throws {
        descriptor = socket(AF_INET6, Int32(SOCK_STREAM.rawValue), 0)
        // Past connections of whoever had the port before don't count.
        var isReused: Int32 = 1
        setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &isReused, socklen_t(MemoryLayout<Int32>.size))
        var address = sockaddr_in6()
        address.sin6_family = sa_family_t(AF_INET6)
        address.sin6_port = UInt16(port).bigEndian
        let isBound = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { raw in
                bind(descriptor, raw, socklen_t(MemoryLayout<sockaddr_in6>.size)) == 0
            }
        }
        guard isBound, listen(descriptor, 1) == 0 else {
            let code = POSIXErrorCode(rawValue: errno) ?? .EINVAL
            close(descriptor)
            throw POSIXError(code)
        }
    }

    func release() { close(descriptor) }
}
