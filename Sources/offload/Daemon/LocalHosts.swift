import OffloadDomain

#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

/// Where this machine may be found by others.
enum LocalHosts {
    /// The addresses of the interfaces that are up: those of the local network first, then those that lead into the world;
    /// this machine's own name and loopback last, for two devices on one machine.
    static func all() -> [String] {
        var first: UnsafeMutablePointer<ifaddrs>?
        guard getifaddrs(&first) == 0 else { return ["127.0.0.1"] }
        defer { freeifaddrs(first) }
        var (near, far): ([String], [String]) = ([], [])
        var next = first
        while let interface = next?.pointee {
            defer { next = interface.ifa_next }
            guard interface.ifa_flags & UInt32(IFF_UP) != 0, let address = interface.ifa_addr,
                let found = numeric(address)
            else { continue }
            if found.isLocal { near.append(found.text) } else { far.append(found.text) }
        }
        return (near + far).uniqued() + ["127.0.0.1"]
    }

    /// nil for loopback, for link-local addresses (they need the name of an interface too) and for anything but IP.
    private static func numeric(_ address: UnsafeMutablePointer<sockaddr>) -> (text: String, isLocal: Bool)? {
        switch Int32(address.pointee.sa_family) {
        case AF_INET:
            let bytes = address.withMemoryRebound(to: sockaddr_in.self, capacity: 1) { pointer in
                withUnsafeBytes(of: pointer.pointee.sin_addr) { Array($0) }
            }
            guard bytes.count == 4, bytes[0] != 127, !(bytes[0] == 169 && bytes[1] == 254) else { return nil }
            return (bytes.map(String.init).joined(separator: "."), LocalNetwork.contains(v4: bytes))
        case AF_INET6:
            let bytes = address.withMemoryRebound(to: sockaddr_in6.self, capacity: 1) { pointer in
                withUnsafeBytes(of: pointer.pointee.sin6_addr) { Array($0) }
            }
            let isLinkLocal = bytes[0] == 0xFE && bytes[1] & 0xC0 == 0x80
            let isLoopback = bytes.dropLast().allSatisfy { $0 == 0 }
            guard !isLinkLocal, !isLoopback else { return nil }
            let groups = stride(from: 0, to: 16, by: 2).map { index in
                String(UInt16(bytes[index]) << 8 | UInt16(bytes[index + 1]), radix: 16)
            }
            return (groups.joined(separator: ":"), LocalNetwork.contains(v6: bytes))
        default: return nil
        }
    }
}

extension [String] {
    fileprivate func uniqued() -> [String] {
        var seen: Set<String> = []
        return filter { seen.insert($0).inserted }
    }
}
