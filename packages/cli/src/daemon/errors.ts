import { SignpostError } from '@signpost/dns'

/** No daemon listens for the data directory. */
export class DaemonNotRunningError extends SignpostError {
  readonly code = 'DAEMON_NOT_RUNNING'

  constructor(dataDir: string, options?: ErrorOptions) {
    super(`no signpost daemon runs on ${dataDir}; start one with: signpost up`, options)
  }
}

/** A second daemon on one data directory. */
export class DaemonRunningError extends SignpostError {
  readonly code = 'DAEMON_RUNNING'

  constructor(dataDir: string, pid: number | undefined, options?: ErrorOptions) {
    super(
      `a signpost daemon${pid === undefined ? '' : ` (process ${pid})`} runs on ${dataDir} already; ` +
        'use that one, stop it, or give this one its own directory with --data',
      options,
    )
  }
}

/** The daemon ended, or its connection broke, before it had answered. */
export class DaemonLostError extends SignpostError {
  readonly code = 'DAEMON_LOST'

  constructor(options?: ErrorOptions) {
    super('the signpost daemon stopped before it answered; see its log, then try again', options)
  }
}

/** The daemon speaks another version of the protocol than this command. */
export class DaemonVersionError extends SignpostError {
  readonly code = 'DAEMON_VERSION'

  constructor(daemon: string, command: string, options?: ErrorOptions) {
    super(
      `the running daemon speaks version ${daemon} of its protocol and this command version ${command}; ` +
        'restart the daemon with the signpost that you use now',
      options,
    )
  }
}

/** A request that the daemon cannot understand, or an answer that the command cannot. */
export class DaemonProtocolError extends SignpostError {
  readonly code = 'DAEMON_PROTOCOL'
}

/** A failure that the daemon reported, with the code and the plain fields that it has there. */
export class DaemonReportedError extends SignpostError {
  readonly code: string

  constructor(code: string, message: string, fields: object = {}) {
    super(message)
    Object.assign(this, fields)
    this.code = code
  }
}

export class SocketPathTooLongError extends SignpostError {
  readonly code = 'SOCKET_PATH_TOO_LONG'
  readonly path: string

  constructor(path: string, length: number, limit: number) {
    super(
      `the socket ${path} would have a path of ${length} octets, and this system allows ${limit}; ` +
        'give a data directory with a shorter path with --data',
    )
    this.path = path
  }
}
