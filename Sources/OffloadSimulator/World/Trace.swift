/// What happened, line by line, and a digest of it. No line holds a reading of the wall clock.
struct Trace: Sendable {
    private(set) var lines: [String] = []
    /// FNV-1a of all lines.
    private(set) var digest: UInt64 = 0xCBF2_9CE4_8422_2325

    /// The trace up to a line, that one included.
    func cut(behind line: Int) -> Trace {
        var trace = self
        trace.lines = Array(lines.prefix(line + 1))
        return trace
    }

    /// - Parameter time: milliseconds since the simulation began.
    mutating func add(_ time: Int64, _ text: String) {
        let line = "\(time) \(text)"
        var digest = digest
        for byte in line.utf8 { digest = (digest ^ UInt64(byte)) &* 0x100_0000_01B3 }
        self.digest = (digest ^ 10) &* 0x100_0000_01B3
        lines.append(line)
    }
}
