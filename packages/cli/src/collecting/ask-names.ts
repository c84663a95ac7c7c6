import type { StubAnswer } from '@signpost/gateway'
import { type Name, type ResourceRecord, RrType, printRrType } from '@signpost/dns'
import { ASKED_AT_ONCE, ASKED_NAMES } from './limits.ts'
import { setKey } from './set-key.ts'

/** Types of which a name is asked what it has, behind CNAME, which leaves no room for others. */
const TYPES: readonly number[] = [
  RrType.A,
  RrType.AAAA,
  RrType.MX,
  RrType.TXT,
  RrType.SRV,
  RrType.CAA,
  RrType.HTTPS,
  RrType.SVCB,
]

/** A question that got no answer. */
export interface FailedQuestion {
  readonly name: Name
  readonly type: number
  readonly reason: string
}

/** What names have, as far as servers said. */
export interface NamesAnswer {
  readonly records: readonly ResourceRecord[]
  readonly failures: readonly FailedQuestion[]
  /** Keys of the names that were asked for. */
  readonly asked: ReadonlySet<string>
  /** Keys of RRsets whose TTLs are what was left of them in a cache. */
  readonly cached: ReadonlySet<string>
  /** Names that were not asked for, since there are too many. */
  readonly skipped: readonly Name[]
}

export interface NamesQuestion {
  readonly names: readonly Name[]
  readonly ask: (name: Name, type: number) => Promise<StubAnswer>
  /** Where names in rdata that are at or below it are asked for too: their domain. None where absent. */
  readonly domain?: Name
  /** Types of single names besides those that every name is asked for. */
  readonly furtherTypes?: (name: Name) => readonly number[]
}

/** Asks for all that names have. What fails is said, and stops nothing else. */
export async function askNames({ names, ask, domain, furtherTypes }: NamesQuestion): Promise<NamesAnswer> {
  const records: ResourceRecord[] = []
  const failures: FailedQuestion[] = []
  const cached = new Set<string>()
  const skipped: Name[] = []
  const known = new Set<string>()
  const queue: Name[] = []
  const add = (name: Name): void => {
    if (known.has(name.key)) return
    if (known.size >= ASKED_NAMES) {
      if (skipped.length < ASKED_NAMES) skipped.push(name)
      return
    }
    known.add(name.key)
    queue.push(name)
  }
  const note = (name: Name, type: number, answer: StubAnswer): boolean => {
    if (answer.kind === 'failed') failures.push({ name, type, reason: answer.reason })
    if (answer.kind !== 'records') return false
    for (const record of answer.records) {
      records.push(record)
      if (!answer.authoritative) cached.add(setKey(record))
      if (domain !== undefined)
        for (const target of namesIn(record)) if (target.isAtOrBelow(domain)) add(target)
    }
    return answer.records.some(record => record.type === RrType.CNAME)
  }
  const askAll = async (name: Name): Promise<void> => {
    // Where an alias leads to a name that fails, questions for other types fail as well.
    if (note(name, RrType.CNAME, await ask(name, RrType.CNAME))) return
    for (const type of [...TYPES, ...(furtherTypes?.(name) ?? [])])
      if (note(name, type, await ask(name, type))) return
  }
  for (const name of names) add(name)
  const work = async (): Promise<void> => {
    for (let name = queue.shift(); name !== undefined; name = queue.shift()) await askAll(name)
  }
  // In rounds: the last name that is under way may lead to others.
  while (queue.length > 0) await Promise.all(Array.from({ length: ASKED_AT_ONCE }, async () => work()))
  return { records: withoutRepeats(records), failures, asked: known, cached, skipped }
}

function namesIn({ rdata, type }: ResourceRecord): Name[] {
  // The mailbox of an SOA or RP is no host.
  if (type === RrType.SOA || type === RrType.RP) return []
  return Object.values(rdata).filter((value): value is Name => isName(value))
}

function isName(value: unknown): value is Name {
  return typeof value === 'object' && value !== null && 'isAtOrBelow' in value
}

/** An alias comes with the answer to every question for its name. */
function withoutRepeats(records: readonly ResourceRecord[]): ResourceRecord[] {
  const aliases = new Set<string>()
  return records.filter(({ name, type }) => {
    if (type !== RrType.CNAME) return true
    const isNew = !aliases.has(name.key)
    aliases.add(name.key)
    return isNew
  })
}

/** `www A: the server answered SERVFAIL`. @param printName how a name is called. */
export function printFailure(
  { name, type, reason }: FailedQuestion,
  printName: (name: Name) => string,
): string {
  return `${printName(name)} ${printRrType(type)}: ${reason}`
}
