import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { hasTool } from '../../../packages/dns/src/debian-tool.test-support.ts'
import { createGateway } from '../../../packages/gateway/src/create-gateway.ts'
import { PublishedZones } from '../../../packages/gateway/src/zones.test-support.ts'
import { exchange } from '../exchange.ts'
import { writeQuery } from '../query.ts'
import { readReply } from '../reply.ts'
import { type At, startKnot, startNsd, startUnbound, withFreePort } from '../servers.ts'
import { type Said, differencesOf, saidIn } from './compare.ts'
import { KNOWN, type Known, knownWithoutResolver } from './known.ts'
import { type Asked, makeQuestions } from './questions.ts'
import { Random } from '../random.ts'
import { type ZoneSet, makeZoneSet } from './zone-set.ts'

const QUESTIONS = 2000
const SEED = Number(process.env['SIGNPOST_DIFFERENTIAL_SEED'] ?? 1)

const tools = [
  hasTool(['/usr/sbin/unbound', '-V'], 'unbound'),
  hasTool(['/usr/sbin/nsd', '-v'], 'nsd'),
  hasTool(['/usr/sbin/knotd', '--version'], 'knot'),
]

interface Servers extends AsyncDisposable {
  readonly zones: ZoneSet
  readonly unbound: At
  /** It forwards to an unbound of its own. */
  readonly behindUnbound: At
  /** It forwards to the first authority itself. */
  readonly behindNsd: At
}

async function startServers(random: Random): Promise<Servers> {
  const zones = makeZoneSet(random, { primary: '127.0.0.1', delegated: '127.0.0.2' })
  return withFreePort(async port => {
    await using stack = new AsyncDisposableStack()
    const at = (last: number): At => ({ host: `127.0.0.${last}`, port })
    const [nsd, knot] = [at(1), at(2)]
    stack.use(await startNsd(nsd, zones.primary))
    stack.use(await startKnot(knot, zones.delegated))
    const delegations = [
      ...zones.primary.map(({ origin }) => ({ origin, at: nsd })),
      ...zones.delegated.map(({ origin }) => ({ origin, at: knot })),
    ]
    const unbound = stack.use(await startUnbound(at(3), delegations))
    const upstream = stack.use(await startUnbound(at(4), delegations))
    const gateway = async (last: number, upstreamAt: At): Promise<At> => {
      const started = await createGateway({
        resolver: new PublishedZones(),
        listen: [at(last)],
        upstreams: [upstreamAt],
        // The name servers are on this machine.
        rebinding: { protect: false },
      })
      return stack.use(started).addresses[0] as At
    }
    const [behindUnbound, behindNsd] = [await gateway(5, upstream.at), await gateway(6, nsd)]
    const kept = stack.move()
    return {
      zones,
      unbound: unbound.at,
      behindUnbound,
      behindNsd,
      [Symbol.asyncDispose]: () => kept.disposeAsync(),
    }
  })
}

/** Over UDP, and over TCP where that does not do. */
async function ask(at: At, { name, type }: Asked, id: number): Promise<Said> {
  const { octets } = writeQuery({ name, type, edns: {} }, '.', id)
  for (const transport of ['udp', 'tcp'] as const) {
    const reply = await exchange(at, transport, octets)
    if (reply === undefined) throw new Error(`${at.host} does not answer ${name} ${type}`)
    if (((reply[2] as number) & 0x02) === 0) return saidIn(readReply(reply))
  }
  throw new Error(`${at.host} truncates ${name} ${type} over TCP`)
}

describe.skipIf(tools.includes(false))('differential', () => {
  const random = new Random(SEED)
  let servers: Servers
  beforeAll(async () => {
    servers = await startServers(random)
  })
  afterAll(async () => {
    await servers[Symbol.asyncDispose]()
  })

  test(`${QUESTIONS} questions have the same answers as from unbound, whatever a gateway forwards to`, async () => {
    const { zones, unbound, behindUnbound, behindNsd } = servers
    const withoutResolver = knownWithoutResolver(zones.delegated.map(({ origin }) => origin))
    const seen = new Map<string, number>()
    const surprises: string[] = []
    const compare = (
      front: string,
      known: readonly Known[],
      asked: Asked,
      ours: Said,
      theirs: Said,
    ): void => {
      for (const difference of differencesOf(ours, theirs)) {
        const reason = known.find(one => one.applies(difference, asked, theirs))?.reason
        if (reason === undefined)
          surprises.push(`${front}, ${asked.name} ${asked.type}: ${difference.of} ${difference.text}`)
        else seen.set(`${front}: ${reason}`, (seen.get(`${front}: ${reason}`) ?? 0) + 1)
      }
    }
    const rcodes = new Map<string, number>()
    for (const asked of makeQuestions(random, zones, QUESTIONS)) {
      const id = random.below(0x10000)
      const [theirs, first, second] = await Promise.all([
        ask(unbound, asked, id),
        ask(behindUnbound, asked, id),
        ask(behindNsd, asked, id),
      ])
      compare('behind unbound', KNOWN, asked, first, theirs)
      compare('behind NSD', withoutResolver, asked, second, theirs)
      const kind = `${theirs.rcode}${theirs.answers.size > 0 ? ' with answers' : ''}`
      rcodes.set(kind, (rcodes.get(kind) ?? 0) + 1)
    }
    for (const [reason, count] of seen) console.log(`${count} times ${reason}`)
    expect(surprises, `seed ${SEED}`).toEqual([])
    // The questions are of every kind, and what is known stays rare.
    for (const kind of ['NOERROR', 'NOERROR with answers', 'NXDOMAIN', 'NXDOMAIN with answers'])
      expect(rcodes.get(kind) ?? 0, kind).toBeGreaterThan(QUESTIONS / 100)
    for (const { reason } of KNOWN)
      expect(seen.get(`behind unbound: ${reason}`) ?? 0, reason).toBeLessThan(QUESTIONS / 50)
  })
})
