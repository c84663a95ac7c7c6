import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Entry } from './contestants/contestant.ts'
import { ENTRIES } from './contestants/entries.ts'
import type { Log } from './log.ts'
import { Children } from './machine/children.ts'
import { Peers } from './machine/peers.ts'
import { type Places, ownPlaces, sharedPlaces } from './machine/places.ts'
import { Service } from './machine/service.ts'
import { Member } from './member.ts'
import { publishOwnersZone } from './owner.ts'
import { Path } from './provider/path.ts'
import { Provider } from './provider/provider.ts'
import { SERVICE } from './provider/zone-text.ts'
import type { Program } from './station/settings.ts'
import { programsHere } from './station/programs.ts'
import { startWitnesses } from './witnesses.ts'

export interface SceneOptions {
  readonly log: Log
  /** Whether this process is in a network of its own. */
  readonly ownSpace: boolean
  readonly stop: AbortSignal
  readonly preparing: (what: string) => void
}

/** Peers besides owners, witnesses and contestants. */
const PEERS = 6

/** All that a drill is held with. What was started ends with it. */
export interface Scene extends AsyncDisposable {
  readonly provider: Provider
  readonly path: Path
  readonly peers: Peers
  readonly programs: readonly Program[]
  readonly members: readonly Member[]
  /** Contestants that could not take part, with the reason. */
  readonly absent: readonly { readonly title: string; readonly reason: string }[]
  /** Requests that came to an address which only the owner's zone has. Undefined where there is none. */
  readonly standbyServed: () => number | undefined
}

/** Starts everything but the contestants' resolvers. */
export async function setScene({ log, ownSpace, stop, preparing }: SceneOptions): Promise<Scene> {
  await using stack = new AsyncDisposableStack()
  const directory = await mkdtemp(join(tmpdir(), 'signpost-drill-'))
  stack.defer(async () => rm(directory, { recursive: true, force: true }))
  const children = stack.use(new Children(stop))
  const places = ownSpace ? ownPlaces : sharedPlaces
  const programs = programsHere(ownSpace)

  preparing('the service, its provider and a network of peers')
  const { fleet, standby } = places
  const owned = standby === undefined ? fleet : [standby]
  const service = stack.use(await Service.start(new Set([...fleet, ...owned]), places.servicePort))
  const provider = stack.use(
    await Provider.start({
      children,
      directory: join(directory, 'provider'),
      at: await places.authority(),
      fleet,
      onReport: report => log.enacted(report),
    }),
  )
  const path = stack.use(new Path(provider.authority.at))
  const network = `drill-${randomBytes(4).toString('hex')}`
  const peers = await Peers.start(children, directory, PEERS, network)
  stop.throwIfAborted()

  preparing("the owner's signed zone, and witnesses")
  provider.setPin(await publishOwnersZone(children, join(directory, 'owner'), owned, peers.join))
  const witnesses = await startWitnesses({ children, directory, path, join: peers.join, name: SERVICE })
  stop.throwIfAborted()

  preparing('the contestants')
  const { members, absent } = await cast(places, async (entry, dns) => {
    const upstream: number[] = []
    const seen = (): void => {
      const second = Math.max(0, Math.floor(log.now() / 1000))
      upstream[second] = (upstream[second] ?? 0) + 1
    }
    const stage = {
      children,
      directory: join(directory, entry.id),
      dns,
      upstream: await path.open({ host: '127.0.0.1', port: 0 }, seen),
      name: SERVICE,
      join: peers.join,
      witnesses,
    }
    return new Member({ entry, stage, programs, servicePort: service.port, ownSpace, upstream })
  })
  for (const member of members) stack.use(member)
  const started = stack.move()
  return {
    provider,
    path,
    peers,
    programs,
    members,
    absent,
    standbyServed: () => (standby === undefined ? undefined : (service.served.get(standby) ?? 0)),
    [Symbol.asyncDispose]: async () => started.disposeAsync(),
  }
}

type MakeMember = (entry: Entry, dns: { readonly host: string; readonly port: number }) => Promise<Member>

async function cast(places: Places, make: MakeMember): Promise<Pick<Scene, 'members' | 'absent'>> {
  const members: Member[] = []
  const absent: { title: string; reason: string }[] = []
  for (const [at, entry] of ENTRIES.entries()) {
    const reason = entry.absence()
    if (reason === undefined) members.push(await make(entry, await places.dns(at)))
    else absent.push({ title: entry.title, reason })
  }
  return { members, absent }
}
