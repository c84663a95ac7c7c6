import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { hasTool } from '../../../../dns/src/debian-tool.test-support.ts'
import { Rcode, RrClass, parseName, parseRrType } from '@signpost/dns'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { askTcp } from '../../asking.test-support.ts'
import { type DebianServer, startNsdOf, startUnbound } from '../../debian-servers.test-support.ts'
import { limitsWith } from '../../limits.ts'
import { type Forwarding, createForwarding } from '../../upstream/forwarding.ts'
import { plainUpstream } from '../../upstream/upstream.ts'
import { type Ask, askThrough } from './ask.ts'
import { printVerdict } from './model.test-support.ts'
import { askServer, requestFor, signTestTree } from './tree.test-support.ts'
import { parseTrustAnchors } from './trust-anchors.ts'
import { createValidator } from './validator.ts'
import type { Verdict } from './verdict.ts'

const run = promisify(execFile)
const hasTools =
  hasTool(['/usr/sbin/unbound', '-V'], 'unbound') &&
  hasTool(['/usr/sbin/nsd', '-v'], 'nsd') &&
  hasTool(['delv', '-v'], 'bind9-dnsutils') &&
  hasTool(['dnssec-signzone', '-V'], 'bind9-utils') &&
  hasTool(['ldns-signzone', '-v'], 'ldnsutils')

/** Name and type, our verdict, and what unbound and delv make of it where they are to differ. */
type Row = [question: string, verdict: string, unbound?: string, delv?: string]

const rows: Row[] = [
  ['_signpost.signed.test. TXT', 'secure'],
  ['signed.test. SOA', 'secure'],
  ['signed.test. DNSKEY', 'secure'],
  ['signed.test. DS', 'secure'],
  ['upper.signed.test. MX', 'secure'],
  ['alias.signed.test. A', 'secure'],
  ['out.signed.test. A', 'secure'],
  ['x.y.wild.signed.test. TXT', 'secure'],
  ['x.walias.signed.test. A', 'secure'],
  ['www.old.signed.test. A', 'secure'],
  ['_signpost.nsec3.test. TXT', 'secure'],
  ['x.y.wild.nsec3.test. TXT', 'secure'],
  ['_signpost.part.test. TXT', 'secure'],
  ['_signpost.deep.signed.test. TXT', 'secure'],
  ['_signpost.far.below.signed.test. TXT', 'secure'],
  ['_signpost.signed.open. TXT', 'secure'],
  ['_signpost.rsa256.test. TXT', 'secure'],
  ['_signpost.rsa512.test. TXT', 'secure'],
  ['_signpost.p384.test. TXT', 'secure'],
  ['_signpost.ed448.test. TXT', 'secure'],

  ['none.signed.test. TXT', 'denied no-name'],
  ['none.nsec3.test. TXT', 'denied no-name'],
  ['x.none.signed.test. TXT', 'denied no-name'],
  ['x.none.nsec3.test. TXT', 'denied no-name'],
  ['none.test. TXT', 'denied no-name'],
  ['none. TXT', 'denied no-name'],
  ['nowhere.signed.test. A', 'denied no-name'],
  ['none.old.signed.test. A', 'denied no-name'],
  ['www.signed.test. TXT', 'denied no-data'],
  ['www.nsec3.test. TXT', 'denied no-data'],
  ['www.signed.test. DS', 'denied no-data'],
  ['ent.signed.test. TXT', 'denied no-data'],
  ['ent.nsec3.test. TXT', 'denied no-data'],
  ['below.signed.test. TXT', 'denied no-data'],
  ['here.wild.signed.test. TXT', 'denied no-data'],
  ['x.wild.signed.test. A', 'denied no-data'],
  ['x.wild.nsec3.test. A', 'denied no-data'],
  ['plain.test. DS', 'denied no-data'],
  ['alias.signed.test. TXT', 'denied no-data'],

  ['_signpost.plain.test. TXT', 'insecure plain.test.'],
  ['none.plain.test. TXT', 'insecure plain.test.'],
  ['_signpost.island.test. TXT', 'insecure island.test.'],
  ['_signpost.plain.open. TXT', 'insecure plain.open.'],
  ['plain.open. DS', 'insecure plain.open.', 'insecure', 'denied'],
  ['none.open. TXT', 'insecure none.open.', 'insecure', 'denied'],
  ['_signpost.free.signed.test. TXT', 'insecure free.signed.test.'],
  ['_signpost.free.part.test. TXT', 'insecure free.part.test.'],
  ['x.wild.part.test. TXT', 'insecure x.wild.part.test.'],
  ['none.part.test. TXT', 'insecure none.part.test.', 'insecure', 'denied'],
  ['toplain.signed.test. A', 'insecure plain.test.'],
  ['tosigned.plain.test. A', 'insecure plain.test.'],

  ['_signpost.expired.test. TXT', 'bogus'],
  ['none.expired.test. TXT', 'bogus'],
  ['_signpost.future.test. TXT', 'bogus'],
  ['_signpost.wrongkey.test. TXT', 'bogus'],
  ['_signpost.unsigned.test. TXT', 'indeterminate', 'bogus'],
  ['none.unsigned.test. TXT', 'indeterminate', 'bogus'],
  ['_signpost.iterations.test. TXT', 'secure'],

  // Where others take what they cannot check for unsigned, nothing is known here.
  ['none.iterations.test. TXT', 'indeterminate', 'insecure', 'denied'],
  ['_signpost.digest1.test. TXT', 'indeterminate', 'secure'],
]

