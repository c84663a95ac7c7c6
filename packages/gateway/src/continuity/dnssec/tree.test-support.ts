import { type Message, type Question, createQuery } from '@signpost/dns'
import { askTcp } from '../../asking.test-support.ts'
import type { Endpoint } from '../../endpoint.ts'
import type { Ask } from './ask.ts'
import { type SignedTree, type ZonePlan, signTree } from './signed-tree.test-support.ts'

const p256 = {}
const pin = '_signpost TXT "zone=k51"'

/** A root, two top level domains, and domains with everything that can be right or wrong about them. */
const PLANS: Readonly<Record<string, ZonePlan>> = {
  '.': { signing: p256 },
  'test.': { signing: { nsec3: {} }, records: 'ns A 127.0.0.1' },
  'open.': { signing: { nsec3: { optOut: true } } },
  'signed.test.': {
    signing: p256,
    records: `${pin}
www A 192.0.2.1
alias CNAME www
out CNAME www.nsec3.test.
toplain CNAME www.plain.test.
nowhere CNAME none.nsec3.test.
loop1 CNAME loop2
loop2 CNAME loop1
*.wild TXT "wild"
here.wild A 192.0.2.2
*.walias CNAME www
a.ent A 192.0.2.3
old DNAME nsec3.test.
UPPER MX 10 Mail.Example.
`,
  },
  'nsec3.test.': {
    signing: { algorithm: 'ED25519', nsec3: {} },
    records: `${pin}
www A 192.0.2.4
*.wild TXT "wild"
here.wild A 192.0.2.2
a.ent A 192.0.2.3
`,
  },
  'part.test.': { signing: { nsec3: { optOut: true } }, records: `${pin}\n*.wild TXT "wild"` },
  'free.signed.test.': { records: pin },
  'free.part.test.': { records: pin },
  'deep.signed.test.': { signing: p256, records: pin },
  'far.below.signed.test.': { signing: p256, records: pin },
  'plain.test.': { records: `${pin}\nwww A 192.0.2.5\ntosigned CNAME www.signed.test.` },
  'plain.open.': { records: pin },
  'signed.open.': { signing: p256, records: pin },
  'rsa256.test.': { signing: { algorithm: 'RSASHA256' }, records: pin },
  'rsa512.test.': { signing: { algorithm: 'RSASHA512' }, records: pin },
  'p384.test.': { signing: { algorithm: 'ECDSAP384SHA384', digest: 'SHA-384' }, records: pin },
  'ed448.test.': { signing: { algorithm: 'ED448' }, records: pin },
  'expired.test.': { signing: { inception: 'now-60d', expiration: 'now-30d' }, records: pin },
  'future.test.': { signing: { inception: 'now+30d', expiration: 'now+60d' }, records: pin },
  'wrongkey.test.': { signing: p256, ds: { of: 'signed.test.' }, records: pin },
  'unsigned.test.': { ds: { of: 'signed.test.' }, records: pin },
  'island.test.': { signing: p256, ds: 'none', records: pin },
  'digest1.test.': { signing: { digest: 'SHA-1' }, records: pin },
  'iterations.test.': { signing: { nsec3: { iterations: 100 } }, records: pin },
}

export async function signTestTree(): Promise<SignedTree> {
  return signTree(PLANS)
}

/** Asks one server, over TCP, so that what comes is whole. */
export function askServer(at: Endpoint, note: (question: Question) => void = () => {}): Ask {
  return async question => {
    note(question)
    return { kind: 'reply', message: await askTcp(at, requestFor(question)) }
  }
}

export function requestFor(question: Question, checkingDisabled = true): Message {
  const edns = { payloadSize: 1232, version: 0, dnssecOk: true, flags: 0, options: [] }
  return createQuery(question, { id: 1, checkingDisabled, edns })
}
