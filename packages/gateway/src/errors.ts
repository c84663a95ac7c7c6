import { SignpostError } from '@signpost/dns'
import { printEndpoint } from './endpoint.ts'

/** An option that a gateway cannot run with. */
export class InvalidConfigError extends SignpostError {
  readonly code = 'INVALID_CONFIG'
  /** The option's path, such as `listen[0].port`. */
  readonly option: string

  constructor(message: string, option: string, options?: ErrorOptions) {
    super(message, options)
    this.option = option
  }
}

/** Another program listens where the gateway should. */
export class AddressInUseError extends SignpostError {
  readonly code = 'ADDRESS_IN_USE'
  readonly transport: 'udp' | 'tcp'
  readonly host: string
  readonly port: number

  constructor(transport: 'udp' | 'tcp', host: string, port: number, options?: ErrorOptions) {
    const at = printEndpoint({ host, port })
    const free = printEndpoint({ host, port: port === 5300 ? 5301 : 5300 })
    super(
      `${transport.toUpperCase()} ${at} is in use by another program; stop it, or listen elsewhere: --dns ${free}`,
      options,
    )
    this.transport = transport
    this.host = host
    this.port = port
  }
}
