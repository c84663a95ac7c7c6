import type { Contender, Publication, Reader } from './contender.ts'
import { type Aim, median, printAims, printTimes, quantile, untilIdle } from './measure.ts'
import { startOurContender } from './our-network.ts'
import { startStockContender } from './stock-network.ts'

const PEERS = 24
/** The last peers, so that the bootstraps and those that publish are not among them. */
const FROZEN = 6
const HALF = 12
const BOOTSTRAPS = 3
const PUBLISHERS = [3, 4, 5]
const ROUNDS = 3

interface Plan {
  readonly names: number
  /** Readers among frozen peers, at the same time. Each gets its share of the names. */
  readonly readers: number
  /** Names that they look for among frozen peers, all together. */
  readonly lookups: number
}

interface Measured {
  readonly what: string
  readonly publications: readonly Publication[]
  readonly healthy: readonly number[]
  readonly frozen: readonly number[]
  /** One list for each round. */
  readonly frozenPublications: readonly (readonly Publication[])[]
  readonly half: readonly number[]
}

/**
 * Publishing and resolving on loopback, next to kad-dht's own put and get, with all peers well, with a quarter of them
 * frozen, and with half of them frozen and the bootstraps gone. All peers of a network and its readers share this
 * process, so a time is mostly their common work.
 */
export async function benchNetwork(): Promise<void> {
  const ours = await measure(startOurContender, { names: 100, readers: 1, lookups: 100 })
  // A stock lookup among frozen peers takes seconds, and more each time that its host makes one: a host for each.
  const stock = await measure(startStockContender, { names: 24, readers: 8, lookups: 8 })
  const both = [ours, stock]
  printTimes(
    `Publish to ${PEERS} peers (ours looks up the sequence, puts, looks what stands, and tells followers; stock puts)`,
    both.map(({ what, publications }) => rowOf(what, publications)),
  )
  printTimes(
    'Resolve a name for the first time, to the first verified answer (stock: until get ends)',
    both.map(({ what, healthy }) => ({ what, runs: healthy })),
  )
  printTimes(
    `The same with ${FROZEN} of the ${PEERS} peers frozen (stock: the first lookup of each reader)`,
    both.map(({ what, frozen }) => ({ what, runs: frozen })),
  )
  printAims([aim('p50', ours.frozen, 0.5, 100), aim('p95', ours.frozen, 0.95, 500)])
  for (const round of Array(ROUNDS).keys())
    printTimes(
      `Publish with ${FROZEN} of the ${PEERS} peers frozen, ${PUBLISHERS.length} publishers at once, time ${round + 1} of each`,
      both.map(({ what, frozenPublications }) => rowOf(what, frozenPublications[round]!)),
    )
  printTimes(
    `Resolve with ${HALF} of the ${PEERS} peers frozen and the ${BOOTSTRAPS} bootstraps stopped`,
    both.map(({ what, half }) => ({ what, runs: half })),
  )
  printAims([aim('p95', ours.half, 0.95, 2_000)])
}

async function measure(start: (peers: number) => Promise<Contender>, plan: Plan): Promise<Measured> {
  await using network = await start(PEERS)
  const { what } = network
  const publications: Publication[] = []
  for (let at = 0; at < plan.names; at++) {
    publications.push(await network.publish(PUBLISHERS[at % PUBLISHERS.length]!))
    await untilIdle()
  }
  // Whoever reads later must have met the network while it was well.
  await using first = await joinAll(network, 1)
  await using second = await joinAll(network, plan.readers)
  await using third = await joinAll(network, plan.readers)

  const healthy = await resolveAll(first.readers, plan.names)
  await network.freeze(PEERS - FROZEN, PEERS)
  const frozen = await resolveAll(second.readers, plan.lookups)
  const frozenPublications: Publication[][] = []
  for (let round = 0; round < ROUNDS; round++)
    frozenPublications.push(await Promise.all(PUBLISHERS.map(async from => network.publish(from))))
  await network.freeze(PEERS - HALF, PEERS - FROZEN)
  await network.stop(0, BOOTSTRAPS)
  const half = await resolveAll(third.readers, plan.lookups)
  return { what, publications, healthy, frozen, frozenPublications, half }
}

async function joinAll(
  network: Contender,
  count: number,
): Promise<{ readonly readers: readonly Reader[] } & AsyncDisposable> {
  const readers: Reader[] = []
  for (let at = 0; at < count; at++) readers.push(await network.join())
  return {
    readers,
    [Symbol.asyncDispose]: async () => {
      for (const reader of readers) await reader[Symbol.asyncDispose]()
    },
  }
}

/** Each reader resolves its share of the names, one after the other. */
async function resolveAll(readers: readonly Reader[], names: number): Promise<number[]> {
  const times: number[] = []
  await Promise.all(
    readers.map(async (reader, first) => {
      for (let at = first; at < names; at += readers.length) {
        times.push(await reader.resolve(at))
        await untilIdle()
      }
    }),
  )
  return times
}

function rowOf(what: string, publications: readonly Publication[]): { what: string; runs: number[] } {
  const acks = median(publications.map(publication => publication.acks))
  return { what: `${what}, ${acks} acks`, runs: publications.map(({ time }) => time) }
}

function aim(name: string, times: readonly number[], q: number, under: number): Aim {
  return { what: name, value: quantile(times, q), unit: 'ms', under }
}
