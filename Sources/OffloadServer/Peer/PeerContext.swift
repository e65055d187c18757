import Hummingbird
import NIOCore
import OffloadDomain

/// A request from another device.
struct PeerContext: RequestContext {
    var coreContext: CoreRequestContextStorage
    let channel: any Channel
    /// Whose key came with the request; set by the gate.
    var pair: DevicePair?

    init(source: ApplicationRequestContextSource) {
        coreContext = CoreRequestContextStorage(source: source)
        channel = source.channel
    }

    /// - Throws: `OffloadError` of kind `unauthorized` for a request without the key of a pair.
    func paired() throws(OffloadError) -> DevicePair {
        guard let pair else { throw PeerGate.unknown }
        return pair
    }
}
