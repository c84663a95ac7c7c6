import { Rcode } from '@signpost/dns'
import type { GatewayStats } from '@signpost/gateway'
import { type Check, fail, ok, warn } from './check.ts'
import type { Observations } from './observations.ts'
import { rcodeName } from './path-checks.ts'

type Upstream = GatewayStats['upstream']['upstreams'][number]

/** Whether ordinary names can be looked up. */
export function checkUpstreams(seen: Observations): Check | undefined {
  const name = 'upstreams'
  const upstreams = upstreamsOf(seen)
  const { ordinary, installation } = seen
  if (upstreams === undefined || ordinary === undefined) return undefined
  if (upstreams.length === 0) {
    const sentence =
      'the gateway knows no upstream, so ordinary names are refused, also those that zones lead to'
    const mend = 'add upstreams to the table [gateway] of the configuration, such as upstreams = "system"'
    return installation?.scope === 'all' ? fail(name, sentence, mend) : warn(name, sentence, mend)
  }
  // Then it is the loops that have to be mended.
  if (upstreams.every(({ condition }) => condition === 'loop')) return undefined
  const { rcode, explanations } = ordinary
  const down = upstreams.filter(({ condition }) => condition === 'down')
  if (rcode === Rcode.SERVFAIL || rcode === Rcode.REFUSED)
    return fail(
      name,
      `ordinary names cannot be looked up: ${rcodeName(rcode)}${explanations.map(text => `, ${text}`).join('')}`,
      `check that this machine reaches ${names(upstreams)}, or name other upstreams`,
    )
  return down.length === 0
    ? ok(name, `ordinary names are looked up through ${names(upstreams)}`)
    : warn(
        name,
        `of the upstreams, ${names(down)} did not answer last; others do`,
        `check ${names(down)}, or take it out`,
      )
}

/** Upstreams that ask the gateway for what it asks them. */
export function checkLoops(seen: Observations): Check | undefined {
  const upstreams = upstreamsOf(seen)
  if (upstreams === undefined) return undefined
  const loops = upstreams.filter(({ condition }) => condition === 'loop')
  return loops.length === 0
    ? ok('loops', 'no upstream sends questions back to the gateway')
    : fail(
        'loops',
        `${names(loops)} sends what the gateway asks back to the gateway, so it is not used`,
        'name servers of your network or your provider as upstreams instead',
      )
}

function upstreamsOf({ daemon }: Observations): readonly Upstream[] | undefined {
  return daemon.kind === 'running' ? daemon.status.gateway?.stats.upstream.upstreams : undefined
}

function names(upstreams: readonly Upstream[]): string {
  return [...new Set(upstreams.map(({ upstream }) => upstream))].join(', ')
}
