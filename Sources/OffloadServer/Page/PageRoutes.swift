import HTTPTypes
import Hummingbird
import NIOCore
import OffloadCrypto

/// The page at `/zen`: files that hold no data and therefore need no key.
enum PageRoutes {
    static let all =
        [
            ControlRoute(.get, "/", access: .open) { _, _, _ in
                Response(status: .temporaryRedirect, headers: [.location: "/zen", .cacheControl: "no-store"])
            }
        ]
        + PageFile.all.map { file in
            ControlRoute(.get, file.path, access: .open) { bridge, request, _ in
                answer(file, from: bridge.page, to: request)
            }
        }

    /// Nothing is loaded from elsewhere, nothing inline is run, and text never becomes markup: Trusted Types refuse every sink
    /// that could do that, and no policy may be made that would let it.
    private static let policy = [
        "default-src 'none'", "script-src 'self'", "style-src 'self'", "connect-src 'self'", "img-src 'self'",
        "manifest-src 'self'", "worker-src 'none'", "base-uri 'none'", "form-action 'none'", "frame-ancestors 'none'",
        "require-trusted-types-for 'script'", "trusted-types 'none'",
    ].joined(separator: "; ")

    private static func answer(_ file: PageFile, from source: PageSource, to request: Request) -> Response {
        let bytes = source.bytes(of: file)
        // A browser asks each time and is told in a few bytes that what it has is what there is: a new program has a new page.
        let tag = "\"\(ContentDigest.hex(of: bytes).prefix(32))\""
        var headers: HTTPFields = [
            .contentType: file.contentType, .eTag: tag, .cacheControl: "no-cache", .contentSecurityPolicy: policy,
        ]
        headers[.crossOriginOpenerPolicy] = "same-origin"
        if request.headers[values: .ifNoneMatch].contains(tag) {
            return Response(status: .notModified, headers: headers)
        }
        return Response(status: .ok, headers: headers, body: ResponseBody(byteBuffer: ByteBuffer(bytes: bytes)))
    }
}
