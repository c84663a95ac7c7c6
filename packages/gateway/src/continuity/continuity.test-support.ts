import { type Name, RrType, parseName, parseZoneFile } from '@signpost/dns'
import { type Found, fromUpstream } from '../outcome.ts'
import type { Query } from '../query.ts'
import type { OwnerZones } from './pins/owner-zones.ts'
import type { Trouble } from './trouble.ts'
import type { Witnesses } from './witnesses/witnesses.ts'

/** What an answer or denial is made of: `answer` has the records of a zone file. */
export function found(kind: Found['kind'], zoneFile = ''): Found {
  const records = parseZoneFile(`${zoneFile}\n`, { origin: parseName('.'), defaultTtl: 300 })
  return {
    kind,
    answers: records.filter(({ type }) => type !== RrType.SOA),
    authorities: records.filter(({ type }) => type === RrType.SOA),
    provenance: fromUpstream,
    age: 0,
  }
}

/** Owners' zones by the name that is asked for, whatever its type. */
export class FakeOwnerZones implements OwnerZones {
  readonly known = new Map<string, Found>()
  readonly asked: string[] = []
  readonly seen: string[] = []
  failing = false

  async answer({ question }: Query): Promise<Found | undefined> {
    this.asked.push(question.name.toString())
    if (this.failing) throw new Error('the zone cannot be read')
    return this.known.get(question.name.toString())
  }

  noticed(name: Name): void {
    this.seen.push(name.toString())
  }
}

/** What witnesses agree on, by the name that is asked for. */
export class FakeWitnesses implements Witnesses {
  readonly known = new Map<string, Found>()
  readonly asked: [string, Trouble][] = []

  async answer({ question }: Query, reason: Trouble): Promise<Found | undefined> {
    this.asked.push([question.name.toString(), reason])
    return this.known.get(question.name.toString())
  }
}
