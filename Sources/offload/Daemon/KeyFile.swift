import OffloadCrypto
import OffloadDomain
import OffloadSettings

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif
#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

/// The key of the Bridge API, in a file that only its owner can read.
enum KeyFile {
    private static func path(_ dataFolder: String) -> String { "\(dataFolder)/bridge.key" }

    /// The device's key: the one that is set, else the one of the last start, else a new one. It is left in the file, where
    /// the command line finds it.
    static func establish(dataFolder: String, setting: SecretText?) throws -> Secret {
        if let setting {
            if stored(dataFolder) != setting.text { try write(setting.text, dataFolder) }
            return Secret(setting.text)
        }
        if let stored = stored(dataFolder) { return Secret(stored) }
        let key = Secret.random()
        try write(key.reveal, dataFolder)
        return key
    }

    /// The key for a client on this machine.
    /// - Throws: `OffloadError` of kind `unauthorized` when no device was ever started here.
    static func read(dataFolder: String, setting: SecretText?) throws -> Secret {
        if let stored = stored(dataFolder) { return Secret(stored) }
        if let setting { return Secret(setting.text) }
        throw OffloadError(
            .unauthorized,
            "there is no key in \(dataFolder): start the device with `offload serve`, or name its folder with --data-dir"
        )
    }

    private static func stored(_ dataFolder: String) -> String? {
        guard let data = FileManager.default.contents(atPath: path(dataFolder)), data.count <= 1_024 else { return nil }
        let text = PlainText.trimmed(String(decoding: data, as: UTF8.self))
        return text.utf8.count >= 16 ? text : nil
    }

    /// Written anew and put in place in one step: nobody ever sees half a key, or one that others may read.
    private static func write(_ key: String, _ dataFolder: String) throws {
        let temporary = path(dataFolder) + ".new"
        unlink(temporary)
        let file = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        let text = Array("\(key)\n".utf8)
        guard file >= 0, text.withUnsafeBytes({ systemWrite(file, $0) }) == text.count, fsync(file) == 0 else {
            if file >= 0 { close(file) }
            throw OffloadError(.device, "the key cannot be written to \(path(dataFolder))")
        }
        close(file)
        guard rename(temporary, path(dataFolder)) == 0 else {
            throw OffloadError(.device, "the key cannot be written to \(path(dataFolder))")
        }
    }

    private static func systemWrite(_ file: CInt, _ bytes: UnsafeRawBufferPointer) -> Int {
        #if canImport(Glibc)
        Glibc.write(file, bytes.baseAddress, bytes.count)
        #else
        Darwin.write(file, bytes.baseAddress, bytes.count)
        #endif
    }
}
