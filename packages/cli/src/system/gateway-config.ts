import type { HostPort } from '../values/host-port.ts'
import { printHostPort } from '../values/host-port.ts'
import type { FileChange } from './change.ts'

/** Where the gateway finds the servers for ordinary names. */
export type Upstreams =
  /** Wherever this kind of machine has them. */
  | { readonly kind: 'system' }
  /** In a file that is written as resolv.conf(5) is. */
  | { readonly kind: 'file'; readonly path: string }
  | { readonly kind: 'servers'; readonly servers: readonly string[] }

export interface ConfigWishes {
  readonly path: string
  readonly listen: readonly HostPort[]
  readonly upstreams: Upstreams
  readonly mode: number
}

/** The configuration that an installation writes where there is none. */
export function gatewayConfig({ path, listen, upstreams, mode }: ConfigWishes): FileChange {
  return {
    kind: 'file',
    path,
    mode,
    sentence: 'configures the gateway',
    ifChanged: 'leave',
    content: `# Signpost on this machine. "signpost install" wrote this file once and does not change it again.
# After a change: signpost gateway check ${path}

[gateway]
# Where DNS queries are taken, over UDP and TCP.
listen = ${list(listen.map(printHostPort))}
# The DNS servers for ordinary names.
${upstreamLines(upstreams).join('\n')}
`,
  }
}

/** As lines of the table `gateway`. */
export function upstreamLines(upstreams: Upstreams): string[] {
  switch (upstreams.kind) {
    case 'system':
      return ['upstreams = "system"']
    case 'file':
      return ['upstreams = "system"', `resolv-conf = ${text(upstreams.path)}`]
    case 'servers':
      return [`upstreams = ${list(upstreams.servers)}`]
  }
}

function list(values: readonly string[]): string {
  return `[${values.map(text).join(', ')}]`
}

/** A TOML basic string; JSON's escapes are a part of its. */
function text(value: string): string {
  return JSON.stringify(value)
}
