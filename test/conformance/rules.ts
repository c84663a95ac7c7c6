import { nameText, rcodeText, toHex, typeText } from './notation.ts'
import { type WrittenQuery, payloadOf } from './query.ts'
import { Flag, type Question, type Reply, type WireRecord } from './reply.ts'
import type { Role, Transport } from './case.ts'

interface Circumstances {
  readonly role: Role
  readonly transport: Transport
}

type Rule = (reply: Reply, query: WrittenQuery, at: Circumstances) => string | undefined

/** What holds for every reply, whatever was asked. */
const RULES: Readonly<Record<string, Rule>> = {
  'RFC 1035, 4.1.1: the identifier comes back': (reply, query) =>
    reply.id === query.id ? undefined : `the identifier is ${reply.id}`,

  'RFC 1035, 4.1.1: QR is set': reply => (has(reply, 'QR') ? undefined : 'QR is clear'),

  'RFC 1035, 4.1.1: the opcode comes back': (reply, query) =>
    reply.opcode === ((query.flags >>> 11) & 0xf) ? undefined : `the opcode is ${reply.opcode}`,

  'RFC 1035, 4.1.1: RD comes back': (reply, query) =>
    isOtherOperation(reply) || has(reply, 'RD') === ((query.flags & Flag.RD) !== 0)
      ? undefined
      : 'RD is another',

  'RFC 1035, 4.1.1: Z is clear': reply =>
    !isOtherOperation(reply) && has(reply, 'Z') ? 'Z is set' : undefined,

  'RFC 4035, 3.2.2: CD comes back': (reply, query, { role }) =>
    role === 'authority' || isUnread(reply) || has(reply, 'CD') === ((query.flags & Flag.CD) !== 0)
      ? undefined
      : 'CD is another',

  'RFC 1034, 3.7: the question comes back as it was asked': (reply, query) => {
    if (query.questions.length === 0 || isOtherOperation(reply) || isUnread(reply)) return undefined
    const echoed = toHex(reply.octets.subarray(12, 12 + query.questions.length))
    return echoed === toHex(query.questions) ? undefined : 'the question is another'
  },

  'RFC 6891, 6.1.1 and 7: OPT answers OPT, and nothing else': (reply, query) => {
    if (query.edns?.broken === true) return undefined
    if (query.edns === undefined)
      return reply.opt === undefined ? undefined : 'there is OPT where none was sent'
    return reply.opt === undefined && !isUnread(reply) ? 'there is no OPT' : undefined
  },

  'RFC 6891, 6.1.3: the version is one that is spoken': ({ opt }) =>
    opt === undefined || opt.version === 0 ? undefined : `the EDNS version is ${opt.version}`,

  'RFC 6891, 6.1.4: unknown EDNS flags are clear': ({ opt }) =>
    opt === undefined || (opt.flags & 0x7fff) === 0
      ? undefined
      : `the EDNS flags are ${opt.flags.toString(16)}`,

  'RFC 3225, 3: DO comes back': (reply, query) =>
    reply.opt === undefined ||
    isUnread(reply) ||
    ((reply.opt.flags & 0x8000) !== 0) === (query.edns?.do === true)
      ? undefined
      : 'DO is another',

  'RFC 6891, 6.2.3: the payload size is one that a reply may have': ({ opt }) =>
    opt === undefined || opt.payload >= 512 ? undefined : `the payload size is ${opt.payload}`,

  'RFC 1035, 4.2.1, and RFC 6891, 6.2.5: no more octets than the client takes': (
    reply,
    query,
    { transport },
  ) =>
    transport === 'tcp' || reply.octets.length <= payloadOf(query)
      ? undefined
      : `there are ${reply.octets.length} octets where ${payloadOf(query)} may be`,

  'RFC 1035, 4.2.2: what fits into a TCP message is whole': (reply, _, { transport }) =>
    transport === 'tcp' && has(reply, 'TC') ? 'TC is set over TCP' : undefined,

  'RFC 1035, 4.1.1: a resolver says that it recurses': (reply, _, { role }) =>
    role === 'resolver' && isAboutName(reply) && !has(reply, 'RA') ? 'RA is clear' : undefined,

  'RFC 1035, 4.1.1: AA is for whoever has the zone': (reply, _, { role }) =>
    role === 'resolver' && has(reply, 'AA') && reply.questions.every(isAboutInternet)
      ? 'AA is set'
      : undefined,

  'RFC 2181, 5: the records of a section differ': reply =>
    [reply.answers, reply.authorities].map(firstTwice).find(twice => twice !== undefined),

  'RFC 2181, 5.2: the records of an RRset have one TTL': reply => {
    const ttls = new Map<string, number>()
    for (const { name, type, ttl, rdata } of reply.answers) {
      // The RRSIGs of a name are of several RRsets (RFC 4034, section 3).
      if (type === 46) continue
      const key = `${nameText(name).toLowerCase()} ${typeText(type)}`
      if ((ttls.get(key) ?? ttl) !== ttl) return `${key} has two TTLs (${toHex(rdata)})`
      ttls.set(key, ttl)
    }
    return undefined
  },

  'RFC 1034, 4.3.2: an alias comes before what it leads to': (reply, query) => chainProblem(reply, query),

  'RFC 2308, 2 and 5: a denial has the SOA, and its TTL is how long it may be kept': reply => {
    if (!isDenial(reply)) return undefined
    const [soa, second] = reply.authorities.filter(({ type }) => type === 6)
    if (soa === undefined) return 'there is no SOA'
    if (second !== undefined) return 'there are two SOAs'
    const [a = 0, b = 0, c = 0, d = 0] = soa.rdata.subarray(-4)
    const minimum = a * 0x1000000 + b * 0x10000 + c * 0x100 + d
    return soa.ttl > minimum ? `the SOA has TTL ${soa.ttl} and minimum ${minimum}` : undefined
  },
}

