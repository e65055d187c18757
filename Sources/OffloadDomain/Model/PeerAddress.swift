/// Where another device listens: `host:port`.
package struct PeerAddress: Sendable, Hashable, CustomStringConvertible {
    /// A name or an IP address, IPv6 without brackets.
    package let host: String
    package let port: Int

    package static let defaultPort = 4748

    package init(host: String, port: Int) {
        self.host = host
        self.port = port
    }

    /// Reads `host`, `host:port`, `[v6]`, `[v6]:port` or a bare IPv6 address, also with `https://` in front and a slash behind.
    /// - Throws: `OffloadError` of kind `invalidRequest`.
    package init(parsing text: String) throws(OffloadError) {
        var rest = PlainText.trimmed(text)
        for scheme in ["https://", "http://"] where rest.lowercased().hasPrefix(scheme) {
            rest = String(rest.dropFirst(scheme.count))
        }
        if rest.hasSuffix("/") { rest = String(rest.dropLast()) }
        let (host, port) = Self.split(rest)
        guard let number = port.isEmpty ? Self.defaultPort : Int(port), (1...65_535).contains(number),
            Self.isHost(host)
        else { throw .invalid("address", "host:port, such as 192.168.1.20:4748 or [fd00::20]:4748") }
        self.init(host: host, port: number)
    }

    private static func split(_ text: String) -> (host: String, port: String) {
        if text.hasPrefix("["), let end = text.firstIndex(of: "]") {
            let port = text[text.index(after: end)...]
            guard port.isEmpty || (port.hasPrefix(":") && port.count > 1) else { return ("", "") }
            return (String(text[text.index(after: text.startIndex)..<end]), String(port.dropFirst()))
        }
        guard let colon = text.firstIndex(of: ":"), colon == text.lastIndex(of: ":") else { return (text, "") }
        let port = text[text.index(after: colon)...]
        return (String(text[..<colon]), port.isEmpty ? "?" : String(port))
    }

    /// What can stand in a URL without escapes, so that no text can become a path, a user name or another port.
    private static func isHost(_ text: String) -> Bool {
        let isLetter = { (byte: UInt8) in
            (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte)
                || (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte)
                || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
        }
        guard (1...253).contains(text.utf8.count) else { return false }
        if text.contains(":") {
            return text.utf8.allSatisfy { isLetter($0) || $0 == UInt8(ascii: ":") || $0 == UInt8(ascii: ".") }
        }
        return text.utf8.allSatisfy {
            isLetter($0) || [UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_")].contains($0)
        }
            && text.utf8.first != UInt8(ascii: "-") && text.utf8.first != UInt8(ascii: ".")
    }

    package var description: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }
}

/// Whether an IP address belongs to a network that does not lead into the world.
package enum LocalNetwork {
    /// Loopback (127/8), private (10/8, 172.16/12, 192.168/16) and link-local (169.254/16) addresses.
    /// - Parameter bytes: four, in network order.
    package static func contains(v4 bytes: [UInt8]) -> Bool {
        guard bytes.count == 4 else { return false }
        switch (bytes[0], bytes[1]) {
        case (127, _), (10, _), (192, 168), (169, 254), (172, 16...31): return true
        default: return false
        }
    }

    /// Loopback (::1), link-local (fe80::/10) and unique local (fc00::/7) addresses, and local IPv4 ones in an IPv6 coat
    /// (::ffff:0:0/96).
    /// - Parameter bytes: sixteen, in network order.
    package static func contains(v6 bytes: [UInt8]) -> Bool {
        guard bytes.count == 16 else { return false }
        if bytes[0..<10].allSatisfy({ $0 == 0 }), bytes[10] == 0xFF, bytes[11] == 0xFF {
            return contains(v4: Array(bytes[12...]))
        }
        if bytes.dropLast().allSatisfy({ $0 == 0 }), bytes[15] == 1 { return true }
        return bytes[0] & 0xFE == 0xFC || (bytes[0] == 0xFE && bytes[1] & 0xC0 == 0x80)
    }
}
