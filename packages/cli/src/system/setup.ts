import type { HostPort } from '../values/host-port.ts'
import type { Scope } from './change.ts'

/** What an installation comes to, once it is clear where the gateway listens. */
export interface Setup {
  readonly scope: Scope
  readonly suffixes: readonly string[]
  /** Where the gateway is asked. */
  readonly at: HostPort
}