describe.skipIf(!hasTools)('a tree that BIND and ldns signed and NSD serves', () => {
  let nsd: DebianServer
  let unbound: DebianServer
  let anchors: string
  let directory: string
  let forwarding: Forwarding

  beforeAll(async () => {
    const tree = await signTestTree()
    anchors = tree.ds['.'] ?? ''
    nsd = await startNsdOf(tree.zones)
    unbound = await startUnbound([], {
      settings: [
        'module-config: "validator iterator"',
        'trust-anchor-file: "%/anchors"',
        'val-nsec3-keysize-iterations: "1024 50 2048 50 4096 50"',
        'local-zone: "test." nodefault',
      ],
      files: { anchors },
      forwardTo: nsd.at,
    })
    forwarding = createForwarding({
      upstreams: [plainUpstream(unbound.at)],
      routes: [],
      bootstrap: [],
      upstreamCa: undefined,
      resolvConf: '',
      limits: limitsWith(),
      logger: undefined,
      signal: new AbortController().signal,
      onOrigin: () => {},
    })
    directory = await mkdtemp(join(tmpdir(), 'signpost-delv-'))
    const [, , , tag, algorithm, digestType, digest] = anchors.trim().split(/\s+/)
    await writeFile(
      join(directory, 'anchors'),
      `trust-anchors { . static-ds ${[tag, algorithm, digestType].join(' ')} "${digest}"; };\n`,
    )
  }, 60_000)

  afterAll(async () => {
    forwarding.close()
    await nsd[Symbol.asyncDispose]()
    await unbound[Symbol.asyncDispose]()
    await rm(directory, { recursive: true })
  })

  const lookUp = async (text: string, ask: Ask): Promise<Verdict> => {
    const [name = '', type = ''] = text.split(' ')
    const validator = createValidator({
      ask,
      trustAnchors: parseTrustAnchors(anchors, 'test'),
      now: Date.now,
    })
    const question = { name: parseName(name), type: parseRrType(type) ?? 0, class: RrClass.IN }
    return validator.lookUp(question, AbortSignal.timeout(5000))
  }

  test.each<Row>(rows)('%s is %s', async (question, verdict) => {
    const found = await lookUp(question, askServer(nsd.at))
    expect([printVerdict(found), found]).toEqual([verdict, found])
    const behind = await lookUp(question, askThrough(forwarding))
    expect([printVerdict(behind), behind]).toEqual([verdict, behind])
  })

  test.each<Row>(rows)('%s is %s for unbound too', async (text, verdict, unbounds = verdict) => {
    const [name = '', type = ''] = text.split(' ')
    const question = { name: parseName(name), type: parseRrType(type) ?? 0, class: RrClass.IN }
    const { rcode, authenticData } = await askTcp(unbound.at, requestFor(question, false))
    const found = rcode === Rcode.SERVFAIL ? 'bogus' : authenticData ? 'proved' : 'insecure'
    expect(found).toBe(othersWord(unbounds))
  })

  test.each<Row>(rows)(
    '%s is %s for delv too',
    async (text, verdict, unbounds = verdict, delvs = unbounds) => {
      const [name = '', type = ''] = text.split(' ')
      const args = [
        '@127.0.0.1',
        '-p',
        String(nsd.at.port),
        '-a',
        join(directory, 'anchors'),
        '+root=.',
        name,
        type,
      ]
      const { stdout, stderr } = await run('delv', args, { env: { LC_ALL: 'C' } })
      const said = `${stdout}${stderr}`
      const found = /unsigned answer/.test(said)
        ? 'insecure'
        : /fully validated/.test(said)
          ? 'proved'
          : 'bogus'
      expect([found, said]).toEqual([othersWord(delvs), said])
    },
  )
})

function othersWord(verdict: string): string {
  if (/^(?:secure|denied)/.test(verdict)) return 'proved'
  return verdict.startsWith('insecure') ? 'insecure' : 'bogus'
}
