internal import Dispatch
package import OffloadDomain
internal import Subprocess
internal import Synchronization
#if canImport(System)
internal import System
#else
internal import SystemPackage
#endif

/// Runs one program in a session of its own and returns when it and everything that it started have ended.
package final class ProcessSession: Sendable {
    private let keeper: ProcessKeeper
    private let launch: ProcessLaunch
    private let attempt: AttemptKey
    private let ending: SessionEnd
    private let startedAt = ContinuousClock.now
    /// Nanoseconds from `startedAt` to the latest output.
    private let latestOutput = Atomic<Int64>(0)

    package init(_ launch: ProcessLaunch, for attempt: AttemptKey, keeper: ProcessKeeper) {
        self.launch = launch
        self.attempt = attempt
        self.keeper = keeper
        ending = SessionEnd(grace: launch.limits.grace, deadlines: keeper.deadlines)
    }

    /// Starts the program and follows it to its end. To be called once.
    ///
    /// Cancelling the surrounding task ends the program and everything that it started too; the call returns after
    /// that.
    ///
    /// - Parameters:
    ///   - stop: its first element ends the program. The stream is used up by this call.
    ///   - started: awaited once the program exists and before its output is looked at.
    ///   - ended: called when the program has ended, before what it left behind is ended.
    ///   - receive: called with each piece of output, in order, never twice at a time, on a queue of the session's.
    /// - Throws: when the program could not be started; then nothing was.
    package func run(
        stop: AsyncStream<StopReason>, started: @escaping @Sendable () async -> Void = {},
        ended: @Sendable () -> Void = {},
        receive: @escaping @Sendable (OutputChannel, UnsafeRawBufferPointer) -> Void
    ) async throws(LaunchFailure) -> ProcessExit {
        let ticket = keeper.begin(attempt)
        let exit: ProcessExit
        do {
            exit = try await run(ticket, stop, started, ended, receive)
        } catch {
            keeper.end(ticket)
            throw error
        }
        keeper.end(ticket)
        let spared = await keeper.endSpared()
        return exit.adding(spared)
    }

    private func run(
        _ ticket: ProcessKeeper.Ticket, _ stop: AsyncStream<StopReason>,
        _ started: @escaping @Sendable () async -> Void, _ ended: @Sendable () -> Void,
        _ receive: @escaping @Sendable (OutputChannel, UnsafeRawBufferPointer) -> Void
    ) async throws(LaunchFailure) -> ProcessExit {
        let output = try openOutput(receive)
        let result = await untilExit(ticket, output, stop, started)
        let cause = ending.over()
        let status: ProcessExit.Status
        do {
            status = try result.get()
        } catch {
            for reader in output.readers { _ = await reader.finish(by: .now) }
            throw error
        }
        ended()
        let leftovers = await keeper.endLeftovers(of: ticket)
        let deadline = ContinuousClock.now.advanced(by: launch.limits.drain)
        var isComplete = true
        for reader in output.readers {
            let sawEnd = await reader.finish(by: deadline)
            isComplete = isComplete && sawEnd
        }
        return ProcessExit(status: status, cause: cause, leftovers: leftovers, isOutputComplete: isComplete)
    }

    /// The program said that it is done: it is ended when it has not ended by itself after `limit`, and a reason to
    /// end it that arrives from now on is told as `EndingCause.lingered`.
    package func expectExit(within limit: Duration) {
        ending.done(exitWithin: limit)
    }

    // MARK: Output

    private struct Output: Sendable {
        let readers: [OutputReader]
        /// For the child; closed when it has been started.
        let standardOutput: FileDescriptor
        let standardError: FileDescriptor
    }

    private func openOutput(
        _ receive: @escaping @Sendable (OutputChannel, UnsafeRawBufferPointer) -> Void
    ) throws(LaunchFailure) -> Output {
        // Below a global queue, so that however many programs write at once, there are no more threads than cores.
        let queue = DispatchQueue(label: "offload.output", target: .global())
        func reader(_ descriptor: FileDescriptor, _ channel: OutputChannel) -> OutputReader {
            OutputReader(descriptor, on: queue, poll: keeper.poll, deadlines: keeper.deadlines) { [self] piece in
                noteOutput()
                receive(channel, piece)
            }
        }
        var opened: [FileDescriptor] = []
        do {
            let output = try FileDescriptor.closingPipe()
            opened = [output.readEnd, output.writeEnd]
            try output.readEnd.setNonBlocking()
            switch launch.streams {
            case .merged:
                let copy = try output.writeEnd.duplicate()
                opened.append(copy)
                try copy.setCloseOnExec()
                return Output(
                    readers: [reader(output.readEnd, .output)], standardOutput: output.writeEnd, standardError: copy)
            case .separate:
                let error = try FileDescriptor.closingPipe()
                opened += [error.readEnd, error.writeEnd]
                try error.readEnd.setNonBlocking()
                return Output(
                    readers: [reader(output.readEnd, .output), reader(error.readEnd, .error)],
                    standardOutput: output.writeEnd, standardError: error.writeEnd)
            }
        } catch {
            for descriptor in opened { try? descriptor.close() }
            throw .refused("no pipe could be opened: \(error)")
        }
    }

    private func noteOutput() {
        guard launch.limits.silence != nil else { return }
        latestOutput.store((.now - startedAt).nanoseconds, ordering: .relaxed)
    }

    // MARK: From start to exit

    private func untilExit(
        _ ticket: ProcessKeeper.Ticket, _ output: Output, _ stop: AsyncStream<StopReason>,
        _ started: @escaping @Sendable () async -> Void
    ) async -> Result<ProcessExit.Status, LaunchFailure> {
        await withTaskCancellationHandler {
            await withTaskGroup { group in
                group.addTask { [ending] in
                    for await reason in stop { return ending.end(.stopped(reason)) }
                }
                // A task of its own, so that cancelling this one does not reach the library, which would end the leader
                // its own way and leave the group.
                let result = await Task { await self.spawn(ticket, output, started) }.value
                group.cancelAll()
                return result
            }
        } onCancel: { [ending] in
            ending.end(.abandoned)
        }
    }

    private func spawn(
        _ ticket: ProcessKeeper.Ticket, _ output: Output, _ started: @Sendable () async -> Void
    ) async -> Result<ProcessExit.Status, LaunchFailure> {
        let input: FileDescriptor
        do {
            input = try ChildInput.descriptor(holding: launch.input)
        } catch {
            try? output.standardOutput.close()
            try? output.standardError.close()
            return .failure(error as? Errno == .noSpace ? .diskFull : .refused("no room for the input: \(error)"))
        }
        var environment = launch.environment
        if let marker = keeper.marker(of: ticket) { environment.append(marker.environmentVariable) }
        var options = PlatformOptions()
        options.createSession = true
        let isStarted = Atomic(false)
        do {
            let outcome = try await Subprocess.run(
                .path(FilePath(launch.program)), arguments: Arguments(launch.arguments),
                environment: .custom(environment.map(\.row)), workingDirectory: launch.folder.map { FilePath($0) },
                platformOptions: options, input: .fileDescriptor(input, closeAfterSpawningProcess: true),
                output: .fileDescriptor(output.standardOutput, closeAfterSpawningProcess: true),
                error: .fileDescriptor(output.standardError, closeAfterSpawningProcess: true)
            ) { execution in
                isStarted.store(true, ordering: .relaxed)
                let leader = execution.processIdentifier.value
                keeper.started(ticket, leader: leader)
                ending.started(leader: leader)
                await started()
                watch()
                for reader in output.readers { reader.start() }
            }
            switch outcome.terminationStatus {
            case .exited(let code): return .success(.exited(code))
            case .signaled(let signal): return .success(.signalled(signal))
            }
        } catch {
            // Started, and then lost sight of: the sweep ends it.
            if isStarted.load(ordering: .relaxed) { return .success(.unknown) }
            return .failure(LaunchFailure(error, launch))
        }
    }

    private func watch() {
        let limits = launch.limits
        let now = ContinuousClock.now
        guard let first = [limits.silence, limits.total].compactMap(\.self).min() else { return }
        latestOutput.store((now - startedAt).nanoseconds, ordering: .relaxed)
        ending.watch(from: now.advanced(by: first)) { [weak self] in
            guard let self else { return nil }
            var next: ContinuousClock.Instant?
            if let total = limits.total {
                let end = startedAt.advanced(by: total)
                if end <= .now {
                    ending.end(.timeLimit)
                    return nil
                }
                next = end
            }
            if let silence = limits.silence {
                let latest = latestOutput.load(ordering: .relaxed)
                let end = startedAt.advanced(by: .nanoseconds(latest)).advanced(by: silence)
                if end <= .now {
                    ending.end(.silent)
                    return nil
                }
                next = next.map { min($0, end) } ?? end
            }
            return next
        }
    }
}

extension Duration {
    fileprivate var nanoseconds: Int64 {
        components.seconds * 1_000_000_000 + components.attoseconds / 1_000_000_000
    }
}

extension LaunchFailure {
    fileprivate init(_ error: any Error, _ launch: ProcessLaunch) {
        guard let error = error as? SubprocessError else {
            self = .refused(String(describing: error))
            return
        }
        switch error.code {
        case .executableNotFound: self = .programMissing(launch.program)
        case .failedToChangeWorkingDirectory: self = .folderMissing(launch.folder ?? "")
        default: self = .refused(error.description)
        }
    }
}
