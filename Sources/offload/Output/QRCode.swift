import CQREncode

/// A text as a QR code of characters, for a camera to read off the terminal.
struct QRCode {
    /// Rows of modules; true is dark.
    let modules: [[Bool]]

    /// - Returns: nil when the text is too long or the library has no memory left.
    init?(_ text: String) {
        guard let code = QRcode_encodeString8bit(text, 0, QR_ECLEVEL_L) else { return nil }
        defer { QRcode_free(code) }
        let width = Int(code.pointee.width)
        guard let data = code.pointee.data, width > 0 else { return nil }
        modules = (0..<width).map { row in
            // The lowest bit says whether a module is dark.
            (0..<width).map { column in data[row * width + column] & 1 == 1 }
        }
    }

    /// Two modules per character, one above the other, light on dark as most terminals are: the light margin that cameras need
    /// is drawn too.
    func lines() -> [String] {
        let margin = 2
        let width = modules.count
        func isLight(_ row: Int, _ column: Int) -> Bool {
            guard (0..<width).contains(row), (0..<width).contains(column) else {
                return (-margin..<(width + margin)).contains(row)
            }
            return !modules[row][column]
        }
        return stride(from: -margin, to: width + margin, by: 2).map { row in
            String(
                (-margin..<(width + margin)).map { column -> Character in
                    switch (isLight(row, column), isLight(row + 1, column)) {
                    case (true, true): "█"
                    case (true, false): "▀"
                    case (false, true): "▄"
                    case (false, false): " "
                    }
                })
        }
    }
}
