import { readFile, readdir } from 'node:fs/promises'
import { isRcode } from './notation.ts'

/** What a server is for: a resolver answers every name, an authority those of its zone. */
export type Role = 'resolver' | 'authority'
export type Transport = 'udp' | 'tcp'
export type FlagName = 'QR' | 'AA' | 'TC' | 'RD' | 'RA' | 'Z' | 'AD' | 'CD'

/** One exchange and what must come of it. `README.md` beside this file says what each field means. */
export interface Case {
  readonly name: string
  readonly source: string
  readonly roles: readonly Role[]
  readonly over: readonly Transport[]
  /** Several where they go out on one connection; each has its own reply, in any order. */
  readonly queries: readonly QueryDescription[]
  readonly stream?: StreamDescription
  /** Alternatives; `none` is silence. */
  readonly reply: 'none' | readonly ReplyDescription[]
  /** Why a server, by its name, does not do so. It then must not: what no longer deviates is an error too. */
  readonly deviates: Readonly<Record<string, string>>
}

/** How queries go out over TCP, where that counts. */
export interface StreamDescription {
  /** Octets before the first message. */
  readonly before?: string
  /** `one` write for all of them, or one for each of their `octets`. */
  readonly writes?: 'one' | 'octets'
  /** The client says that nothing more comes. */
  readonly end?: boolean
  /** The server may close the connection instead. */
  readonly mayClose?: boolean
}

export interface QueryDescription {
  readonly name?: string
  readonly type?: string
  readonly class?: string
  readonly flags?: readonly FlagName[]
  readonly opcode?: number
  readonly rcode?: number
  readonly questions?: readonly { readonly name: string; readonly type: string; readonly class?: string }[]
  readonly edns?: EdnsDescription
  readonly answer?: readonly string[]
  readonly authority?: readonly string[]
  readonly additional?: readonly string[]
  readonly trailing?: string
  readonly octets?: string
}

export interface EdnsDescription {
  readonly payload?: number
  readonly version?: number
  /** It stands among octets and cannot be read, so the reply may have EDNS or not. */
  readonly broken?: true
  readonly do?: boolean
  readonly flags?: number
  readonly options?: readonly { readonly code: number; readonly data: string }[]
}

export interface ReplyDescription {
  readonly rcode: readonly string[]
  readonly answer?: readonly string[]
  /** Types of records of which alone there may be any in the answer section. */
  readonly answerTypes?: readonly string[]
  readonly authority?: readonly string[] | 'soa' | 'proof' | 'any'
  readonly set?: readonly FlagName[]
  readonly clear?: readonly FlagName[]
  /** EDNS options that must be there: their codes, with the data where it counts. */
  readonly options?: readonly {
    readonly code: number
    readonly data?: string
    readonly length?: readonly number[]
  }[]
  readonly noOptions?: readonly number[]
  readonly signed?: boolean
  readonly ownersAsAsked?: boolean
  readonly opt?: boolean
}

const KEYS = {
  case: ['name', 'source', 'roles', 'over', 'query', 'stream', 'reply', 'deviates'],
  stream: ['before', 'writes', 'end', 'mayClose'],
  query: [
    'name',
    'type',
    'class',
    'flags',
    'opcode',
    'rcode',
    'questions',
    'edns',
    'answer',
    'authority',
    'additional',
    'trailing',
    'octets',
  ],
  reply: [
    'rcode',
    'answer',
    'answerTypes',
    'authority',
    'set',
    'clear',
    'options',
    'noOptions',
    'signed',
    'ownersAsAsked',
    'opt',
  ],
} as const

const DIRECTORY = new URL('cases/', import.meta.url)

/** All cases by the name of their file. @throws Error that names the case where one has a field that means nothing. */
export async function readCases(): Promise<Map<string, readonly Case[]>> {
  const files = (await readdir(DIRECTORY)).filter(file => file.endsWith('.json')).sort()
  const groups = new Map<string, readonly Case[]>()
  for (const file of files) {
    const written = JSON.parse(await readFile(new URL(file, DIRECTORY), 'utf8')) as WrittenCase[]
    groups.set(file.replace('.json', ''), written.map(complete))
  }
  const names = [...groups.values()].flat().map(({ name }) => name)
  const twice = names.find((name, at) => names.indexOf(name) !== at)
  if (twice !== undefined) throw new Error(`two cases have the name ${JSON.stringify(twice)}`)
  return groups
}

/** As it stands in its file, where what is usual is left out. */
type WrittenCase = Omit<Case, 'queries' | 'reply' | 'deviates' | 'roles' | 'over'> & {
  readonly query: QueryDescription | readonly QueryDescription[]
  readonly roles?: readonly Role[]
  readonly over?: readonly Transport[]
  readonly reply: 'none' | WrittenReply | readonly WrittenReply[]
  readonly deviates?: Readonly<Record<string, string>>
}
type WrittenReply = Omit<ReplyDescription, 'rcode'> & { readonly rcode: string | readonly string[] }

function complete(written: WrittenCase): Case {
  const { name, query, reply, ...rest } = written
  checkKeys(name, written, KEYS.case)
  checkKeys(name, written.stream ?? {}, KEYS.stream)
  const queries = [query].flat()
  for (const one of queries) checkKeys(name, one, KEYS.query)
  const alternatives = reply === 'none' ? [] : [reply].flat()
  for (const alternative of alternatives) {
    checkKeys(name, alternative, KEYS.reply)
    for (const rcode of [alternative.rcode].flat())
      if (!isRcode(rcode)) throw new Error(`the case ${JSON.stringify(name)} has an unknown rcode ${rcode}`)
  }
  return {
    ...rest,
    name,
    queries,
    roles: written.roles ?? ['resolver', 'authority'],
    over: written.over ?? ['udp', 'tcp'],
    reply: reply === 'none' ? 'none' : alternatives.map(one => ({ ...one, rcode: [one.rcode].flat() })),
    deviates: written.deviates ?? {},
  }
}

function checkKeys(name: string, value: object, known: readonly string[]): void {
  const unknown = Object.keys(value).find(key => !known.includes(key))
  if (unknown !== undefined)
    throw new Error(`the case ${JSON.stringify(name)} has an unknown field ${unknown}`)
}
