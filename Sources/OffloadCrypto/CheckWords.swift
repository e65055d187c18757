/// Two words that both screens show after a pairing. They were agreed on with the key, so they differ where the keys
/// do; they are a comfort for the eye and not what the pairing rests on.
enum CheckWords {
    private static let purpose = Array("offload/words/1".utf8)

    static func words(for keys: CPaceKeys) -> [String] {
        let choice = keys.derive(info: purpose, count: 2)
        return zip([adjectives, nouns], choice).map { list, byte in list[Int(byte & 63)] }
    }

    // Neither list may change without another purpose: two versions would show different words for the same key.
    static let adjectives = [
        "able", "amber", "azure", "bold", "brave", "brief", "bright", "brisk", "calm", "candid", "clear", "clever",
        "cosy", "crisp", "curly", "eager", "early", "fair", "fast", "fine", "fresh", "gentle", "glad", "golden",
        "grand", "green", "happy", "honest", "humble", "jolly", "keen", "kind", "large", "light", "lively", "lucky",
        "mellow", "merry", "mild", "modest", "neat", "noble", "open", "patient", "plain", "polite", "proud", "quick",
        "quiet", "rapid", "round", "royal", "silent", "silver", "smooth", "steady", "sunny", "swift", "tidy", "tiny",
        "vivid", "warm", "wise", "young",
    ]

    static let nouns = [
        "anchor", "apple", "arrow", "badger", "basket", "beacon", "beaver", "bridge", "button", "candle", "canyon",
        "castle", "cherry", "circle", "cloud", "comet", "copper", "cradle", "desert", "dolphin", "dragon", "falcon",
        "feather", "forest", "garden", "guitar", "hammer", "harbour", "hazel", "island", "jacket", "kettle", "ladder",
        "lantern", "lemon", "magnet", "maple", "marble", "meadow", "mirror", "mountain", "needle", "orchard", "otter",
        "paddle", "parrot", "pebble", "pencil", "pillow", "planet", "pocket", "puzzle", "rabbit", "ribbon", "river",
        "rocket", "saddle", "spider", "temple", "thunder", "tunnel", "violin", "walnut", "window",
    ]
}
