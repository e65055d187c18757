/// Finds the name that somebody probably meant.
enum NearestName {
    /// - Returns: the closest of `names` (the first of several), or nil when none is close.
    static func of(_ name: String, among names: [String]) -> String? {
        // Longer names are no typing errors, and their comparison would not be cheap any more.
        guard name.utf8.count <= 64 else { return nil }
        let allowance = max(1, name.utf8.count / 4)
        var best: (name: String, distance: Int)?
        for candidate in names {
            let distance = editDistance(from: Array(name.lowercased().utf8), to: Array(candidate.lowercased().utf8))
            if distance <= allowance, distance < best?.distance ?? .max { best = (candidate, distance) }
        }
        return best?.name
    }

    /// How many letters must be added, removed or replaced.
    private static func editDistance(from source: [UInt8], to target: [UInt8]) -> Int {
        var row = Array(0...target.count)
        for (sourceIndex, letter) in source.enumerated() {
            var diagonal = row[0]
            row[0] = sourceIndex + 1
            for (targetIndex, other) in target.enumerated() {
                let replaced = diagonal + (letter == other ? 0 : 1)
                diagonal = row[targetIndex + 1]
                row[targetIndex + 1] = min(replaced, diagonal + 1, row[targetIndex] + 1)
            }
        }
        return row[target.count]
    }
}
