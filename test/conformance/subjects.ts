import { readFile } from 'node:fs/promises'
import { createGateway } from '../../packages/gateway/src/create-gateway.ts'
import { PublishedZones, idOf } from '../../packages/gateway/src/zones.test-support.ts'
import type { Role } from './case.ts'
import {
  type At,
  type ZoneText,
  startBind,
  startKnot,
  startNsd,
  startUnbound,
  withFreePort,
} from './servers.ts'

/** A server that cases are put to. */
export interface Subject {
  /** As in a case's `deviates`. */
  readonly name: string
  readonly role: Role
  readonly at: At
  /** The zone below which the cases' relative names stand. */
  readonly origin: string
}

const ORIGIN = 'cases.example.net.'
const zoneId = idOf(1)
const OUR_ORIGIN = `${zoneId}.signpost.internal.`

export const SUBJECTS: readonly Pick<Subject, 'name' | 'role'>[] = [
  { name: 'signpost', role: 'resolver' },
  { name: 'unbound', role: 'resolver' },
  { name: 'bind', role: 'resolver' },
  { name: 'signpost', role: 'authority' },
  { name: 'nsd', role: 'authority' },
  { name: 'knot', role: 'authority' },
]

export interface Subjects extends AsyncDisposable {
  find(name: string, role: Role): Subject
}

/**
 * Two authorities for one name space, NSD and Knot, and in front of them three resolvers: this project's gateway, unbound and BIND. The
 * gateway forwards to an unbound of its own. The zone of the cases is there twice: as an ordinary one, and signed by its
 * owner.
 */
export async function startSubjects(): Promise<Subjects> {
  const zones = await readZones()
  return withFreePort(async port => {
    await using stack = new AsyncDisposableStack()
    const at = (last: number): At => ({ host: `127.0.0.${last}`, port })
    const start = async <T extends AsyncDisposable>(server: Promise<T>): Promise<T> => stack.use(await server)
    // BIND listens at addresses of interfaces only, and 127.0.0.1 is the only one of the loopback.
    const [nsd, knot] = [at(2), at(3)]
    await start(startNsd(nsd, zones.primary))
    await start(startKnot(knot, zones.delegated))
    const other = await start(
      startKnot(
        at(7),
        zones.primary.filter(({ origin }) => origin !== '.'),
      ),
    )
    // Every zone, since unbound would look for those of which it learns on the way at port 53.
    const delegations = [
      ...zones.primary.map(({ origin }) => ({ origin, at: nsd })),
      ...zones.delegated.map(({ origin }) => ({ origin, at: knot })),
    ]
    const unbound = await start(startUnbound(at(4), delegations))
    const upstream = await start(startUnbound(at(5), delegations))
    const bind = await start(startBind(at(1), nsd.host))
    const published = new PublishedZones()
    await published.publish(1, zones.ours)
    const gateway = await start(
      createGateway({
        resolver: published,
        listen: [at(6)],
        upstreams: [upstream.at],
        authorities: { port, loopback: true },
        now: () => published.now,
      }),
    )
    const ours = gateway.addresses[0] as At
    const subjects: readonly Subject[] = [
      { name: 'signpost', role: 'resolver', at: ours, origin: ORIGIN },
      { name: 'unbound', role: 'resolver', at: unbound.at, origin: ORIGIN },
      { name: 'bind', role: 'resolver', at: bind.at, origin: ORIGIN },
      { name: 'signpost', role: 'authority', at: ours, origin: OUR_ORIGIN },
      { name: 'nsd', role: 'authority', at: nsd, origin: ORIGIN },
      { name: 'knot', role: 'authority', at: other.at, origin: ORIGIN },
    ]
    const kept = stack.move()
    return {
      find: (name, role) => subjects.find(one => one.name === name && one.role === role) as Subject,
      [Symbol.asyncDispose]: () => kept.disposeAsync(),
    }
  })
}

interface Zones {
  /** At the first authority. */
  readonly primary: readonly ZoneText[]
  /** At the second one, for names that the first one hands over. */
  readonly delegated: readonly ZoneText[]
  /** What the owner signs. */
  readonly ours: string
}

async function readZones(): Promise<Zones> {
  const [root, cases, other, sub, signed] = (await Promise.all(
    ['root', 'cases', 'other', 'sub', 'signed'].map(readZone),
  )) as [string, string, string, string, string]
  return {
    primary: [
      { origin: '.', text: root },
      { origin: ORIGIN, text: cases },
      { origin: 'other.example.org.', text: other },
    ],
    delegated: [
      { origin: `sub.${ORIGIN}`, text: sub },
      { origin: `sub.${zoneId}.`, text: sub },
      { origin: 'signed.example.org.', text: signed, signed: true },
    ],
    ours: cases,
  }
}

function readZone(name: string): Promise<string> {
  return readFile(new URL(`zones/${name}.zone`, import.meta.url), 'utf8')
}