/** The rules that a reply breaks, each with what it does instead. */
export function brokenRules(reply: Reply, query: WrittenQuery, at: Circumstances): string[] {
  return Object.entries(RULES).flatMap(([rule, check]) => {
    const problem = check(reply, query, at)
    return problem === undefined ? [] : [`${problem} (${rule})`]
  })
}

function has(reply: Reply, flag: keyof typeof Flag): boolean {
  return (reply.flags & Flag[flag]) !== 0
}

/** The server did not read the query to its end, or did not want to. */
function isUnread(reply: Reply): boolean {
  return ['FORMERR', 'NOTIMP'].includes(rcodeText(reply.rcode))
}

/** Other operations may use the header's bits and the sections in other ways (RFC 6895, section 2.1). */
function isOtherOperation({ opcode }: Reply): boolean {
  return opcode !== 0
}

function isAboutName(reply: Reply): boolean {
  const isQuestion = reply.questions.length > 0 && reply.questions.every(isAboutInternet)
  return isQuestion && ['NOERROR', 'NXDOMAIN', 'SERVFAIL'].includes(rcodeText(reply.rcode))
}

/** NXDOMAIN, or NOERROR that ends at a name without the type that was asked for. */
function isDenial(reply: Reply): boolean {
  const [question] = reply.questions
  if (question === undefined || has(reply, 'TC') || reply.opcode !== 0) return false
  if (rcodeText(reply.rcode) === 'NXDOMAIN') return true
  const isReferral = reply.authorities.some(({ type }) => type === 2) && !has(reply, 'AA')
  return rcodeText(reply.rcode) === 'NOERROR' && reply.answers.length === 0 && !isReferral
}

function isAboutInternet(question: Question): boolean {
  return question.class === 1
}

function firstTwice(records: readonly WireRecord[]): string | undefined {
  const seen = new Set<string>()
  for (const { name, type, rdata } of records) {
    const text = `${nameText(name).toLowerCase()} ${typeText(type)} ${toHex(rdata)}`
    if (seen.has(text)) return `there is ${text} twice`
    seen.add(text)
  }
  return undefined
}

const [CNAME, DNAME, ANY] = [5, 39, 255]

function chainProblem({ answers }: Reply, query: WrittenQuery): string | undefined {
  if (query.name === undefined || query.type === CNAME || query.type === ANY) return undefined
  let name = nameText(query.name).toLowerCase()
  for (const record of answers) {
    const owner = nameText(record.name).toLowerCase()
    if (record.type === DNAME && query.type !== DNAME) {
      if (!name.endsWith(`.${owner}`)) return `the DNAME at ${owner} stands where ${name} is looked for`
    } else if (owner !== name && record.type !== 46) return `${owner} stands where ${name} is looked for`
    if (record.type === CNAME) name = nameText(record.rdata).toLowerCase()
  }
  return undefined
}
