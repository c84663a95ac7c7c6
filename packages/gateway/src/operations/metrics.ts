import type { GatewayStats } from '../stats.ts'
import type { UpstreamStats } from '../upstream/forwarding.ts'

/** The media type of what {@link printMetrics} gives. */
export const METRICS_TYPE = 'text/plain; version=0.0.4; charset=utf-8'

interface Sample {
  readonly labels?: Readonly<Record<string, string>>
  readonly value: number
}

/** A family of samples in the text format of Prometheus, version 0.0.4. */
function family(name: string, type: 'counter' | 'gauge', help: string, samples: readonly Sample[]): string {
  const lines = samples.map(({ labels = {}, value }) => {
    const pairs = Object.entries(labels).map(([label, text]) => `${label}="${escaped(text)}"`)
    return `${name}${pairs.length === 0 ? '' : `{${pairs.join(',')}}`} ${value}`
  })
  return [`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`, ...lines, ''].join('\n')
}

function escaped(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')
}

function counter(name: string, help: string, samples: readonly Sample[]): string {
  return family(`signpost_${name}_total`, 'counter', help, samples)
}

function gauge(name: string, help: string, samples: readonly Sample[]): string {
  return family(`signpost_${name}`, 'gauge', help, samples)
}

function one(value: number): Sample[] {
  return [{ value }]
}

function each(counts: Readonly<Record<string, number>>, label: string): Sample[] {
  return Object.entries(counts).map(([text, value]) => ({ labels: { [label]: text }, value }))
}

/** By upstream, since one may stand in several routes; without those of which there is nothing to say. */
function eachUpstream(
  { upstreams }: GatewayStats['upstream'],
  valueOf: (upstream: UpstreamStats) => number | undefined,
): Sample[] {
  const values = new Map<string, number>()
  for (const one of upstreams) {
    const value = valueOf(one)
    if (value !== undefined) values.set(one.upstream, value)
  }
  return each(Object.fromEntries(values), 'upstream')
}

// One that has not answered yet is neither up nor down.
function isUp({ condition, roundTrip }: UpstreamStats): number | undefined {
  if (condition !== 'up') return 0
  return roundTrip === undefined ? undefined : 1
}

/** What a gateway did, as Prometheus reads it. Names of questions and addresses of clients are not in it. */
export function printMetrics(stats: GatewayStats): string {
  const { packets, silent, outcomes, limited, pending, cache, connections, upstream, continuity } = stats
  const expiry = stats.certificateExpiresAt
  return [
    counter('queries', 'Packets received.', each(packets, 'transport')),
    counter('silent', 'Packets that got no reply, being no queries.', one(silent)),
    counter('outcomes', 'Queries by how they ended.', each(outcomes, 'outcome')),
    counter(
      'limited',
      'Queries that a limit kept from being answered as they were asked.',
      each(limited, 'limit'),
    ),
    gauge('pending', 'Queries that wait for their reply.', one(pending)),
    counter('cache_hits', 'Questions answered from the cache.', one(cache.hits)),
    counter('cache_misses', 'Questions that the cache did not know.', one(cache.misses)),
    counter('cache_stale', 'Questions answered past the TTL of the answer.', one(cache.stale)),
    counter('cache_prefetched', 'Answers that were refreshed before they expired.', one(cache.prefetched)),
    counter('cache_evictions', 'Answers that went for want of space.', one(cache.evictions)),
    gauge('cache_entries', 'Answers in the cache.', one(cache.entries)),
    gauge('cache_bytes', 'Memory of the cache, estimated.', one(cache.octets)),
    ...(cache.disk === undefined
      ? []
      : [
          gauge('cache_disk_entries', 'Answers that are kept on disk.', one(cache.disk.entries)),
          gauge('cache_disk_bytes', 'Their octets.', one(cache.disk.octets)),
        ]),
    gauge('connections', 'Connections of clients.', each(connections.open, 'transport')),
    counter('connections_displaced', 'Idle connections closed for newer ones.', one(connections.displaced)),
    counter('connections_refused', 'Connections closed as they came.', one(connections.refused)),
    counter(
      'connections_untaken',
      'Connections closed whose clients took no replies.',
      one(connections.untaken),
    ),
    gauge(
      'certificate_expiry_seconds',
      'When the certificate expires, in seconds since the epoch.',
      expiry === undefined ? [] : one(Math.floor(expiry / 1000)),
    ),
    counter(
      'continuity_answers',
      'Answers given in the place of those of ordinary DNS.',
      each({ ...continuity.given }, 'source'),
    ),
    gauge('guard_answers', 'Guarded questions with a good answer.', one(continuity.guard.answers)),
    gauge(
      'guard_doubts',
      'Guarded questions that are in doubt, by what ordinary DNS says.',
      each(continuity.guard.doubts, 'trouble'),
    ),
    counter('guard_doubts_begun', 'Doubts that began.', one(continuity.guard.began)),
    counter(
      'guard_changes_accepted',
      'Changes that were believed in the end.',
      one(continuity.guard.accepted),
    ),
    gauge(
      'pins',
      'Domains that are pinned to zones, by how that is known.',
      each(continuity.owners.pins, 'by'),
    ),
    gauge('pin_conflicts', 'Those about which the user has to decide.', one(continuity.owners.conflicts)),
    counter('upstream_requests', 'Requests sent to other servers.', one(upstream.sent)),
    counter('upstream_failures', 'Those without a usable reply.', one(upstream.failed)),
    counter(
      'upstream_server_requests',
      'Requests sent to an upstream.',
      eachUpstream(upstream, ({ sent }) => sent),
    ),
    counter(
      'upstream_server_failures',
      'Those of them without a usable reply.',
      eachUpstream(upstream, ({ failed }) => failed),
    ),
    gauge(
      'upstream_up',
      '1 for an upstream that answers, else 0; absent while neither is known.',
      eachUpstream(upstream, isUp),
    ),
    gauge(
      'upstream_round_trip_seconds',
      'Time that replies of an upstream take, smoothed.',
      eachUpstream(upstream, ({ roundTrip }) => (roundTrip === undefined ? undefined : roundTrip / 1000)),
    ),
  ].join('')
}
