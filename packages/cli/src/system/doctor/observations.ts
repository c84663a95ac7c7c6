import type { DaemonStatus } from '../../daemon/status.ts'
import type { HostPort } from '../../values/host-port.ts'
import type { Scope } from '../change.ts'
import type { Listener } from '../facts.ts'
import type { Probe } from '../probe.ts'

/** What was seen of a machine. Plain data: what is made of it is decided elsewhere. */
export interface Observations {
  readonly platform: NodeJS.Platform
  /** Milliseconds since the epoch. */
  readonly now: number
  readonly dataDir: string
  readonly installation: Installation | undefined
  /** Undefined where there is no file. */
  readonly config: { readonly path: string; readonly problem: string | undefined } | undefined
  readonly daemon: DaemonSeen
  readonly suffix: string
  /** Where the gateway should answer. */
  readonly listening: readonly Asked[]
  /** Who listens at port 53, whoever it is. */
  readonly holders: readonly Listener[]
  /** The servers that programs of this machine ask, in order. */
  readonly resolvers: readonly Asked[]
  /** What the gateway says when asked for an ordinary name; undefined where it does not answer at all. */
  readonly ordinary: { readonly rcode: number; readonly explanations: readonly string[] } | undefined
  readonly clock: ClockSeen
  readonly disk: DiskSeen
}

export interface Installation {
  /** Whether this user may see what was installed; where not, all seems to be well. */
  readonly readable: boolean
  readonly finished: boolean
  /** Undefined where it does not show. */
  readonly scope: Scope | undefined
  /** Absolute path of the configuration that the service reads; undefined where it does not show. */
  readonly config: string | undefined
  /** Files that are not as they were installed. */
  readonly changed: readonly { readonly path: string; readonly gone: boolean }[]
  /** Undefined where there is no service manager to ask. */
  readonly service: { readonly active: boolean; readonly lastWords: string | undefined } | undefined
}

export type DaemonSeen =
  | { readonly kind: 'running'; readonly status: DaemonStatus }
  | { readonly kind: 'none' }
  /** It is there, and this user may not talk to it. */
  | { readonly kind: 'forbidden' }
  | { readonly kind: 'mute'; readonly problem: string }

export interface Asked {
  readonly at: HostPort
  readonly transport: 'udp' | 'tcp'
  readonly answer: Probe
}

export interface ClockSeen {
  /** Undefined where the machine does not say. */
  readonly synchronized: boolean | undefined
  /** Milliseconds since the epoch, of what this machine wrote last; undefined where there is nothing. */
  readonly lastWritten: number | undefined
  /** Followed zones with a record, and how many of those have expired. */
  readonly records: number
  readonly expired: number
}

export type DiskSeen =
  | { readonly kind: 'seen'; readonly freeOctets: number; readonly mode: number | undefined }
  | { readonly kind: 'absent' }
  | { readonly kind: 'forbidden' }
